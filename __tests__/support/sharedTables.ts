/** Images of thousands of files that share one table of block pointers. */
import { crc32 } from '../../lib/format/crc32.ts';
import {
  CRAMFS_FLAG_EXT_BLOCK_POINTERS,
  CRAMFS_FLAG_FSID_VERSION_2,
  CRAMFS_FLAG_SORTED_DIRS,
  CRAMFS_SIGNATURE,
} from '../../lib/format/constants.ts';
import { encodeInode } from '../../lib/format/inode.ts';
import { encodeName } from '../../lib/format/names.ts';
import { encodeSuperblock } from '../../lib/format/superblock.ts';

const PAGE = 4096;
/** Pointers of the largest file. */
const POINTERS = 4096;
const ROOT = 76;
const ENTRY = 16;
const CRC_AT = 32;

/** What the files have. */
export interface SharedTable {
  readonly files: number;
  /** The pointer of block `index`, for data at byte `data` of the image. */
  readonly pointer: (index: number, data: number) => number;
  readonly data: Uint8Array;
  /** Bytes of file number `index`. Default: 16 MiB - 1, all alike. */
  readonly size?: (index: number) => number;
  /** Type and permissions. Default: executable files. */
  readonly mode?: number;
}

/** An image of files, "0000" and so on, that share a table. */
export function sharedTableImage({
  files,
  pointer,
  data,
  size = () => 0xff_ffff,
  mode = 0o100755,
}: SharedTable): Uint8Array {
  const table = ROOT + files * ENTRY;
  const start = Math.ceil((table + POINTERS * 4) / PAGE) * PAGE;
  const image = new Uint8Array(start + Math.ceil(data.length / PAGE) * PAGE);
  const view = new DataView(image.buffer);
  const common = { uid: 0, gid: 0 };
  for (let index = 0; index < files; index++) {
    const at = ROOT + index * ENTRY;
    const inode = { ...common, mode, size: size(index), namelen: 4, offset: table };
    image.set(encodeInode(inode, true), at);
    image.set(encodeName(index.toString(16).padStart(4, '0')), at + 12);
  }
  for (let index = 0; index < POINTERS; index++) view.setUint32(table + index * 4, pointer(index, start), true);
  image.set(data, start);
  const root = { ...common, mode: 0o040755, size: files * ENTRY, namelen: 0, offset: ROOT };
  const superblock = {
    littleEndian: true,
    size: image.length,
    flags: CRAMFS_FLAG_FSID_VERSION_2 | CRAMFS_FLAG_SORTED_DIRS | CRAMFS_FLAG_EXT_BLOCK_POINTERS,
    future: 0,
    signature: encodeName(CRAMFS_SIGNATURE),
    crc: 0,
    edition: 0,
    blocks: POINTERS,
    files: files + 1,
    name: encodeName('Compressed'),
    root: { ...root, position: 64, ino: 0, type: 'directory' as const },
  };
  image.set(encodeSuperblock(superblock), 0);
  view.setUint32(CRC_AT, crc32(image), true);
  return image;
}
