/** Images that show what `cramfs check` finds: one for each code, and a sound one of the same make. */
import { deflateSync } from 'node:zlib';
import { buildRawImage, type RawEntry, type RawImageSpec } from './rawImage.ts';
import type { FindingCode } from '../../lib/check/codes.ts';
import { WIDE_INODE } from '../../lib/format/inode.ts';
import { CramfsImage, type OpenOptions } from '../../lib/image/image.ts';
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
export const CHECK_CASES: readonly (readonly [FindingCode, () => RawImageSpec | Uint8Array, OpenOptions?])[] = [
  ['FLAGS_UNSUPPORTED', () => ({ ...SOUND, flags: 0x1903 })],
  ['FLAGS_RESERVED', () => ({ ...SOUND, flags: 0x907 })],
  ['FUTURE_SET', () => ({ ...SOUND, superblock: { future: 1 } })],
  ['SIGNATURE_WRONG', () => ({ ...SOUND, superblock: { signature: text(16) } })],
  ['SIGNATURE_WAIVED', () => ({ ...SOUND, flags: 0xb03, superblock: { signature: text(16) } })],
  ['VOLUME_NAME_CONTROL', () => ({ ...SOUND, superblock: { name: Buffer.from('a\u001b[31m'.padEnd(16, '\0')) } })],
  ['SIZE_TOO_SMALL', () => ({ ...SOUND, superblock: { size: 75 } })],
  ['SIZE_UNPADDED', () => ({ ...SOUND, superblock: { size: 2 * PAGE + 1 } })],
  ['IMAGE_TRUNCATED', () => resized(SOUND, -1)],
  ['CRC_WRONG', () => ({ ...SOUND, superblock: { crc: 1 } })],
  ['CRC_BYTE_SWAPPED', () => swapCrc(buildRawImage(SOUND))],
  ['CRC_ABSENT', () => ({ ...SOUND, flags: 0x900 })],
  ['FILES_ZERO', () => ({ ...SOUND, superblock: { files: 0 } })],
  ['FILES_MISCOUNTED', () => ({ ...SOUND, superblock: { files: 7 } })],
  ['BLOCKS_MISCOUNTED', () => ({ ...SOUND, superblock: { blocks: 7 } })],
  ['VENDOR_INODES', () => SOUND, { inodeLayout: WIDE_INODE }],
  ['VENDOR_COMPRESSION', () => SOUND, { inflate: inflateLzma }],
  ['VENDOR_FLAGS', () => ({ ...only(file('f', { blocks: zlib(9000, 8192) })), pageSize: 8192, flags: 0x903 })],
  ['PAGE_SIZE', () => ({ ...SOUND, pageSize: 16384, entries: [file('a')] })],
  ['ROOT_NOT_DIRECTORY', () => ({ ...SOUND, root: { mode: 0o100755 } })],
  ['ROOT_OFFSET', () => ({ ...SOUND, root: { offset: 80 } })],
  ['ROOT_EMPTY', () => ({ entries: [], root: { offset: 0, size: 0 } })],
  ['DIRECTORY_OFFSET_ZERO', () => only(directory('d', [file('f')], { offset: 0 }))],
  ['DIRECTORY_OUTSIDE', () => only(directory('d', [file('f')], { offset: 1 << 20 }))],
  ['DIRECTORY_OVERLAP', () => only(directory('d', [file('f')], { offset: 64 }))],
  ['DIRECTORY_CYCLE', () => only(directory('d', [file('f')], { offset: 76 }))],
  ['DIRECTORY_REUSED', () => only(directory('d', [file('f')]), directory('e', [], { offset: 108, size: 16 }))],
  ['DIRECTORY_UNSORTED', () => unsorted(file('bbbbb'), file('ba'))],
  ['ENTRY_CUT', () => only(directory('d', [file('f')], { size: 12 }))],
  ['ENTRY_UNSEEN', () => ({ entries: [node('fifo', 0o010644)], superblock: { size: 100 } })],
  ['PATH_TOO_LONG', () => only(nest(20, 'x'.repeat(250)))],
  ['NAME_EMPTY', () => only(file(bytes(0)))],
  ['NAME_NUL', () => only(file(bytes(0x61, 0, 0x62)))],
  ['NAME_SLASH', () => only(file('a/b'))],
  ['NAME_DOTS', () => only(directory('..', [file('f')]))],
  ['NAME_CONTROL', () => only(file('\u001b[31m'))],
  ['NAME_NOT_UTF8', () => only(file(bytes(0xe9)))],
  ['NAME_BACKSLASH', () => only(file('..\\x'))],
  ['NAME_DUPLICATE', () => only(file('a'), file('a'))],
  ['NAME_UNREACHABLE', () => unsorted(file('b'), file('a'))],
  ['TYPE_UNKNOWN', () => only(node('n', 0o644))],
  ['SPECIAL_OFFSET', () => only(node('n', 0o020644, { offset: 64 }))],
  ['SPECIAL_SIZE', () => only(node('n', 0o010644, { size: 1 }))],
  ['EMPTY_WITH_OFFSET', () => only(file('f', { blocks: [], inode: { offset: 2048 } }))],
  ['DATA_OFFSET_ZERO', () => only(file('f', { inode: { offset: 0 } }))],
  ['SYMLINK_EMPTY', () => only({ type: 'symlink', name: 'l', blocks: [] })],
  ['SYMLINK_NUL', () => only(link('l', 'a\0b'))],
  ['SYMLINK_TOO_LONG', () => only(link('l', 'x'.repeat(4096)))],
  ['SYMLINK_LEAVES_ROOT', () => only(directory('d', [link('l', '../../x')]))],
  ['SYMLINK_CONTROL', () => only(link('l', 'a\u001b[2Jb'))],
  ['TABLE_OUTSIDE', () => only(file('f', { inode: { offset: 1 << 20 } }))],
  ['TABLE_OVERLAP', () => only(file('f', { inode: { offset: 64 } }))],
  ['TABLE_SHARED', () => shareTable(only(file('a', { blocks: holes(3) }), file('b', { blocks: holes(2) })))],
  ['BLOCK_BACKWARDS', () => only(file('f', { blocks: [{ kind: 'zlib', data: text(9), pointer: 80 }] }))],
  ['BLOCK_TOO_LONG', () => only(file('f', { blocks: [{ kind: 'zlib', stored: new Uint8Array(8193) }], size: PAGE }))],
  ['BLOCK_OUTSIDE', () => only(file('f', { blocks: [{ kind: 'direct', at: { fromEnd: 8 } }], size: 9 }))],
  ['BLOCK_IN_METADATA', () => legacyBehindDirectBlock()],
  ['DIRECT_IN_METADATA', () => only(file('f', { blocks: [{ kind: 'direct', at: 0 }], size: 9 }))],
  ['BLOCK_OVERLAP', () => only(direct('a', 2048), direct('b', 2052))],
  ['STORED_SHORT', () => only(file('f', { blocks: [{ kind: 'stored', data: text(9) }], size: 10 }))],
  ['STORED_LONG', () => only(file('f', { blocks: [{ kind: 'stored', data: text(9) }], size: 8 }))],
  ['HOLES_UNANNOUNCED', () => ({ ...only(file('f', { blocks: holes(1) })), flags: 0x803 })],
  ['EXTENSIONS_UNANNOUNCED', () => ({ ...only(direct('a', 2048)), flags: 0x103 })],
  ['LAST_PAGE_READS_ZERO', () => only(file('f', { blocks: [{ kind: 'direct', data: text(PAGE) }] }))],
  ['LAST_PAGE_SHARED', () => only(file('f', { blocks: [{ kind: 'direct', data: text(9), tail: text(1) }] }))],
  ['ZLIB_DAMAGED', () => zlibBlock(deflateSync(text(900)).subarray(0, -3), 900)],
  ['ZLIB_SHORT', () => zlibBlock(deflateSync(text(900)), 901)],
  ['ZLIB_LONG', () => zlibBlock(deflateSync(text(5000)), PAGE)],
  ['ZLIB_TRAILING', () => zlibBlock(Buffer.concat([deflateSync(text(900)), text(5)]), 900)],
  ['ZLIB_SECOND_STREAM', () => zlibBlock(Buffer.concat([deflateSync(text(900)), deflateSync(text(700))]), 900)],
  ['EXPANSION', () => shareTable(equalSizes())],
  ['INSERTED_FILE', () => ({ ...SOUND, flags: 0xd03, root: { offset: 108, size: 16 } })],
  ['UNUSED_NOT_ZERO', () => only(file('f', { blocks: [{ kind: 'direct', data: text(9), tail: text(1) }] }))],
  ['TRAILING_PADDING', () => resized(SOUND, 100, 0xff)],
  ['TRAILING_DATA', () => Buffer.concat([resized(SOUND, 100, 0xff), text(1)])],
  ['CHECK_INCOMPLETE', () => shareTable(manyTables())],
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
