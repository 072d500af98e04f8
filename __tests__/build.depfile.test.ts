/** `cramfs mkfs --depfile`: what an image is made of, in Make's syntax. */
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { runCramfs } from '../lib/cli/cramfs.ts';
import { depfile } from '../lib/mkfs/depfile.ts';
import { Folder, type Run, runProgram } from './support/cli.ts';
import { fixture } from './support/fixtures.ts';

let folder: Folder;
const at = (name: string): string => join(folder.path, name);
const mkfs = (...argv: string[]): Promise<Run> => runProgram(runCramfs, ['mkfs', ...argv]);
/** The rule's prerequisites, without the folder's name. */
const listed = (name: string): string[] => {
  const [rule = ''] = readFileSync(at(name), 'utf8').split('\n\n');
  return rule
    .split(' \\\n  ')
    .map((path) => path.trim().replace(`${folder.path}/`, ''))
    .slice(1);
};

beforeEach(() => {
  folder = new Folder();
  mkdirSync(at('tree/bin'), { recursive: true });
  folder.file('tree/bin/app', 'a program');
  symlinkSync('app', at('tree/bin/sh'));
});
afterEach(() => {
  folder.remove();
});

describe('the files of a build', () => {
  test('are the files and directories of a directory; a link changes with its directory', async () => {
    expect(await mkfs(at('tree'), at('a.img'), '--depfile', at('a.d'))).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(at('a.d'), 'utf8')).toBe(
      `${folder.path}/a.img: \\\n  ${folder.path}/tree \\\n  ${folder.path}/tree/bin \\\n  ${folder.path}/tree/bin/app\n` +
        `\n${folder.path}/tree:\n\n${folder.path}/tree/bin:\n\n${folder.path}/tree/bin/app:\n`,
    );
  });

  test('are the archive or image that is the source', async () => {
    folder.file('dump', Buffer.concat([new Uint8Array(4096), fixture('images/arch-XX.cramfs.gz')]));
    expect(await mkfs(`${at('dump')}@4096`, at('a.img'), '--depfile', at('a.d'))).toMatchObject({ code: 0 });
    expect(listed('a.d')).toEqual(['dump']);
  });

  test('are those that options name, and what these include', async () => {
    folder.file('devices', '/bin/app f 755 0 0\n');
    folder.file('owners', 'uid * 0\ngid * 0\n');
    folder.file('pad', 'inserted');
    folder.file('paths', '/bin/app\n');
    folder.file('used.csv', '/bin/app,0,1\n');
    folder.file('board.yaml', 'version: 1\nendian: little\n');
    folder.file('board.dts', '/dts-v1/;\n/include/ "flash.dtsi"\n');
    folder.file(
      'flash.dtsi',
      '/ { flash@0 { partitions { compatible = "fixed-partitions"; #address-cells = <1>; #size-cells = <1>;\n' +
        'partition@10000 { label = "root"; reg = <0x10000 0x100000>; }; }; }; };\n',
    );
    const options = [
      ...['-D', at('devices'), '--uid-gid-map', at('owners'), '--insert', at('pad'), '--board', at('board.yaml')],
      ...['--partition-table', at('board.dts'), '--partition', 'root', '--flash-base', '0x10000000'],
      ...['--xip', 'mmu', '--xip-list', at('paths'), '--xip-profile', at('used.csv')],
    ];
    expect(await mkfs(at('tree'), at('a.img'), '--depfile', at('a.d'), ...options)).toMatchObject({
      code: 0,
      stderr: '',
    });
    const named = ['devices', 'owners', 'board.yaml', 'pad', 'paths', 'used.csv', 'board.dts', 'flash.dtsi'];
    expect(listed('a.d')).toEqual(['tree', 'tree/bin', 'tree/bin/app', ...named]);
  });

  test('are not what the build writes, nor the directory that it writes into', async () => {
    const argv = [at('tree'), at('tree/bin/a.img'), '--depfile', at('tree/bin/a.d')];
    expect(await mkfs(...argv)).toMatchObject({ code: 0, stderr: '' });
    const before = readFileSync(at('tree/bin/a.img'));
    const { stderr } = await mkfs(...argv);
    expect(stderr).toMatch(/a[.]img: skipped: .*\n.*a[.]d: skipped: it is the dependency file being written\n/);
    expect(readFileSync(at('tree/bin/a.img'))).toEqual(before);
    expect(listed('tree/bin/a.d')).toEqual(['tree', 'tree/bin/app']);
  });

  test('that Make cannot name are reported, and count with -E', async () => {
    folder.file('tree/bin/two\nlines', '');
    expect(await mkfs(at('tree'), at('a.img'), '-E', '--depfile', at('a.d'))).toMatchObject({
      code: 1,
      stderr: `cramfs mkfs: ${at('a.d')} leaves out 1 name that make, ninja or CMake cannot read: ${at('tree/bin/two\\nlines')}\n`,
    });
    expect(listed('a.d')).toEqual(['tree', 'tree/bin', 'tree/bin/app']);
    expect(await mkfs(at('tree'), at('a;b'), '--depfile', at('a.d'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--depfile: Make's syntax has no way to write the name of the image") as unknown,
    });
  });

  test('are not written for a plan', async () => {
    const argv = [at('tree'), at('a.img'), '--xip', 'mmu', '--phys', '0', '--plan', '--depfile', at('a.d')];
    expect(await mkfs(...argv)).toMatchObject({ code: 2 });
  });
});

describe('names', () => {
  const text = (path: string): string => Buffer.from(depfile('i', [path])?.bytes ?? []).toString('latin1');

  test.each([
    ['two words', 'i: \\\n  two\\ words\n\ntwo\\ words:\n'],
    ['a#b', 'i: \\\n  a\\#b\n\na\\#b:\n'],
    ['$(shell x)y', 'i: \\\n  $$(shell\\ x)y\n\n$$(shell\\ x)y:\n'],
    ['a\\x2db', 'i: \\\n  a\\x2db\n\na\\x2db:\n'],
    ['usr/bin/[', 'i: \\\n  usr/bin/[\n\nusr/bin/[:\n'],
    ['\udcffé', 'i: \\\n  \xff\xc3\xa9\n\n\xff\xc3\xa9:\n'],
  ])('%j is written so that make, ninja and CMake read it', (path, expected) => {
    expect(text(path)).toBe(expected);
  });

  test.each([
    'a\nb',
    'a\tb',
    'a=b',
    'a;b',
    'a|b',
    'a*',
    '[ab]',
    'lib(member)',
    '~user',
    'a\\',
    'a\\ b',
    'a\\#',
    'a\rb',
    "it's",
    'a"',
    'a?',
    'a&b',
    '',
  ])('%j cannot be written', (path) => {
    expect(depfile('i', [path])?.unlisted).toEqual([path]);
    expect(depfile(path, [])).toBeNull();
  });

  test('are written once', () => {
    expect(Buffer.from(depfile('i', ['a', 'i', 'a'])?.bytes ?? []).toString()).toBe('i: \\\n  a\n\na:\n');
  });
});
