/** No report takes the place of what it is about, by whatever name it is called. */
import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CRAMFS, runCramfs } from '../lib/cli/cramfs.ts';
import { Folder, runProgram } from './support/cli.ts';
import { wholeProgram } from '../lib/cli/programTree.ts';
import { CRAMFS_LAB } from '../kernel-lab/host/cli/cramfsLab.ts';
import { IMAGE_OPTIONS, TEXT_OPTIONS } from '../lib/cli/readFiles.ts';
import { silentIo } from './support/cli.ts';
import { buildRawImage } from './support/rawImage.ts';

const folder = new Folder();
const at = (name: string): string => join(folder.path, name);
const cramfs = (...args: string[]) => runProgram(runCramfs, args);

beforeAll(() => {
  const blocks = [{ kind: 'stored' as const, data: new Uint8Array(99).fill(1) }];
  folder.file('fw.img', buildRawImage({ entries: [{ type: 'file', name: 'f', blocks }] }));
  linkSync(at('fw.img'), at('hard.img'));
  symlinkSync('fw.img', at('soft.img'));
  mkdirSync(at('tree'));
  writeFileSync(at('tree/f'), 'f');
  folder.file('dump.bin', Buffer.concat([Buffer.alloc(4096), readFileSync(at('fw.img'))]));
  folder.file('policy', 'version: 1\n');
  folder.file('table', '/dev d 755 0 0 - - - - -\n');
});
afterAll(() => {
  folder.remove();
});

describe.each(['fw.img', 'hard.img', 'soft.img'])('%s as output', (name) => {
  test.each([
    ['audit --output', () => ['audit', at('fw.img'), '--format', 'json', '--output', at(name)]],
    ['audit --write-baseline', () => ['audit', at('fw.img'), '--write-baseline', at(name)]],
    ['manifest --output', () => ['manifest', at('fw.img'), '--output', at(name)]],
    ['extract --tar', () => ['extract', at('fw.img'), '--force', '--tar', at(name)]],
  ])('of %s is refused, and the image stays', async (_, args) => {
    const before = readFileSync(at('fw.img'));
    const { code, stderr, stdout } = await cramfs(...args());
    expect([code, stdout + stderr]).toEqual([2, expect.stringMatching(/cannot write .*: it is the input/)]);
    expect(readFileSync(at('fw.img')).equals(before)).toBe(true);
  });
});

test('an image may be built again in its own place', async () => {
  expect(await cramfs('mkfs', at('fw.img'), at('hard.img'))).toMatchObject({ code: 0 });
  expect(await cramfs('check', at('hard.img'))).toMatchObject({ code: 0 });
});

test('mkfs builds no image in the place of a table or an archive that it reads', async () => {
  execFileSync('tar', ['-cf', at('a.tar'), '-C', at('tree'), '.']);
  for (const [file, args] of [
    ['table', ['mkfs', '-D', at('table'), at('tree')]],
    ['a.tar', ['mkfs', at('a.tar')]],
  ] as const) {
    const before = readFileSync(at(file));
    const { code, stderr } = await cramfs(...args, at(file));
    expect([code, stderr]).toEqual([2, expect.stringContaining('it is the input')]);
    expect(readFileSync(at(file)).equals(before)).toBe(true);
  }
});

