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
