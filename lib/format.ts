/**
 * `cramfs-map/format`: what is on disk, structure by structure, and how it is read: for tools that look at images closely.
 * Nothing here needs Node.
 */
// Superblock, inodes, names, block pointers, as bytes.
export {
  BOOT_PAD,
  CRAMFS_BLK_DIRECT_PTR_SHIFT,
  CRAMFS_BLK_FLAG_DIRECT_PTR,
  CRAMFS_BLK_FLAG_UNCOMPRESSED,
  CRAMFS_BLK_VALUE,
  CRAMFS_FLAG_EXT_BLOCK_POINTERS,
  CRAMFS_FLAG_FSID_VERSION_2,
  CRAMFS_FLAG_HOLES,
  CRAMFS_FLAG_SHIFTED_ROOT_OFFSET,
  CRAMFS_FLAG_SORTED_DIRS,
  CRAMFS_FLAG_WRONG_SIGNATURE,
  CRAMFS_MAGIC,
  CRAMFS_MAGIC_WEND,
  CRAMFS_SIGNATURE,
  CRAMFS_SUPPORTED_FLAGS,
  INODE_SIZE,
  MAX_NAME,
  ROOT_INODE_OFFSET,
  SUPERBLOCK_SIZE,
} from './format/constants.ts';
export { type BlockPointer, decodeBlockPointer, encodeBlockPointer } from './format/blockPointer.ts';
export { crc32, crcHex } from './format/crc32.ts';
export { decodeInode, deviceNumber, encodeInode, fileType, type FileType, type InodeFields } from './format/inode.ts';
export { decodeName, encodeName, printableName } from './format/names.ts';
export { decodeSuperblock, encodeSuperblock, findSuperblock, type Superblock } from './format/superblock.ts';
export { compareBytes } from './base/bytes.ts';
// Where bytes come from.
export { type ByteSource, bytesSource, cachedSource, type RawSource, sliceSource } from './source/byteSource.ts';
// An image: inodes, directories, blocks, contents.
export { inflate, type Inflate } from './image/codec.ts';
export { inflateLzma } from './image/lzma.ts';
export { CramfsImage, type Inode, type OpenOptions, PAGE_SIZES } from './image/image.ts';
export { directoryEntries, type DirectoryEntry } from './image/directory.ts';
export { type Block, blockCount, type BlockKind, blockPointers, fileBlock, fileBlocks } from './image/blocks.ts';
export { readBlock, readContent, readLink } from './image/content.ts';
// An image as a whole.
export { detectLayout, type ImageLayout } from './inspect/detectLayout.ts';
export { type DirectRun, directRuns } from './inspect/directRuns.ts';
export { findPath, type FindOptions } from './inspect/findPath.ts';
export { imageCrc, type CrcVerdict } from './inspect/imageCrc.ts';
export { imageInfo, type ImageInfo } from './inspect/imageInfo.ts';
export { openDetected } from './inspect/openDetected.ts';
export { scan, type ScanHit } from './diagnose/scan.ts';
export { namedFlags, type SuperblockFlag } from './format/superblockFlags.ts';
export { walk, WalkEntry, type WalkOptions, type WalkProblem } from './inspect/walk.ts';
export { EM_386, EM_486, EM_ARM, EM_X86_64 } from './elf/machines.ts';
export { ET_DYN, ET_EXEC, PF_R, PF_W, PF_X, PT_INTERP, PT_LOAD } from './elf/elf.ts';
