/** README and docs: each code block has a language that says how it is tested, data is valid, and no link is dead. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { runCramfs } from '../lib/cli/cramfs.ts';
import { runCramfsMap } from '../lib/cli/run.ts';
import { runCramfsLab } from '../kernel-lab/host/cli/cramfsLab.ts';
import { readPartitionTable } from '../lib/board/readPartitionTable.ts';
import { KINDS } from '../scripts/docs/blocks.mjs';
import { deadLinks } from '../scripts/docs/links.mjs';
import { mentionsOf } from '../scripts/docs/mentions.mjs';
import { runProgram } from './support/cli.ts';
import { checkData } from './support/docsData.ts';
import { manifest } from './support/docsExamples.ts';
import { fixture } from './support/fixtures.ts';
import { pages, root } from './support/docsSandbox.ts';

const counts: Record<string, number> = {};
const count = (what: string, number = 1): void => {
  counts[what] = (counts[what] ?? 0) + number;
};
afterAll(() => {
  const parts = Object.entries(counts).map(([what, number]) => `${String(number)} ${what}`);
  process.stdout.write(`README and docs: ${parts.join(', ')}\n`);
});

describe('every code block', () => {
  test('has a language that says how it is tested', () => {
    const unknown = pages.flatMap(({ file, blocks }) =>
      blocks.filter(({ kind }) => !(kind in KINDS)).map(({ line, kind }) => `${file}:${String(line)}: "${kind}"`),
    );
    expect(unknown).toEqual([]);
    for (const { kind } of pages.flatMap(({ blocks }) => blocks)) count(`blocks of ${kind}`);
  });

  test('is fenced: an indented one would have no language', () => {
    for (const { file, markdown } of pages) {
      const text = markdown.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, '');
      expect({ file, indented: text.match(/(?<=(?:^|\n)(?![ \-*\d]).*\n\n) {4}\S.*/g) }).toEqual({
        file,
        indented: null,
      });
    }
  });

  test('that is not run shows no command line, only synopses with capital placeholders', () => {
    const lines = pages.flatMap(({ blocks }) =>
      blocks
        .filter(({ kind }) => kind === 'text')
        .flatMap(({ text }) => text.match(/^(?:\$ )?(?:cramfs|npm)(?![:\w]).*/gm) ?? []),
    );
    expect(lines.filter((line) => !/ [A-Z]{4,}/.test(line))).toEqual([]);
  });

  const data = pages.flatMap(({ file, blocks }) =>
    blocks
      .filter(({ kind, info }) => ['yaml', 'json', 'dts', 'kconfig'].includes(kind) && !info.endsWith(' invalid'))
      .map((block) => ({ file, block, line: block.line })),
  );
  test.each(data)('of $file:$line is valid data', async ({ block }) => {
    const what = await checkData(block);
    expect(what).not.toBeNull();
    count(`blocks checked as ${String(what)}`);
  });
});

describe('the device tree of the tutorial', () => {
  const block = pages
    .find(({ file }) => file === join('docs', 'tutorial.md'))
    ?.blocks.find(({ kind }) => kind === 'dts');
  const source = block?.text ?? '';
  const compiled = fixture('boards/tutorial.dtb');

  test('has the partitions that dtc made of it', () => {
    const table = readPartitionTable(new TextEncoder().encode(source), 'board.dts');
    expect(table.partitions.map(({ name }) => name)).toEqual(['firmware', 'rootfs']);
    expect(table.partitions).toEqual(readPartitionTable(compiled, 'board.dtb').partitions);
  });

  test('is what dtc compiles without a warning, where there is a dtc', () => {
    const { status, stdout, stderr, error } = spawnSync('dtc', ['-I', 'dts', '-O', 'dtb'], { input: source });
    const expected = { status: 0, stderr: '', stdout: Buffer.from(compiled).toString('hex') };
    const isMissing = error !== undefined && 'code' in error && error.code === 'ENOENT';
    const found = { status, stderr: String(stderr), stdout: isMissing ? '' : stdout.toString('hex') };
    expect(isMissing ? expected : found).toEqual(expected);
  });
});

test.each(pages)('$file has no dead links', ({ file }) => {
  expect(deadLinks(file, root)).toEqual([]);
});

describe('commands in the text', () => {
  const help = new Map<string, Promise<string>>();
  const PROGRAMS = { cramfs: runCramfs, 'cramfs-map': runCramfsMap, 'cramfs-lab': runCramfsLab } as const;
  const helpOf = (program: keyof typeof PROGRAMS, name: string | null): Promise<string> => {
    const key = `${program} ${name ?? ''}`;
    const known = help.get(key);
    if (known !== undefined) return known;
    const argv = [...(name === null ? [] : [name]), '--help'];
    const text = runProgram(PROGRAMS[program], argv).then(({ code, stdout }) => (code === 0 ? stdout : ''));
    help.set(key, text);
    return text;
  };

  test.each(pages)('of $file exist, and so do their options', async ({ markdown }) => {
    const wrong: string[] = [];
    for (const { program, name, options, text } of mentionsOf(markdown)) {
      count('mentions in the text');
      if (program === 'npm run') {
        if (!(name !== null && name in manifest.scripts)) wrong.push(text);
        continue;
      }
      const page = await helpOf(program as keyof typeof PROGRAMS, name);
      if (page === '' || !options.every((option) => new RegExp(`(?<![\\w-])${option}(?![\\w-])`).test(page)))
        wrong.push(text);
    }
    expect(wrong).toEqual([]);
  });
});
