/**
 * What to do about what a check finds, for the audit: a title and a sentence for each code. The page of each code in
 * docs/findings says more.
 */
import type { FindingCode } from '../check/codes.ts';

/** Words of a code. The fix is a sentence without a full stop. */
interface CheckWords {
  readonly title: string;
  readonly fix: string;
}

const NOTHING = 'nothing has to be done';
const REMAKE = 'make the image again: a sound maker does not write this';
const ORDINARY = 'extract the image with cramfs and make an ordinary one for Linux';
const SET_COUNT = 'write the right count and a new CRC, or make the image again';
const SORT = 'sort the entries by bytes, as strcmp does, or clear the flag SORTED_DIRS';

export const CHECK_FIXES: Readonly<Record<FindingCode, CheckWords>> = {
  FLAGS_UNSUPPORTED: {
    title: 'Flags that Linux does not know',
    fix: 'make the image without the flags; if it should not have any, compare the CRC, as the word may be damaged',
  },
  FLAGS_RESERVED: { title: 'Flags without a meaning', fix: 'set only flags that mean something' },
  FUTURE_SET: { title: 'A reserved field is set', fix: 'write 0 there, unless the maker is known to use it' },
  SIGNATURE_WRONG: {
    title: 'The signature is wrong',
    fix: 'write "Compressed ROMFS" and a new CRC, or make the image again',
  },
  VOLUME_NAME_CONTROL: { title: 'Control characters in the volume name', fix: 'set another name (mkfs --name)' },
  SIGNATURE_WAIVED: { title: 'Another signature, as announced', fix: NOTHING },
  SIZE_TOO_SMALL: {
    title: 'The size is too small',
    fix: 'write the length of the image, boot pad included, and a new CRC',
  },
  SIZE_UNPADDED: {
    title: 'The size is not padded',
    fix: 'nothing, or pad the image with zeros and write the new size and CRC',
  },
  IMAGE_TRUNCATED: {
    title: 'The image is cut short',
    fix: 'get the whole file, or a partition that the image fits in',
  },
  CRC_WRONG: {
    title: 'The CRC is wrong',
    fix: 'get an undamaged copy; if the image was changed on purpose, write the computed CRC',
  },
  CRC_BYTE_SWAPPED: {
    title: 'The CRC is in the other byte order',
    fix: "store the CRC in the image's byte order; the data is whole",
  },
  CRC_ABSENT: { title: 'There is no CRC', fix: 'make the image again with a newer tool' },
  FILES_ZERO: { title: 'No files are counted', fix: SET_COUNT },
  FILES_MISCOUNTED: { title: 'Files are miscounted', fix: SET_COUNT },
  BLOCKS_MISCOUNTED: { title: 'Blocks are miscounted', fix: SET_COUNT },
  VENDOR_INODES: { title: "A vendor's inodes", fix: ORDINARY },
  VENDOR_COMPRESSION: { title: "A vendor's compression", fix: ORDINARY },
  VENDOR_FLAGS: { title: "A vendor's flags", fix: ORDINARY },
  PAGE_SIZE: {
    title: 'For one page size only',
    fix: 'nothing for a CPU with such pages; else make the image for the pages of its CPU',
  },
  ROOT_NOT_DIRECTORY: {
    title: 'The root is no directory',
    fix: 'write the mode of a directory and a new CRC: the tree may be intact',
  },
  ROOT_OFFSET: {
    title: 'The root is elsewhere',
    fix: 'set the flag SHIFTED_ROOT_OFFSET if something was inserted on purpose, else make the image again',
  },
  ROOT_EMPTY: { title: 'The file system is empty', fix: 'nothing, if an empty image is meant' },

  DIRECTORY_OFFSET_ZERO: { title: 'A directory without a place', fix: REMAKE },
  DIRECTORY_OUTSIDE: { title: 'A directory outside the image', fix: REMAKE },
  DIRECTORY_OVERLAP: { title: 'A directory in the wrong place', fix: REMAKE },
  DIRECTORY_CYCLE: { title: 'A directory that contains itself', fix: REMAKE },
  DIRECTORY_REUSED: { title: 'A directory with two parents', fix: REMAKE },
  DIRECTORY_UNSORTED: { title: 'A directory that is not sorted', fix: SORT },
  ENTRY_CUT: { title: 'A directory entry is cut', fix: REMAKE },
  ENTRY_UNSEEN: {
    title: 'Directory entries that Linux does not see',
    fix: 'build the image with cramfs mkfs --deflate fast, which leaves room after the last entry, or add a file that does not compress',
  },
  PATH_TOO_LONG: { title: 'A path that is too long', fix: 'put the file less deep, or give shorter names' },

  NAME_EMPTY: { title: 'A name that is empty', fix: REMAKE },
  NAME_NUL: { title: 'A name with a NUL', fix: REMAKE },
  NAME_SLASH: { title: 'A name with a slash', fix: REMAKE },
  NAME_DOTS: { title: 'A name that every directory has', fix: REMAKE },
  NAME_CONTROL: { title: 'A name with control characters', fix: 'rename the file' },
  NAME_NOT_UTF8: { title: 'A name that is not UTF-8', fix: 'nothing on Linux; rename the file for other systems' },
  NAME_BACKSLASH: { title: 'A name with a backslash', fix: 'nothing on Linux; rename the file for Windows' },
  NAME_DUPLICATE: { title: 'A name that stands twice', fix: REMAKE },
  NAME_UNREACHABLE: { title: 'A file that cannot be opened', fix: SORT },

  TYPE_UNKNOWN: { title: 'A file of no type', fix: REMAKE },
  SPECIAL_OFFSET: { title: 'A special file with data', fix: 'write 0 as its offset: data may hide there' },
  SPECIAL_SIZE: { title: 'A special file with a size', fix: 'write 0 as its size' },
  EMPTY_WITH_OFFSET: { title: 'An empty file with data', fix: 'write 0 as its offset, or find out what its size was' },
  DATA_OFFSET_ZERO: { title: 'A file without a place', fix: REMAKE },
  SYMLINK_EMPTY: { title: 'A link without a target', fix: REMAKE },
  SYMLINK_NUL: { title: 'A link with a NUL', fix: REMAKE },
  SYMLINK_TOO_LONG: { title: 'A link that is too long', fix: REMAKE },
  SYMLINK_CONTROL: { title: 'Control characters in a link target', fix: 'rename the target of the link' },
  SYMLINK_LEAVES_ROOT: {
    title: 'A link that leads out of the image',
    fix: 'nothing on the device; do not let programs write through links of an extracted tree',
  },

  TABLE_OUTSIDE: { title: 'Block pointers outside the image', fix: REMAKE },
  TABLE_OVERLAP: { title: 'Block pointers in the wrong place', fix: REMAKE },
  TABLE_SHARED: {
    title: 'Files that share some block pointers',
    fix: 'nothing, if it is meant; else an inode is damaged, and the image has to be made again',
  },
  BLOCK_BACKWARDS: { title: 'A block that ends before it starts', fix: REMAKE },
  BLOCK_TOO_LONG: {
    title: 'A block that is too long',
    fix: 'name the page size that the image is for (--page-size), or make it again',
  },
  BLOCK_OUTSIDE: { title: 'A block outside the image', fix: REMAKE },
  BLOCK_IN_METADATA: { title: 'A block in the wrong place', fix: REMAKE },
  DIRECT_IN_METADATA: { title: 'A file made of metadata', fix: REMAKE },
  BLOCK_OVERLAP: {
    title: 'Blocks that overlap',
    fix: 'nothing, if it is meant; else a pointer is damaged, and the image has to be made again',
  },
  STORED_SHORT: { title: 'A verbatim block that is short', fix: REMAKE },
  STORED_LONG: { title: 'A verbatim block that is long', fix: REMAKE },
  HOLES_UNANNOUNCED: { title: 'Holes without the flag', fix: 'set the flag HOLES' },
  EXTENSIONS_UNANNOUNCED: { title: 'Extended pointers without the flag', fix: 'set the flag EXT_BLOCK_POINTERS' },
  LAST_PAGE_READS_ZERO: {
    title: 'A last page that reads as zeros',
    fix: 'make the file a byte longer, or store its last block compressed',
  },
  LAST_PAGE_SHARED: {
    title: 'A last page that is shared',
    fix: 'leave the rest of the last page zero if the file is to be mapped directly to its end',
  },

  ZLIB_DAMAGED: { title: 'A block that does not inflate', fix: 'get an undamaged copy: the block is lost' },
  ZLIB_SHORT: {
    title: 'A block that inflates to too little',
    fix: 'name the page size that the image is for (--page-size), or make it again',
  },
  ZLIB_LONG: {
    title: 'A block that inflates to too much',
    fix: 'name the page size that the image is for (--page-size), or make it again',
  },
  ZLIB_SECOND_STREAM: { title: 'A second zlib stream in a block', fix: REMAKE },
  ZLIB_TRAILING: { title: 'Bytes behind a zlib stream', fix: REMAKE },

  EXPANSION: {
    title: 'An image that unpacks to very much',
    fix: 'set limits where it is extracted: cramfs extract has --max-bytes and --max-ratio',
  },
  INSERTED_FILE: { title: 'A file before the tree', fix: NOTHING },
  UNUSED_NOT_ZERO: {
    title: 'Bytes that belong to nothing',
    fix: 'nothing, unless something may be hidden there: cramfs info shows where they are',
  },
  TRAILING_PADDING: { title: 'Padding behind the image', fix: NOTHING },
  TRAILING_DATA: { title: 'Data behind the image', fix: 'look with cramfs scan whether it is another image' },
  CHECK_INCOMPLETE: {
    title: 'Not everything was looked at',
    fix: 'do not trust the image: no maker writes this, and what was not looked at may be anything',
  },
};
