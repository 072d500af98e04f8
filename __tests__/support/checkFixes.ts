/** Fixes that the check prints. */
import { directory, stored } from './auditCases.ts';
import { SOUND } from './checkCases.ts';
import { buildRawImage } from './rawImage.ts';
import { imageOf, LZMA_BLOCKS, TEXT } from './vendorImage.ts';
import { vendorImage } from './vendorFormatImage.ts';
import {
  PAGE,
  ZLIB,
  COMMANDS,
  SOURCE,
  text,
  image,
  lengthen,
  rename,
  checkCase,
  large,
  type FixCase,
} from './fixCase.ts';

const LOST = 'the bytes are lost, and must come from elsewhere';
const vendorFiles = [
  { name: 'a.txt', data: text(9000) },
  { name: 'prog', data: text(4 * PAGE), raw: true },
];
const plainFiles = vendorFiles.map(({ name, data }) => ({ name, data }));
const vendor = (id: string, of: () => Uint8Array): FixCase => ({ id, variant: '', image: of, follow: COMMANDS });
const lzma = (flags: number): Uint8Array => imageOf({ blocks: LZMA_BLOCKS, size: TEXT.length, flags });
const nothing = (id: string, words = 'nothing to do'): FixCase => checkCase(id, [{ by: 'nothing', words }]);
const otherPages = (id: string, of: () => Uint8Array, pageSize: number, right: number): FixCase => ({
  id,
  variant: '',
  image: of,
  open: { pageSize },
  follow: [
    { by: 'machine', words: 'name the page size that the image is built for (--page-size)', open: { pageSize: right } },
  ],
});

/** Findings of the check whose fix is a command. */
const BY_COMMAND = [
  'image/signature-wrong',
  'image/volume-name-control',
  'image/size-too-small',
  'image/size-unpadded',
  'image/flags-unsupported',
  'image/flags-reserved',
  'image/future-set',
  'image/crc-absent',
  'image/entry-unseen',
  'image/name-unreachable',
  'image/directory-unsorted',
  'image/special-offset',
  'image/special-size',
  'image/empty-with-offset',
  'image/holes-unannounced',
  'image/extensions-unannounced',
  'image/last-page-shared',
  'image/files-zero',
  'image/files-miscounted',
  'image/blocks-miscounted',
] as const;

/** Those that are damage: the image is to be built again from its source files. */
const BY_SOURCE = [
  'image/root-offset',
  'image/directory-offset-zero',
  'image/directory-outside',
  'image/directory-overlap',
  'image/directory-cycle',
  'image/directory-reused',
  'image/entry-cut',
  'image/name-empty',
  'image/name-nul',
  'image/name-slash',
  'image/name-dots',
  'image/name-duplicate',
  'image/type-unknown',
  'image/data-offset-zero',
  'image/symlink-empty',
  'image/symlink-nul',
  'image/symlink-too-long',
  'image/table-outside',
  'image/table-overlap',
  'image/table-shared',
  'image/block-backwards',
  'image/block-outside',
  'image/block-in-metadata',
  'image/direct-in-metadata',
  'image/block-overlap',
  'image/stored-short',
  'image/stored-long',
  'image/zlib-short',
  'image/zlib-long',
  'image/zlib-trailing',
  'image/zlib-second-stream',
] as const;

/** Writes the CRC of the sound image that the case was made of. */
const setCrc = (bytes: Uint8Array): void => {
  bytes.set(buildRawImage(SOUND).subarray(32, 36), 32);
};

