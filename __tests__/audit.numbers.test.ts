/** The audit's numbers, held against sums that are made another way; and ELF files that lie. */
import { deflateSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { buildRawImage } from './support/rawImage.ts';
import { auditImage } from '../lib/audit/auditImage.ts';
import { DirectSample } from '../lib/audit/flashCost.ts';
import type { AuditedFile, AuditResult } from '../lib/audit/result.ts';
import { AuditSurvey } from '../lib/audit/survey.ts';
import { checkImage } from '../lib/check/checkImage.ts';
import { RULES } from '../lib/check/rules/index.ts';
import { kernelModel } from '../lib/driver/models/named.ts';
import { execProgram } from '../lib/exec/execProgram.ts';
import { openDetected } from '../lib/inspect/openDetected.ts';
import { bytesSource } from '../lib/source/byteSource.ts';

import { survey } from '../lib/inspect/survey.ts';
import { walk } from '../lib/inspect/walk.ts';
import { fileBlocks } from '../lib/image/blocks.ts';
import { Board } from '../lib/verdict/board.ts';
import { directory, staticProgram, stored } from './support/auditCases.ts';
import { elfFile, type SegmentSpec } from './support/elfFile.ts';
import { fixture } from './support/fixtures.ts';

const PAGE = 4096;
const root = (): Board => new Board(openDetected(fixture('images/root-XX.cramfs.gz')));
const audit = (board: Board): AuditResult => auditImage(board, { name: 'image' });
const fileOf = (result: AuditResult, path: string): AuditedFile | undefined =>
  result.files.find((file) => file.path === path);

describe('the numbers of a root file system', () => {
  const board = root();
  const result = audit(board);

  test('account for each byte as cramfs info does', () => {
    const { account, statistics } = survey(board.image);
    expect(result.numbers.flash).toEqual(account.lines);
    expect(result.numbers.flash.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(result.numbers.fileBytes);
    expect(result.numbers.contentBytes).toBe(statistics.contentBytes);
  });

  test('cover the text as readelf -lW lists it', () => {
    // R E segments of counter, hello, init, old, table, ld-musl-i386.so.1 and libgreet.so, in pages; bare does not start.
    const text = [1, 1, 1, 1, 1, 107, 1];
    expect(result.numbers.textBytes).toBe(text.reduce((sum, pages) => sum + pages * PAGE, 0));
    expect(result.numbers.textDirectBytes).toBe(result.numbers.textBytes);
    // R segments of the same: old has none.
    const constants = [1 + 1, 1 + 1, 1 + 1, 1 + 7, 18 + 49, 1 + 1];
    const all = [...text, ...constants];
    expect(result.numbers.readOnlyBytes).toBe(all.reduce((sum, pages) => sum + pages * PAGE, 0));
  });

  test('estimate what the direct blocks would take compressed', () => {
    const deflate = (block: Uint8Array): Uint8Array => deflateSync(block, { level: 9 });
    const direct = [...walk(board.image)].flatMap(({ inode }) =>
      inode.type === 'file' ? [...fileBlocks(board.image, inode)].filter(({ kind }) => kind === 'direct') : [],
    );
    const exact = direct.reduce(
      (sum, { start, length }) => sum + deflate(board.image.source.read(start, length)).length,
      0,
    );
    const estimate = auditImage(board, { name: 'image', deflate }).numbers.directCompressedBytes ?? NaN;
    expect(direct.length).toBeGreaterThan(128);
    expect(Math.abs(estimate - exact) / exact).toBeLessThan(0.05);
    expect(result.numbers.directCompressedBytes).toBeNull();
  });

  test('compress each of a few direct blocks, and no more than 128 of many', () => {
    const source = bytesSource(new Uint8Array(1000 * 10).fill(7));
    for (const [blocks, most] of [
      [3, 3],
      [128, 128],
      [129, 128],
      [1000, 128],
    ] as const) {
      const sample = new DirectSample();
      for (let block = 0; block < blocks; block++) sample.add(block * 10, 10);
      const seen = new Set<number>();
      const bytes = sample.compressedBytes(source, (block) => {
        seen.add(block.byteOffset);
        return block.subarray(0, 4);
      });
      expect(bytes).toBe(blocks * 4);
      expect(seen.size).toBeLessThanOrEqual(most);
      expect(seen.size).toBeGreaterThanOrEqual(Math.min(blocks, most / 2));
    }
  });

  test('count memory that programs share once', () => {
    const starts = ['bare', 'counter', 'hello', 'init', 'old', 'table'].map((name) =>
      execProgram(board, { path: `/bin/${name}` }),
    );
    const listed = result.files.flatMap(({ run }) => (run === null ? [] : [run]));
    const running = listed.filter(({ outcome }) => outcome === 'runs');
    expect([result.numbers.programs, result.numbers.programsStarting]).toEqual([listed.length, running.length]);
    expect(listed.map(({ ramBytes, flashBytes }) => ({ ramBytes, flashBytes }))).toEqual(
      starts.map(({ ramBytes, flashBytes }) => ({ ramBytes, flashBytes })),
    );
    // Nothing of these programs is shared: only one of them has libraries.
    const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
    expect(result.numbers.ramBytes).toBe(sum(running.map(({ ramBytes }) => ramBytes)));
    expect(result.numbers.ramSavedBytes).toBe(sum(running.map(({ flashBytes }) => flashBytes)));
  });

  test('are the same with a check and a survey made elsewhere', () => {
    const taken = new AuditSurvey();
    const check = checkImage(board.image, { rules: [...RULES, taken] });
    expect(auditImage(board, { name: 'image', check, survey: taken })).toEqual(result);
    expect(auditImage(board, { name: 'image', check: checkImage(board.image) })).toEqual(result);
  });

  test('count what two names of one program share once', () => {
    const mini = audit(new Board(openDetected(fixture('images/mini-XX.cramfs.gz'))));
    const [init, again] = [fileOf(mini, '/bin/init'), fileOf(mini, '/dup/init_again')];
    expect(again?.segments).toEqual(init?.segments);
    const pages = (kinds: readonly string[]): number =>
      mini.files
        .filter(({ path, run }) => path !== '/dup/init_again' && (run === null || run.outcome === 'runs'))
        .flatMap(({ segments }) => segments.filter(({ kind }) => kinds.includes(kind)))
        .reduce((sum, segment) => sum + segment.pages, 0);
    expect(mini.numbers.textBytes).toBe(pages(['text']) * PAGE);
    expect(mini.numbers.readOnlyBytes).toBe(pages(['text', 'rodata']) * PAGE);
  });
});

describe('files that no machine cares about', () => {
  test('are listed when somebody asks for them, hard links too', () => {
    const board = root();
    const asked = auditImage(board, { name: 'image', alsoList: (path) => path.startsWith('/etc') });
    const more = asked.files.filter(({ path }) => fileOf(audit(board), path) === undefined);
    expect(more.length).toBeGreaterThan(0);
    for (const { path, format, run } of more) {
      expect(path.startsWith('/etc')).toBe(true);
      expect({ format, run }).toEqual({ format: 'data', run: null });
    }
    expect(asked.findings).toEqual(audit(board).findings);
  });
});

describe('all kernels', () => {
  const kernels = ['linux-6.18', 'linux-6.17', 'linux-4.15', 'patch-v1', 'patch-v2', 'patch-v2-fixed', 'nommu'];
  test.each(kernels)('%s audits the same twice, and plain data comes out', (kernel) => {
    const board = new Board(openDetected(fixture('images/mini-XX.cramfs.gz')), { kernel: kernelModel(kernel) });
    const result = audit(board);
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
    expect(audit(board)).toEqual(result);
  });
});

describe('hostile ELF files', () => {
  const EXTREMES = [0, 1, 0xfff, 0x7fff_ffff, 0xffff_f000, 0xffff_ffff, 2 ** 53, 2 ** 63];
  const FIELDS = ['offset', 'vaddr', 'fileSize', 'memorySize', 'align'] as const;
  const segment: SegmentSpec = { type: 1, vaddr: 0x10000, fileSize: 0x2000, memorySize: 0x2000, flags: 5 };

  /** An audit of programs that differ in one field, each of them twice: direct, and compressed. */
  function auditPrograms(programs: readonly Uint8Array[]): AuditResult {
    const entries = programs.flatMap((bytes, index) =>
      (['direct', 'zlib'] as const).map((kind) => stored(`${String(index).padStart(3, '0')}-${kind}`, bytes, { kind })),
    );
    return audit(new Board(openDetected(buildRawImage({ entries: [directory('bin', ...entries)] }))));
  }

  test.each([32, 64] as const)(
    'with every field of a %i-bit segment at its extremes are findings, not errors',
    (bits) => {
      const programs = FIELDS.flatMap((field) =>
        EXTREMES.map((value) =>
          elfFile({ bits, type: 2, entry: 0x10100, size: 0x2100, segments: [{ ...segment, [field]: value }] }),
        ),
      );
      const { files, numbers } = auditPrograms(programs);
      expect(files).toHaveLength(2 * programs.length);
      // Pages and bytes past the end of the file do not count, whatever the header says.
      for (const file of files) {
        for (const { firstPage, pages, fileBytes } of file.segments) {
          expect(firstPage + pages).toBeLessThanOrEqual(Math.max(3, firstPage));
          expect(fileBytes).toBeLessThanOrEqual(0x2100);
        }
      }
      const unsafe = JSON.stringify({ files, numbers }, (_, value: unknown) =>
        typeof value === 'number' && !Number.isSafeInteger(value) ? 'unsafe' : value,
      );
      expect(unsafe).not.toContain('unsafe');
      expect(numbers.textBytes).toBeLessThanOrEqual(files.length * 3 * PAGE);
    },
  );

  test('with headers cut anywhere are findings, not errors', () => {
    const whole = staticProgram(1);
    const cuts = Array.from({ length: 90 }, (_, length) => whole.subarray(0, length + 1));
    const { findings } = auditPrograms(cuts);
    const fails = findings.filter(({ id }) => id === 'xip/program-fails');
    // What does not even have the magic number is no program.
    expect(fails.length).toBe(2 * (cuts.length - 3 - 7));
  });

  test('with 65,535 headers, or headers over one another, do not keep the audit busy', () => {
    const many = elfFile({ type: 2, phnum: 65535, size: 65535 * 32 + 52, segments: [segment] });
    const overlapping = elfFile({
      type: 2,
      entry: 0x10100,
      size: 0x2100,
      segments: Array.from({ length: 128 }, () => segment),
    });
    const { files, findings } = auditPrograms([many, overlapping]);
    expect(files.map(({ segments }) => segments.length)).toEqual([0, 0, 128, 128]);
    expect(findings.some(({ id, path }) => id === 'xip/program-fails' && path?.startsWith('/bin/000') === true)).toBe(
      true,
    );
  });

  test('a thousand names of one program of 16 MiB that is direct are audited to the end', () => {
    const size = 4095 * PAGE;
    const program = elfFile({
      type: 2,
      entry: 0x10100,
      size: PAGE,
      segments: [{ ...segment, fileSize: size, memorySize: size }],
    });
    const first = { kind: 'direct', data: program } as const;
    const rest = Array.from({ length: 4094 }, () => ({ kind: 'direct', at: { sameAs: ['a', 0] } }) as const);
    const entries = [
      { type: 'file', name: 'a', mode: 0o755, blocks: [first] } as const,
      ...Array.from({ length: 1000 }, (_, index) => ({
        type: 'file' as const,
        name: `b${String(index)}`,
        mode: 0o755,
        size: size - index,
        blocks: index === 0 ? [{ kind: 'direct', at: { sameAs: ['a', 0] } } as const, ...rest] : [],
        inode: {},
      })),
    ];
    const image = buildRawImage({ entries });
    shareTable(image);
    const { counts, findings } = audit(new Board(openDetected(image)));
    expect(counts.error).toBeGreaterThan(0);
    expect(findings.map(({ id }) => id)).toContain('image/check-incomplete');
    expect(findings.every(({ id }) => id.includes('/'))).toBe(true);
  }, 20_000);
});

/** Gives the table of the second entry to all behind it. */
function shareTable(image: Uint8Array): void {
  const view = new DataView(image.buffer, image.byteOffset);
  const end = 76 + (view.getUint32(64 + 4, true) & 0xffffff);
  let shared: number | null = null;
  for (let at = 76, index = 0; at < end; index++) {
    const word = view.getUint32(at + 8, true);
    if (index === 1) shared = word >>> 6;
    if (index > 1 && shared !== null) view.setUint32(at + 8, (word & 0x3f) | (shared << 6), true);
    at += 12 + (word & 0x3f) * 4;
  }
}
