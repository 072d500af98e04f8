/** A listing whose inserted file has 16 million digits is read, or refused with a short message; nothing overflows. */
import { afterAll, expect, test } from '@jest/globals';
import { statSync } from 'node:fs';
import { runCramfs } from '../lib/cli/cramfs.ts';
import { Folder, runProgram } from './support/cli.ts';

const MIB = 1 << 20;
const folder = new Folder();
afterAll(() => {
  folder.remove();
});

const built = (digits: string) => {
  const image = 'image endian=little page-size=4096 edition=0 name=Compressed boot-pad=no holes=no extended=no';
  const rest = 'remnants=yes full-last-page=any deflate=classic-9 direct=none';
  const list = folder.file('list', `cramfs-listing 1\n${image} ${rest} insert=${digits}\n/ d 755 0 0\n`);
  return runProgram(runCramfs, ['mkfs', '--from-listing', list, folder.path, `${folder.path}/image`]);
};

test('sixteen million digits are eight megabytes of the image', async () => {
  const { code } = await built('61'.repeat(8 * MIB));
  expect(code).toBe(0);
  expect(statSync(`${folder.path}/image`).size).toBeGreaterThan(8 * MIB);
});

test('a wrong digit at their end is a wrong usage, and few of them are quoted', async () => {
  const { code, stderr } = await built(`${'61'.repeat(8 * MIB)}6z`);
  expect([code, stderr.length < 300]).toEqual([2, true]);
});
