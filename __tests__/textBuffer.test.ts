/** Lines that are collected as bytes come out as the same text, in few pieces. */
import { describe, expect, test } from '@jest/globals';
import { TextBuffer } from '../lib/cli/textBuffer.ts';
import type { TextSink } from '../lib/cli/io.ts';

/** A sink, and the pieces that it got. */
function sinkWith(pieces: Buffer[]): TextSink {
  return {
    isTTY: false,
    columns: undefined,
    write: (text) => void pieces.push(Buffer.from(text)),
    writeEncoded: (text) => void pieces.push(Buffer.from(text)),
    writeBytes: () => {
      throw new Error('not text');
    },
  };
}

function written(lines: readonly string[]): { text: string; pieces: number; total: number } {
  const pieces: Buffer[] = [];
  const out = new TextBuffer(sinkWith(pieces));
  for (const line of lines) out.line(line);
  out.flush();
  return { text: Buffer.concat(pieces).toString(), pieces: pieces.length, total: out.total };
}

const joined = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

describe('TextBuffer', () => {
  test.each<[string, string[]]>([
    ['nothing', []],
    ['empty lines', ['', '']],
    ['letters of one to four bytes', ['a', 'é', '└── ', '😀']],
    ['a line longer than a piece between short ones', ['before', 'x'.repeat(200_000), 'after']],
    ['a line that fits only in an empty piece', ['x'.repeat(50_000), '└'.repeat(21_845), '└'.repeat(21_844), 'y']],
  ])('%s', (_, lines) => {
    const { text, total } = written(lines);
    expect(text).toBe(joined(lines));
    expect(total).toBe(text.length);
  });

  test('many lines are few pieces', () => {
    const lines = Array.from({ length: 10_000 }, (_, index) => `${String(index)} ${'└'.repeat(index % 50)}`);
    const { text, pieces } = written(lines);
    expect(text).toBe(joined(lines));
    expect(pieces).toBeLessThan(Buffer.byteLength(text) / 60_000 + 1);
  });

  test('a flush writes what there is, once', () => {
    const pieces: Buffer[] = [];
    const out = new TextBuffer(sinkWith(pieces));
    out.line('a');
    out.flush();
    out.flush();
    out.line('b');
    out.flush();
    expect(pieces.map(String)).toEqual(['a\n', 'b\n']);
  });
});
