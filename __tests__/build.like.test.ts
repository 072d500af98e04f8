/** `cramfs mkfs --like IMAGE DIR`: the files of a directory in the shape of an image. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from '@jest/globals';
import { imageInfo } from '../lib/inspect/imageInfo.ts';
import { openDetected } from '../lib/inspect/openDetected.ts';
import { Folder } from './support/cli.ts';
import { runCommand } from './support/extractHelp.ts';
import { fixture } from './support/fixtures.ts';
import { imageOf, LZMA_BLOCKS, TEXT } from './support/vendorImage.ts';

const folder = new Folder();
afterAll(() => {
  folder.remove();
});

let trees = 0;

/** The image in a dump, its files in a directory; the image again, built from them. */
async function extracted(name: string): Promise<{ dump: string; tree: string; bytes: Buffer }> {
  const bytes = Buffer.from(fixture(`images/${name}.cramfs.gz`));
  const dump = folder.file(`${name}.bin`, Buffer.concat([Buffer.alloc(0x4000, 0xff), bytes]));
  const tree = `${folder.path}/${name}-${String(trees++)}`;
  expect((await runCommand(['extract', '--no-owner', `${dump}@0x4000`, tree])).code).toBe(0);
  return { dump, tree, bytes };
}

describe.each(['tiny-n', 'tiny-pXX', 'tiny-BXX', 'tiny-ul-z', 'tiny-en'])('the image %s', (name) => {
  test("comes out again from its extracted files, byte for byte: owners, modes and devices are the image's", async () => {
    const { dump, tree, bytes } = await extracted(name);
    const out = `${folder.path}/${name}.img`;
    expect(await runCommand(['mkfs', '--like', `${dump}@0x4000`, tree, out])).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(out).equals(bytes)).toBe(true);
  });
});

test('new, changed and removed files are those of the directory; what stays keeps its owner and mode', async () => {
  const { dump, tree } = await extracted('tiny-BXX');
  rmSync(`${tree}/noise`);
  writeFileSync(`${tree}/readme`, 'other text\n');
  writeFileSync(`${tree}/added`, 'new', { mode: 0o640 });
  mkdirSync(`${tree}/more`);
  const out = `${folder.path}/changed.img`;
  expect((await runCommand(['mkfs', '--like', `${dump}@0x4000`, tree, out])).code).toBe(0);
  expect(openDetected(readFileSync(out)).littleEndian).toBe(false);
  const { stdout } = await runCommand(['diff', '--json', `${dump}@0x4000`, out]);
  const paths = (entries: readonly { readonly path: string }[]): string[] => entries.map(({ path }) => path);
  const { added, removed, changed, superblock } = JSON.parse(stdout) as Record<string, { path: string }[]>;
  expect(superblock).toEqual([]);
  expect([added, removed, changed].map((entries = []) => paths(entries))).toEqual([
    ['/added', '/more'],
    ['/noise'],
    ['/readme'],
  ]);
});

test('what cannot be built again is warned of', async () => {
  const like = folder.file('lzma.img', imageOf({ blocks: LZMA_BLOCKS, size: TEXT.length, flags: 0x9003 }));
  const tree = `${folder.path}/lzma`;
  await runCommand(['extract', like, tree]);
  const { code, stderr } = await runCommand(['mkfs', '-E', '--like', like, tree, `${folder.path}/plain.img`]);
  expect(code).toBe(1);
  expect(stderr).toContain("the image's LZMA blocks become zlib blocks (LZMA cannot be written)");
  expect(imageInfo(openDetected(readFileSync(`${folder.path}/plain.img`))).variants).toEqual([]);
});

test('options of the shape have no place beside it', async () => {
  expect((await runCommand(['mkfs', '--like', 'a.img', '-B', 'tree', 'b.img'])).code).toBe(2);
});
