/** Images as vendors made them: linear XIP, blocks stored without their flag, pointer tables that are too long. */
import { deflate } from 'pako';
import { roundUp } from '../../lib/base/pages.ts';
import { CRAMFS_SIGNATURE, INODE_SIZE, S_IFDIR, S_IFREG, SUPERBLOCK_SIZE } from '../../lib/format/constants.ts';
import { encodeInode } from '../../lib/format/inode.ts';
import { encodeName } from '../../lib/format/names.ts';
import { encodeSuperblock } from '../../lib/format/superblock.ts';
import { rangeCrc } from '../../lib/inspect/imageCrc.ts';
import { bytesSource } from '../../lib/source/byteSource.ts';

const PAGE = 4096;

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
  readonly stored?: boolean;
  readonly extraPointers?: number;
}

/** An image of the files in its root directory, which must be in order. */
export function vendorImage(files: readonly VendorFile[], format: VendorFormat = {}): Uint8Array {
  const { littleEndian = true, stored = false, extraPointers = 0 } = format;
  const pieces: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  const names = files.map(({ name }) => {
    const bytes = new Uint8Array(roundUp(name.length, 4));
    bytes.set(encodeName(name));
    return bytes;
  });
  const treeSize = names.reduce((sum, name) => sum + INODE_SIZE + name.length, 0);
  let cursor = SUPERBLOCK_SIZE + treeSize;
  let entry = SUPERBLOCK_SIZE;
  let blocks = 0;
  for (const [index, { data, raw = false, mode = 0o755 }] of files.entries()) {
    const name = names[index] ?? new Uint8Array(0);
    const offset = roundUp(cursor, 4);
    const fields = { mode: S_IFREG | mode | (raw ? 0o1000 : 0), uid: 0, gid: 0, size: data.length };
    pieces.push({ at: entry, bytes: encodeInode({ ...fields, namelen: name.length, offset }, littleEndian) });
    pieces.push({ at: entry + INODE_SIZE, bytes: name });
    entry += INODE_SIZE + name.length;
    if (raw) {
      const start = roundUp(offset, PAGE);
      pieces.push({ at: start, bytes: data });
      cursor = start + data.length;
      continue;
    }
    const count = Math.ceil(data.length / PAGE);
    const table = new DataView(new ArrayBuffer((count + extraPointers) * 4));
    cursor = offset + table.byteLength;
    for (let block = 0; block < count; block++, blocks++) {
      const content = data.subarray(block * PAGE, (block + 1) * PAGE);
      const bytes = stored ? content : deflate(content);
      pieces.push({ at: cursor, bytes });
      cursor += bytes.length;
      table.setUint32(block * 4, cursor, littleEndian);
    }
    for (let extra = 0; extra < extraPointers; extra++) table.setUint32((count + extra) * 4, cursor, littleEndian);
    pieces.push({ at: offset, bytes: new Uint8Array(table.buffer) });
  }
  const image = new Uint8Array(roundUp(cursor, PAGE));
  for (const { at, bytes } of pieces) image.set(bytes, at);
  const superblock = {
    littleEndian,
    size: image.length,
    flags: 3,
    future: 0,
    signature: encodeName(CRAMFS_SIGNATURE),
    edition: 0,
    blocks,
    files: files.length + 1,
    name: encodeName('Compressed'),
    root: { mode: S_IFDIR | 0o755, uid: 0, gid: 0, size: treeSize, namelen: 0, offset: SUPERBLOCK_SIZE },
  };
  image.set(encodeSuperblock({ ...superblock, crc: 0 }));
  const crc = rangeCrc(bytesSource(image), 0, image.length);
  image.set(encodeSuperblock({ ...superblock, crc }));
  return image;
}
