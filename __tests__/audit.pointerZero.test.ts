/** A direct block at byte 0 of the image, in a file that is shorter than a word. */
import { afterAll, expect, test } from '@jest/globals';
import { runCramfs } from '../lib/cli/cramfs.ts';
import { Folder, runProgram } from './support/cli.ts';
import { buildRawImage } from './support/rawImage.ts';

const folder = new Folder();
afterAll(() => {
  folder.remove();
});

test.each([1, 2, 3])('of %s bytes is audited and compared like any other', async (size) => {
  const blocks = [{ kind: 'direct' as const, at: 0 }];
  const file = folder.file(
    `${String(size)}.img`,
    buildRawImage({ entries: [{ type: 'file', name: 'f', size, blocks }] }),
  );
  for (const kernel of ['linux-6.12', 'linux-4.15', 'nommu']) {
    const { code, stdout } = await runProgram(runCramfs, ['audit', '--json', '--kernel', kernel, file]);
    expect([0, 1]).toContain(code);
    expect(JSON.parse(stdout)).toMatchObject({ totals: { images: 1, unreadable: 0 } });
  }
  const { code, stderr } = await runProgram(runCramfs, ['diff', file, file]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});
