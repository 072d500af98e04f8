/** Images that show what `cramfs check` finds: one for each code, and a sound one of the same make. */
import { deflateSync } from 'node:zlib';
import { buildRawImage, type RawEntry, type RawImageSpec } from './rawImage.ts';
import { WIDE_INODE } from '../../lib/format/inode.ts';
import { CramfsImage, NO_QUIRKS, type OpenOptions } from '../../lib/image/image.ts';
import { inflateLzma } from '../../lib/image/lzma.ts';

const PAGE = 4096;
const text = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => 0x41 + (i % 23));
const file = (name: string | Uint8Array, more: Partial<RawEntry & { type: 'file' }> = {}): RawEntry => ({
  type: 'file',
  name,
  blocks: [{ kind: 'zlib', data: text(500) }],
  ...more,
});
const link = (name: string, target: string): RawEntry => ({
  type: 'symlink',
  name,
  blocks: [{ kind: 'zlib', data: Buffer.from(target) }],
});
const node = (name: string, mode: number, inode = {}): RawEntry => ({ type: 'node', name, mode, inode });
const directory = (name: string, entries: readonly RawEntry[], inode = {}): RawEntry => ({
  type: 'directory',
  name,
  entries,
  inode,
});

/** An image without findings. */
export const SOUND: RawImageSpec = {
  entries: [
    file('a.txt'),
    directory('dir', [file('b'), link('c', '../a.txt')]),
    node('fifo', 0o010644),
    node('null', 0o020666, { size: 0x103 }),
    file('z', {
      blocks: [
        { kind: 'direct', data: text(PAGE) },
        { kind: 'zlib', data: text(PAGE) },
        { kind: 'hole', data: new Uint8Array(PAGE) },
        { kind: 'direct-zlib', data: text(PAGE) },
        { kind: 'stored', data: text(700) },
      ],
    }),
  ],
};

