/** What `cramfs info` says of the drivers of boot loaders: the rules of U-Boot's and barebox's fs/cramfs. */
import { afterAll, expect, test } from '@jest/globals';
import { openDetected } from '../lib/inspect/openDetected.ts';
import { imageInfo } from '../lib/inspect/imageInfo.ts';
import { Folder } from './support/cli.ts';
import { noise } from './support/dumps.ts';
import { runCommand } from './support/extractHelp.ts';
import { fixture } from './support/fixtures.ts';
import { vendorImage } from './support/vendorFormatImage.ts';
import { imageOf, LZMA_BLOCKS, TEXT } from './support/vendorImage.ts';

const folder = new Folder();
afterAll(() => {
  folder.remove();
});

const of = (name: string): Uint8Array => fixture(`images/${name}.cramfs.gz`);
const files = [{ name: 'a', data: noise(5000, 2) }];
const raw = [{ name: 'a', data: noise(5000, 2), raw: true }];
const both = (state: string, ...reasons: string[]): unknown => [
  { name: 'U-Boot', state, reasons },
  { name: 'barebox', state, reasons },
];

test.each<[string, Uint8Array, unknown]>([
  ['plain', of('tiny-ul'), both('reads')],
  ['after a boot pad, with direct blocks', of('tiny-pXX'), both('refuses', 'cramfs: unsupported filesystem features')],
  ['big-endian', of('mini-BXX'), both('refuses', 'cramfs: wrong magic')],
  ['direct blocks', of('root-XX'), both('refuses', 'cramfs: unsupported filesystem features')],
  [
    'holes',
    of('mini-z'),
    [
      { name: 'U-Boot', state: 'misreads', reasons: ['files with holes'] },
      { name: 'barebox', state: 'misreads', reasons: ['holes (it reads the next block there)'] },
    ],
  ],
  ['16-byte inodes', vendorImage(files, { wide: true }), both('sees-no-files', '16-byte inodes')],
  ['linear XIP', vendorImage(raw), both('misreads', 'files of linear XIP')],
  ['blocks without a flag', vendorImage(files, { stored: true }), both('misreads', 'blocks stored as they are')],
  ['long tables', vendorImage(files, { extraPointers: 1 }), both('misreads', 'files with long block pointer tables')],
  [
    'LZMA in blocks of 16 KiB',
    imageOf({ blocks: LZMA_BLOCKS, size: TEXT.length, flags: 3 }),
    both('misreads', 'LZMA blocks', 'blocks of 16 KiB'),
  ],
])('%s', (_, bytes, verdicts) => {
  expect(imageInfo(openDetected(bytes)).loaders).toEqual(verdicts);
});

test('info says it in words', async () => {
  const { stdout } = await runCommand(['info', folder.fixture('images/root-XX.cramfs.gz')]);
  expect(stdout).toContain('  U-Boot      refuses it: "cramfs: unsupported filesystem features"\n');
  expect((await runCommand(['info', folder.file('linear', vendorImage(raw))])).stdout).toContain(
    '  barebox     does not read files of linear XIP\n',
  );
});
