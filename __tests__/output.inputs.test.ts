/** No report takes the place of what it is about, by whatever name it is called. */
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runCramfs } from '../lib/cli/cramfs.ts';
import { Folder, runProgram } from './support/cli.ts';
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