/** The image of a description with `bytes` cut or added at the end. */
function resized(spec: RawImageSpec, by: number, fill = 0): Uint8Array {
  const bytes = buildRawImage(spec);
  const result = new Uint8Array(bytes.length + by).fill(fill);
  result.set(bytes.subarray(0, result.length));
  return result;
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const only = (...entries: RawEntry[]): RawImageSpec => ({ entries });
const unsorted = (...entries: RawEntry[]): RawImageSpec => ({ entries, unsorted: true });
const zlibBlock = (stored: Uint8Array, size: number): RawImageSpec =>
  only({ type: 'file', name: 'f', size, blocks: [{ kind: 'zlib', stored }] });

/** Six entries share a table's start and differ in size; each claims all that a table can hold. */
const manyTables = (): RawImageSpec => {
  const entries = Array.from({ length: 400 }, (_, i): RawEntry => {
    const name = String(i).padStart(4, '0');
    return i === 0
      ? file(name, { blocks: Array.from({ length: 4095 }, () => ({ kind: 'hole', data: new Uint8Array(PAGE) })) })
      : file(name, { blocks: [], inode: { size: 4095 * PAGE - i } });
  });
  return only(...entries);
};

/** The table of the first entry, given to all others: the description tells offsets only after the image is laid out. */
function shareTable(spec: RawImageSpec): Uint8Array {
  const image = buildRawImage(spec);
  const view = new DataView(image.buffer, image.byteOffset);
  const offset = (view.getUint32(76 + 8, true) >>> 6) * 4;
  spec.entries.forEach((_, i) => {
    view.setUint32(76 + i * 16 + 8, 1 | ((offset / 4) << 6), true);
  });
  return image;
}

/** For each code an image that shows it, and how to open it. */
export const CHECK_CASES: readonly (readonly [string, () => RawImageSpec | Uint8Array, OpenOptions?])[] = [
  ['image/flags-unsupported', () => ({ ...SOUND, flags: 0x1903 })],
  ['image/flags-reserved', () => ({ ...SOUND, flags: 0x907 })],
  ['image/future-set', () => ({ ...SOUND, superblock: { future: 1 } })],
  ['image/signature-wrong', () => ({ ...SOUND, superblock: { signature: text(16) } })],
  ['image/signature-waived', () => ({ ...SOUND, flags: 0xb03, superblock: { signature: text(16) } })],
  [
    'image/volume-name-control',
    () => ({ ...SOUND, superblock: { name: Buffer.from('a\u001b[31m'.padEnd(16, '\0')) } }),
  ],
  ['image/size-too-small', () => ({ ...SOUND, superblock: { size: 75 } })],
  ['image/size-unpadded', () => ({ ...SOUND, superblock: { size: 2 * PAGE + 1 } })],
  ['image/image-truncated', () => resized(SOUND, -1)],
  ['image/crc-wrong', () => ({ ...SOUND, superblock: { crc: 1 } })],
  ['image/crc-byte-swapped', () => swapCrc(buildRawImage(SOUND))],
  ['image/crc-absent', () => ({ ...SOUND, flags: 0x900 })],
  ['image/files-zero', () => ({ ...SOUND, superblock: { files: 0 } })],
  ['image/files-miscounted', () => ({ ...SOUND, superblock: { files: 7 } })],
  ['image/blocks-miscounted', () => ({ ...SOUND, superblock: { blocks: 7 } })],
  ['image/vendor-inodes', () => SOUND, { inodeLayout: WIDE_INODE }],
  ['image/vendor-compression', () => SOUND, { inflate: inflateLzma }],
  ['image/vendor-flags', () => ({ ...only(file('f', { blocks: zlib(9000, 8192) })), pageSize: 8192, flags: 0x903 })],
  ['image/vendor-linear-xip', () => SOUND, { quirks: { ...NO_QUIRKS, linearXip: true } }],
  ['image/vendor-stored', () => SOUND, { quirks: { ...NO_QUIRKS, unflaggedStored: true } }],
  ['image/vendor-tables', () => SOUND, { quirks: { ...NO_QUIRKS, longTables: { extra: 1, wholeOnly: false } } }],
  ['image/vendor-unreadable', () => SOUND, { quirks: { ...NO_QUIRKS, linearXip: true } }],
  ['image/page-size', () => ({ ...SOUND, pageSize: 16384, entries: [file('a')] })],
  ['image/root-not-directory', () => ({ ...SOUND, root: { mode: 0o100755 } })],
  ['image/root-offset', () => ({ ...SOUND, root: { offset: 80 } })],
  ['image/root-empty', () => ({ entries: [], root: { offset: 0, size: 0 } })],
  ['image/directory-offset-zero', () => only(directory('d', [file('f')], { offset: 0 }))],
  ['image/directory-outside', () => only(directory('d', [file('f')], { offset: 1 << 20 }))],
  ['image/directory-overlap', () => only(directory('d', [file('f')], { offset: 64 }))],
  ['image/directory-cycle', () => only(directory('d', [file('f')], { offset: 76 }))],
  ['image/directory-reused', () => only(directory('d', [file('f')]), directory('e', [], { offset: 108, size: 16 }))],
  ['image/directory-unsorted', () => unsorted(file('bbbbb'), file('ba'))],
  ['image/entry-cut', () => only(directory('d', [file('f')], { size: 12 }))],
  ['image/entry-unseen', () => ({ entries: [node('fifo', 0o010644)], superblock: { size: 100 } })],
  ['image/path-too-long', () => only(nest(20, 'x'.repeat(250)))],
  ['image/name-empty', () => only(file(bytes(0)))],
  ['image/name-nul', () => only(file(bytes(0x61, 0, 0x62)))],
  ['image/name-slash', () => only(file('a/b'))],
  ['image/name-dots', () => only(directory('..', [file('f')]))],
  ['image/name-control', () => only(file('\u001b[31m'))],
  ['image/name-not-utf8', () => only(file(bytes(0xe9)))],
  ['image/name-backslash', () => only(file('..\\x'))],
  ['image/name-duplicate', () => only(file('a'), file('a'))],
  ['image/name-unreachable', () => unsorted(file('b'), file('a'))],
  ['image/type-unknown', () => only(node('n', 0o644))],
  ['image/special-offset', () => only(node('n', 0o020644, { offset: 64 }))],
  ['image/special-size', () => only(node('n', 0o010644, { size: 1 }))],
  ['image/empty-with-offset', () => only(file('f', { blocks: [], inode: { offset: 2048 } }))],
  ['image/data-offset-zero', () => only(file('f', { inode: { offset: 0 } }))],
  ['image/symlink-empty', () => only({ type: 'symlink', name: 'l', blocks: [] })],
  ['image/symlink-nul', () => only(link('l', 'a\0b'))],
  ['image/symlink-too-long', () => only(link('l', 'x'.repeat(4096)))],
  ['image/symlink-leaves-root', () => only(directory('d', [link('l', '../../x')]))],
  ['image/symlink-control', () => only(link('l', 'a\u001b[2Jb'))],
  ['image/table-outside', () => only(file('f', { inode: { offset: 1 << 20 } }))],
  ['image/table-overlap', () => only(file('f', { inode: { offset: 64 } }))],
  ['image/table-shared', () => shareTable(only(file('a', { blocks: holes(3) }), file('b', { blocks: holes(2) })))],
  ['image/block-backwards', () => only(file('f', { blocks: [{ kind: 'zlib', data: text(9), pointer: 80 }] }))],
  [
    'image/block-too-long',
    () => only(file('f', { blocks: [{ kind: 'zlib', stored: new Uint8Array(8193) }], size: PAGE })),
  ],
  ['image/block-outside', () => only(file('f', { blocks: [{ kind: 'direct', at: { fromEnd: 8 } }], size: 9 }))],
  ['image/block-in-metadata', () => legacyBehindDirectBlock()],
  ['image/direct-in-metadata', () => only(file('f', { blocks: [{ kind: 'direct', at: 0 }], size: 9 }))],
  ['image/block-overlap', () => only(direct('a', 2048), direct('b', 2052))],
  ['image/stored-short', () => only(file('f', { blocks: [{ kind: 'stored', data: text(9) }], size: 10 }))],
  ['image/stored-long', () => only(file('f', { blocks: [{ kind: 'stored', data: text(9) }], size: 8 }))],
  ['image/holes-unannounced', () => ({ ...only(file('f', { blocks: holes(1) })), flags: 0x803 })],
  ['image/extensions-unannounced', () => ({ ...only(direct('a', 2048)), flags: 0x103 })],
  ['image/last-page-reads-zero', () => only(file('f', { blocks: [{ kind: 'direct', data: text(PAGE) }] }))],
  ['image/last-page-shared', () => only(file('f', { blocks: [{ kind: 'direct', data: text(9), tail: text(1) }] }))],
  ['image/zlib-damaged', () => zlibBlock(deflateSync(text(900)).subarray(0, -3), 900)],
  ['image/zlib-short', () => zlibBlock(deflateSync(text(900)), 901)],
  ['image/zlib-long', () => zlibBlock(deflateSync(text(5000)), PAGE)],
  ['image/zlib-trailing', () => zlibBlock(Buffer.concat([deflateSync(text(900)), text(5)]), 900)],
  ['image/zlib-second-stream', () => zlibBlock(Buffer.concat([deflateSync(text(900)), deflateSync(text(700))]), 900)],
  ['image/expansion', () => shareTable(equalSizes())],
  ['image/inserted-file', () => ({ ...SOUND, flags: 0xd03, root: { offset: 108, size: 16 } })],
  ['image/unused-not-zero', () => only(file('f', { blocks: [{ kind: 'direct', data: text(9), tail: text(1) }] }))],
  ['image/trailing-padding', () => resized(SOUND, 100, 0xff)],
  ['image/trailing-data', () => Buffer.concat([resized(SOUND, 100, 0xff), text(1)])],
  ['image/check-incomplete', () => shareTable(manyTables())],
];

function swapCrc(image: Uint8Array): Uint8Array {
  image.subarray(32, 36).reverse();
  return image;
}
function nest(depth: number, name: string): RawEntry {
  return depth === 0 ? file('f') : directory(name, [nest(depth - 1, name)]);
}
function holes(count: number): { kind: 'hole'; data: Uint8Array }[] {
  return Array.from({ length: count }, () => ({ kind: 'hole', data: new Uint8Array(PAGE) }));
}
function zlib(size: number, block: number): { kind: 'zlib'; data: Uint8Array }[] {
  const data = text(size);
  return Array.from({ length: Math.ceil(size / block) }, (_, i) => ({
    kind: 'zlib',
    data: data.subarray(i * block, (i + 1) * block),
  }));
}
function direct(name: string, at: number): RawEntry {
  return file(name, { blocks: [{ kind: 'direct', data: text(100), at, reserve: 100 }] });
}
/** A block that starts where the direct block before it ends, which is in the superblock. */
function legacyBehindDirectBlock(): RawImageSpec {
  const blocks = [
    { kind: 'direct', at: 0 },
    { kind: 'stored', stored: new Uint8Array(0), pointer: (0x80000000 | (PAGE + 100)) >>> 0 },
  ] as const;
  return { ...only(file('f', { blocks, size: 2 * PAGE }), directory('x', many(400))) };
}
function many(count: number): RawEntry[] {
  return Array.from({ length: count }, (_, i) => file(String(i).padStart(4, '0'), { blocks: [] }));
}
/** Files of 16 MiB less a page that are all holes and share a table. */
function equalSizes(): RawImageSpec {
  const size = 4095 * PAGE;
  return only(
    ...Array.from({ length: 8 }, (_, i) => file(String(i), i === 0 ? { blocks: holes(4095) } : { blocks: [], size })),
  );
}

/** Opens an image or a description of one. */
export function openCase(spec: RawImageSpec | Uint8Array, options: OpenOptions = {}): CramfsImage {
  const bytes = spec instanceof Uint8Array ? spec : buildRawImage(spec);
  const pageSize = (spec as RawImageSpec).pageSize ?? PAGE;
  return CramfsImage.open(bytes, { pageSize, ...options });
}
