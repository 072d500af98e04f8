/** Dumps of many gigabytes, in sparse files: what costs time or memory is what the image needs, or what reading costs. */
import { closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { afterAll, describe, expect, test } from '@jest/globals';
import { isFilled } from '../lib/base/bytes.ts';
import { directoryTree } from '../lib/mkfs/source/directoryTree.node.ts';
import type { FileContent } from '../lib/mkfs/sourceTree.ts';
import { endOf } from '../lib/source/nodeFile.ts';
import { Folder } from './support/cli.ts';
import { runCommand } from './support/extractHelp.ts';
import { fixture } from './support/fixtures.ts';

const folder = new Folder();
afterAll(() => {
  folder.remove();
});

const GIB = 2 ** 30;
const image = Buffer.from(fixture('images/mini-plain.cramfs.gz'));

/** A file of zeros with some bytes at a place. */
function sparse(name: string, size: number, bytes: Uint8Array = new Uint8Array(0), at = 0): string {
  const path = `${folder.path}/${name}`;
  const fd = openSync(path, 'w');
  ftruncateSync(fd, size);
  writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
  return path;
}

describe('an image beyond the first 4 GiB', () => {
  const dump = sparse('far.bin', 5 * GIB + (1 << 20), image, 5 * GIB + 4096);
  const place = `${dump}@${String(5 * GIB + 4096)}`;

  test.each([
    ['info', []],
    ['ls', []],
    ['audit', []],
    ['map', ['/rand-65536']],
    ['describe', []],
    ['diff', [place]],
    ['mkfs', ['--truncate', `${folder.path}/far.img`]],
    ['extract', [`${folder.path}/far`]],
  ])('%s', async (name, more) => {
    const { code, stderr } = await runCommand([name, place, ...more]);
    expect([code > 1 && name !== 'map', stderr]).toEqual([false, expect.not.stringContaining('not a cramfs image')]);
  });
});

test('zeros after an image cost what reading them costs', async () => {
  const bytes = GIB / 4;
  const before = process.cpuUsage();
  const { code, stdout } = await runCommand(['check', sparse('long.bin', bytes, image)]);
  expect([code, stdout]).toEqual([0, expect.stringContaining(`followed by ${bytes - image.length} bytes, all 0x0`)]);
  // In microseconds of this process; a call for each byte takes some five seconds.
  expect(process.cpuUsage(before).user).toBeLessThan(3_000_000);
});

describe('mkfs --truncate of a file of 5 GiB', () => {
  const tree = `${folder.path}/tree`;
  mkdirSync(tree);
  writeFileSync(`${tree}/small`, 'small');
  sparse('tree/huge', 5 * GIB);

  test('reads what is kept of it', () => {
    const { children } = directoryTree(tree);
    const { content } = children.get('huge') as unknown as { readonly content: FileContent };
    expect(content.size).toBe(5 * GIB);
    expect(content.read(undefined, 2 ** 24 - 1)).toHaveLength(2 ** 24 - 1);
  });

  test('cuts it to 16 MiB, with a warning', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const out = `${folder.path}/cut.img`;
    const { code, stderr } = await runCommand(['mkfs', '--truncate', '-z', '--deflate', 'fast', tree, out]);
    expect([code, stderr]).toEqual([0, expect.stringContaining('/huge: file of 5368709120 bytes was cut')]);
    expect((await runCommand(['stat', out, '/huge'])).stdout).toContain('16777215');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(256 << 20);
  });
});

test('the end of a device is found by looking whether bytes are there', () => {
  for (const size of [0, 1, 2, 3, 511, 512, 4096, 61440, 2 ** 32 - 1, 2 ** 32, 5 * GIB + 512]) {
    let looks = 0;
    expect(endOf((at) => (looks++, at < size))).toBe(size);
    expect(looks).toBeLessThan(120);
  }
});

test('finds out whether all bytes are equal, at any alignment', () => {
  const bytes = new Uint8Array(64).fill(0xff);
  for (let from = 0; from < 9; from++) {
    for (let to = from; to < 40; to++) {
      expect(isFilled(bytes.subarray(from, to), 0xff)).toBe(true);
      for (let at = from; at < to; at++) {
        bytes[at] = 0xfe;
        if (isFilled(bytes.subarray(from, to), 0xff)) throw new Error(`a byte at ${at} was not seen`);
        bytes[at] = 0xff;
      }
    }
  }
});
