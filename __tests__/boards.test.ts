/** The image of a board without an MMU that the docs show: it is what `cramfs mkfs` builds of its tree. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { runCramfs } from '../lib/cli/cramfs.ts';
import { writeXtensaTree } from './support/boards.ts';
import { Folder, runProgram } from './support/cli.ts';
import { fixture } from './support/fixtures.ts';

const folder = new Folder();
afterAll(() => {
  folder.remove();
});

test('xtensa.cramfs is built from its tree', async () => {
  const tree = join(folder.path, 'tree');
  const image = join(folder.path, 'image');
  writeXtensaTree(tree);
  const args = ['mkfs', tree, image, '--squash', '--xip', 'nommu', '--phys', '0x42000000'];
  expect(await runProgram(runCramfs, args)).toMatchObject({ code: 0, stderr: '' });
  expect(Buffer.from(readFileSync(image)).equals(Buffer.from(fixture('boards/xtensa.cramfs.gz')))).toBe(true);
});

test('under a kernel with an MMU exec says which kernel its programs are for', async () => {
  const image = folder.file('xtensa.img', fixture('boards/xtensa.cramfs.gz'));
  const where = ['/bin/sensord', '--phys', '0x42200000'];
  const heading = async (...options: string[]): Promise<string | undefined> =>
    (await runProgram(runCramfs, ['exec', image, ...where, ...options])).stdout.replace(/\n {2}/g, ' ').split('\n')[0];
  expect(await heading()).toBe(
    'linux-6.18 on x86-64 (the program is for Xtensa, without an MMU: try --kernel nommu-6.12), image at 0x42200000',
  );
  expect(await heading('--kernel', 'nommu-6.12')).toBe('/bin/sensord: starts: its text runs from flash');
});
