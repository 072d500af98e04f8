/** Images as vendors made them: linear XIP, blocks stored without their flag, pointer tables that are too long. */
import { roundUp } from '../../lib/base/pages.ts';
import { CRAMFS_SIGNATURE, ROOT_INODE_OFFSET, S_IFDIR, S_IFREG } from '../../lib/format/constants.ts';
import { LINUX_INODE, WIDE_INODE } from '../../lib/format/inode.ts';
import { pakoDeflate } from '../../lib/mkfs/deflate.ts';
import { encodeName } from '../../lib/format/names.ts';
import { encodeSuperblock } from '../../lib/format/superblock.ts';
import { rangeCrc, swapped } from '../../lib/inspect/imageCrc.ts';
import { bytesSource } from '../../lib/source/byteSource.ts';

/** A file, and how it is stored. `raw`: linear XIP, with the sticky bit. */
export interface VendorFile {
  readonly name: string;
  readonly data: Uint8Array;
  readonly raw?: boolean;
  readonly mode?: number;
}

/** What the vendor changed about files that are not raw. */
export interface VendorFormat {
  readonly littleEndian?: boolean;
  /** Blocks that are stored without a flag. */
  readonly stored?: boolean | 'incompressible';
  readonly extraPointers?: number;
  /** Only files of whole pages have extra pointers. */
  readonly wholeOnly?: boolean;
  /** What extra pointers are. */
  readonly filler?: 'end' | 'zero';
  readonly wide?: boolean;
  readonly pageSize?: number;
  readonly flags?: number;
  readonly signature?: string;
  readonly swappedCrc?: boolean;
}

const pako = pakoDeflate(9);
/** A copy: the next call uses the memory of the result. */
const deflate = (block: Uint8Array): Uint8Array => pako(block).slice();

/** An image of the files in its root directory, which must be in order. */
export function vendorImage(files: readonly VendorFile[], format: VendorFormat = {}): Uint8Array {
  const { littleEndian = true, stored = false, extraPointers = 0, wholeOnly = false, filler = 'end' } = format;
  const { pageSize = 4096, flags = 3, signature = CRAMFS_SIGNATURE, swappedCrc = false } = format;
  const inodes = format.wide === true ? WIDE_INODE : LINUX_INODE;
  const superblockSize = ROOT_INODE_OFFSET + inodes.size;
  const pieces: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  const names = files.map(({ name }) => {
    const bytes = new Uint8Array(roundUp(name.length, 4));
    bytes.set(encodeName(name));
    return bytes;
  });
  const treeSize = names.reduce((sum, name) => sum + inodes.size + name.length, 0);
  let cursor = superblockSize + treeSize;
  let entry = superblockSize;
  let blocks = 0;
  for (const [index, { data, raw = false, mode = 0o755 }] of files.entries()) {
    const name = names[index] ?? new Uint8Array(0);
    const offset = roundUp(cursor, 4);
    const fields = { mode: S_IFREG | mode | (raw ? 0o1000 : 0), uid: 0, gid: 0, size: data.length };
    pieces.push({ at: entry, bytes: inodes.encode({ ...fields, namelen: name.length, offset }, littleEndian) });
    pieces.push({ at: entry + inodes.size, bytes: name });
    entry += inodes.size + name.length;
    if (raw) {
      const start = roundUp(offset, pageSize);
      pieces.push({ at: start, bytes: data });
      cursor = start + data.length;
      continue;
    }
    const count = Math.ceil(data.length / pageSize);
    const extra = wholeOnly && data.length % pageSize !== 0 ? 0 : extraPointers;
    const table = new DataView(new ArrayBuffer((count + extra) * 4));
    cursor = offset + table.byteLength;
    for (let block = 0; block < count; block++, blocks++) {
      const content = data.subarray(block * pageSize, (block + 1) * pageSize);
      const stream = stored === true ? content : deflate(content);
      const bytes = stored === 'incompressible' && stream.length >= content.length ? content : stream;
      pieces.push({ at: cursor, bytes });
      cursor += bytes.length;
      table.setUint32(block * 4, cursor, littleEndian);
    }
    for (let i = 0; i < extra && filler === 'end'; i++) table.setUint32((count + i) * 4, cursor, littleEndian);
    pieces.push({ at: offset, bytes: new Uint8Array(table.buffer) });
  }
  const image = new Uint8Array(roundUp(cursor, 4096));
  for (const { at, bytes } of pieces) image.set(bytes, at);
  const superblock = {
    littleEndian,
    size: image.length,
    flags,
    future: 0,
    signature: encodeName(signature),
    edition: 0,
    blocks,
    files: files.length + 1,
    name: encodeName('Compressed'),
    root: { mode: S_IFDIR | 0o755, uid: 0, gid: 0, size: treeSize, namelen: 0, offset: superblockSize },
  };
  image.set(encodeSuperblock({ ...superblock, crc: 0 }, inodes));
  const crc = rangeCrc(bytesSource(image), 0, image.length);
  image.set(encodeSuperblock({ ...superblock, crc: swappedCrc ? swapped(crc) : crc }, inodes));
  return image;
}