/** Findings of the check. */
export const CHECK_FIXES: readonly FixCase[] = [
  ...BY_COMMAND.map((id) => checkCase(id, COMMANDS)),
  ...BY_SOURCE.map((id) => checkCase(id, SOURCE)),
  nothing('image/signature-waived'),
  nothing('image/root-empty', 'nothing to do if the image is meant to be empty'),
  nothing('image/inserted-file'),
  nothing('image/trailing-padding'),
  checkCase('image/symlink-leaves-root', [
    { by: 'nothing', words: 'nothing to do on the device' },
    {
      by: 'hand',
      words: 'do not let programs write through links of an extracted tree',
      why: 'it is about other programs',
    },
  ]),
  checkCase('image/image-truncated', [
    { by: 'hand', words: 'get the whole file, or use a partition large enough for the image', why: LOST },
  ]),
  checkCase('image/zlib-damaged', [{ by: 'hand', words: 'get an undamaged copy: the block is lost', why: LOST }]),
  checkCase('image/check-incomplete', [
    { by: 'hand', words: 'do not trust the image', why: 'it is unknown what else is in it' },
  ]),
  checkCase('image/crc-wrong', [
    { by: 'hand', words: 'get an undamaged copy', why: LOST },
    { by: 'bytes', words: 'write 0x532a96fc as its CRC', change: setCrc },
    { by: 'commands' },
  ]),
  checkCase('image/crc-byte-swapped', [
    { by: 'bytes', words: "as the CRC in the image's byte order", change: setCrc },
    { by: 'commands' },
  ]),
  checkCase('image/root-not-directory', [
    {
      by: 'bytes',
      words: 'write the mode of a directory (040755) at byte 64 of the superblock',
      change: (bytes) => {
        bytes.set([0xed, 0x41], 64);
      },
    },
  ]),
  checkCase('image/name-control', [{ by: 'tree', words: 'rename the file', change: rename(/^[^a-z]/, 'renamed') }]),
  checkCase('image/name-not-utf8', [
    { by: 'nothing', words: 'nothing to do on Linux' },
    { by: 'tree', words: 'rename the file', change: rename(/[^a-z]/, 'renamed') },
  ]),
  checkCase('image/name-backslash', [
    { by: 'nothing', words: 'nothing to do on Linux' },
    { by: 'tree', words: 'rename the file', change: rename(/\\/, 'renamed') },
  ]),
  checkCase('image/path-too-long', [
    { by: 'image', words: 'move the file further up', image: image(stored('f', text(9), ZLIB)) },
    {
      by: 'image',
      words: 'use shorter names',
      image: image(directory('x', directory('x', directory('x', stored('f', text(9), ZLIB))))),
    },
  ]),
  checkCase('image/symlink-control', [
    {
      by: 'tree',
      words: 'rename the target of the link',
      change: (tree) => {
        tree.children.set('l', { type: 'symlink', mode: 0o777, uid: 0, gid: 0, target: Buffer.from('ab') });
      },
    },
  ]),
  checkCase('image/last-page-reads-zero', [
    { by: 'commands' },
    { by: 'tree', words: 'make the file one byte longer', change: lengthen('f'), buildingHelps: true },
  ]),
  otherPages('image/block-too-long', () => large(16384), PAGE, 16384),
  { ...checkCase('image/page-size', COMMANDS), open: { pageSize: 16384 } },
  vendor('image/vendor-inodes', () => imageOf({ blocks: [], size: 0, flags: 3, wide: true })),
  vendor('image/vendor-compression', () => lzma(3)),
  vendor('image/vendor-flags', () => lzma(3 | (2 << 11) | (2 << 14))),
  {
    ...vendor('image/vendor-linear-xip', () => vendorImage(vendorFiles)),
    follow: [{ by: 'nothing', words: "nothing to do for the vendor's kernels" }, { by: 'commands' }],
  },
  vendor('image/vendor-stored', () => vendorImage(plainFiles, { stored: true })),
  vendor('image/vendor-tables', () => vendorImage(plainFiles, { extraPointers: 1 })),
  vendor('image/vendor-unreadable', () => vendorImage(plainFiles, { stored: true })),
  checkCase('image/expansion', [{ by: 'look', shows: /more than|at most/ }]),
  checkCase('image/unused-not-zero', [
    { by: 'nothing', words: 'nothing to do' },
    { by: 'look', shows: /padding/ },
  ]),
  checkCase('image/trailing-data', [{ by: 'look', shows: /cramfs/ }]),
];