describe('no output replaces', () => {
  const offset = (): string => `${at('dump.bin')}@0x1000`;
  test.each<[string, string, () => string[]]>([
    ['a dump that is named with an offset', 'dump.bin', () => ['manifest', offset(), '-o', at('dump.bin')]],
    ['a dump whose archive it is', 'dump.bin', () => ['extract', offset(), '--force', '--tar', at('dump.bin')]],
    ['a dump whose report it is', 'dump.bin', () => ['report', offset(), '-o', at('dump.bin')]],
    ['the second image', 'dump.bin', () => ['report', at('fw.img'), '--compare', offset(), '-o', at('dump.bin')]],
    ['a policy', 'policy', () => ['audit', at('fw.img'), '--policy', at('policy'), '--output', at('policy')]],
    ['a device table', 'table', () => ['mkfs', at('tree'), at('o'), '-D', at('table'), '--depfile', at('table')]],
    ['its source', 'fw.img', () => ['mkfs', at('fw.img'), at('o'), '--depfile', at('fw.img')]],
    ['its archive', 'a.tar', () => ['stage', 'f', '--from', at('a.tar'), '--force', '-o', at('a.tar')]],
  ])('%s', async (_, name, args) => {
    const before = readFileSync(at(name));
    const { code, stdout, stderr } = await cramfs(...args());
    expect([code, stdout + stderr]).toEqual([2, expect.stringMatching(/cannot write .*: it is the input/)]);
    expect(readFileSync(at(name)).equals(before)).toBe(true);
  });

  test('another output of the command', async () => {
    symlinkSync('same', at('link'));
    for (const args of [
      ['audit', at('fw.img'), '--output', at('same'), '--write-baseline', at('link')],
      ['mkfs', at('tree'), at('same'), '--depfile', at('link')],
      ['mkfs', at('tree'), at('link'), '--xip', 'mmu', '--phys', '0', '--curve', at('same')],
    ]) {
      const { code, stderr } = await cramfs(...args);
      expect([code, stderr]).toEqual([2, expect.stringContaining('it is another output of the same command')]);
      expect(existsSync(at('same'))).toBe(false);
    }
  });

  test('the baseline that it extends may be replaced', async () => {
    expect(await cramfs('audit', at('fw.img'), '--write-baseline', at('base'))).toMatchObject({ code: 0 });
    const again = ['audit', at('fw.img'), '--baseline', at('base'), '--write-baseline', at('base')];
    expect(await cramfs(...again)).toMatchObject({ code: 0 });
  });
});

describe('scan --extract-images --force', () => {
  const scan = (...files: string[]) => cramfs('scan', ...files.map(at), '--force', '--extract-images', at('found'));

  test('leaves a dump that has the name of an image', async () => {
    mkdirSync(at('found'));
    const dump = readFileSync(at('dump.bin'));
    writeFileSync(at('found/0x00001000.cramfs'), dump);
    const { code, stderr } = await scan('found/0x00001000.cramfs');
    expect([code, stderr]).toEqual([2, expect.stringContaining('it is the input')]);
    expect(readFileSync(at('found/0x00001000.cramfs')).equals(dump)).toBe(true);
  });

  test('follows no link out of the folder', async () => {
    rmSync(at('found/0x00001000.cramfs'));
    symlinkSync('../outside', at('found/0x00001000.cramfs'));
    const { code, stderr } = await scan('dump.bin');
    expect([code, stderr]).toEqual([2, expect.stringContaining('it is a symbolic link')]);
    expect(existsSync(at('outside'))).toBe(false);
  });

  test('refuses a second image for a name that it has given', async () => {
    mkdirSync(at('other'));
    writeFileSync(at('other/dump.bin'), readFileSync(at('dump.bin')));
    const { code, stderr } = await scan('dump.bin', 'other/dump.bin');
    expect([code, stderr]).toEqual([2, expect.stringContaining('an image of another file has that name already')]);
  });
});

test('every option that names a file is one of an input or of an output', async () => {
  const programs = [await wholeProgram(CRAMFS, silentIo()), await wholeProgram(CRAMFS_LAB, silentIo())];
  const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];
  const files = programs
    .flatMap(all)
    .flatMap(({ options }) => options)
    .filter(({ flags }) => /<(file|image|first|source|other|old|before)[.]*>/.test(flags))
    .map((option) => option.attributeName());
  const outputs = ['output', 'writeBaseline', 'curve', 'depfile', 'tar'];
  expect([...new Set(files)].sort()).toEqual([...TEXT_OPTIONS, ...IMAGE_OPTIONS, ...outputs].sort());
});
