/**
 * Findings in words: one sentence for each code. A code without its words does not compile.
 */
import { hexDigits, hex } from '../base/hex.ts';
import type { FindingArguments, FindingCode } from '../check/codes.ts';
import type { Finding } from '../check/finding.ts';
import { printableName } from '../format/names.ts';
import { shownPath } from '../inspect/shownPath.ts';
import { plural, size } from './words.ts';

type Words = { readonly [C in FindingCode]: (args: FindingArguments[C]) => string };

const octal = (mode: number): string => `0${mode.toString(8)}`;
const crc = (value: number): string => `0x${hexDigits(value, 8)}`;
const at = (offset: number): string => `byte ${String(offset)}`;
const range = (start: number, length: number): string => `${plural(length, 'byte')} at ${at(start)}`;
const ofBlock = (block: number): string => `block ${String(block)}`;
const beyond = (end: number): string => `the image ends at ${at(end)}`;

const WORDS: Words = {
  FLAGS_UNSUPPORTED: ({ flags }) => `flags ${hex(flags)} are unknown to Linux, which refuses to mount the image`,
  FLAGS_RESERVED: ({ flags }) => `flags ${hex(flags)} have no meaning; Linux mounts the image all the same`,
  FUTURE_SET: ({ future }) => `the reserved field "future" holds ${hex(future)}, not 0`,
  SIGNATURE_WRONG: ({ found }) => `the signature is "${printableName(found)}", not "Compressed ROMFS"`,
  VOLUME_NAME_CONTROL: ({ name }) => `the volume name "${printableName(name)}" contains control characters`,
  SIGNATURE_WAIVED: () => 'the signature is another one, as the flag WRONG_SIGNATURE says',
  SIZE_TOO_SMALL: ({ size: claimed, least }) =>
    `the superblock says that the image is ${plural(claimed, 'byte')} long, and it takes ${String(least)} itself`,
  SIZE_UNPADDED: ({ size: claimed }) => `the image is ${plural(claimed, 'byte')} long, no multiple of 4096`,
  IMAGE_TRUNCATED: ({ size: claimed, available }) =>
    `the superblock says that the image is ${plural(claimed, 'byte')} long, and there are ${String(available)}`,
  CRC_WRONG: ({ stored, computed }) => `the CRC is stored as ${crc(stored)}, and the image's is ${crc(computed)}`,
  CRC_BYTE_SWAPPED: ({ stored }) => `the CRC is right, but stored in the other byte order (${crc(stored)})`,
  CRC_ABSENT: () => 'an image of the old format: it has no CRC, and its size and counts mean nothing',
  FILES_ZERO: () => 'the superblock says that there are no files; there is always a root',
  FILES_MISCOUNTED: ({ claimed, counted }) =>
    `the superblock says ${plural(claimed, 'file')}, and there are ${String(counted)}`,
  BLOCKS_MISCOUNTED: ({ claimed, counted }) =>
    `the superblock says ${plural(claimed, 'block')}, and there are ${String(counted)}`,
  VENDOR_INODES: ({ bytes }) =>
    `a vendor's variant: inodes have ${String(bytes)} bytes, and Linux finds no files in the image`,
  VENDOR_COMPRESSION: () => "a vendor's variant: blocks are compressed with LZMA, and Linux inflates zlib only",
  VENDOR_FLAGS: ({ flags, blockSize }) =>
    `a vendor's variant: flags ${hex(flags)} tell blocks of ${size(blockSize)}; Linux does not know such flags`,
  PAGE_SIZE: ({ pageSize }) => `the image is for CPUs with pages of ${size(pageSize)} only`,
  ROOT_NOT_DIRECTORY: ({ mode }) => `the root has mode ${octal(mode)} and is no directory; Linux refuses the image`,
  ROOT_OFFSET: ({ found }) =>
    `the root directory starts at ${at(found)}, not at 76 or 588, and SHIFTED_ROOT_OFFSET is not set; Linux refuses the image`,
  ROOT_EMPTY: () => 'the root has neither offset nor size: an empty file system',

  DIRECTORY_OFFSET_ZERO: ({ size: claimed }) =>
    `the directory has ${plural(claimed, 'byte')} of entries and no offset where they are`,
  DIRECTORY_OUTSIDE: ({ start, length, end }) => `its entries are ${range(start, length)}, and ${beyond(end)}`,
  DIRECTORY_OVERLAP: ({ start, occupant }) => `an entry lies at ${at(start)}, where ${occupant} is`,
  DIRECTORY_CYCLE: ({ target }) => `the directory contains itself: its entries at ${at(target)} are those of a parent`,
  DIRECTORY_REUSED: ({ target, first }) =>
    `its entries at ${at(target)} are those of ${first === null ? 'another directory' : shownPath(first)}; a directory has one parent`,
  DIRECTORY_UNSORTED: () =>
    'the entries are not sorted, and the image says that they are; Linux finds them all the same',
  ENTRY_CUT: ({ entryEnd, directoryEnd }) =>
    `the last entry ends at ${at(entryEnd)}, and the directory at ${at(directoryEnd)}`,
  ENTRY_UNSEEN: ({ names, count, size: bytes }) =>
    `Linux does not see ${plural(count, 'entry', 'entries')} in the last 264 of ${String(bytes)} bytes when it mounts from MTD: ` +
    `${names.map(printableName).join(', ')}${count > names.length ? ` and ${String(count - names.length)} more` : ''}`,
  PATH_TOO_LONG: ({ bytes }) => `the path is ${plural(bytes, 'byte')} long, and system calls take 4095`,

  NAME_EMPTY: () => 'an entry has no name; Linux answers EIO, and what follows cannot be listed',
  NAME_NUL: () => 'the name has a NUL in it; no program can open it',
  NAME_SLASH: () => 'the name has a "/" in it; no program can open it, and careless ones write elsewhere',
  NAME_DOTS: () => 'the name is one that every directory has for itself or its parent',
  NAME_CONTROL: () => 'the name has control characters in it, or some that turn the direction of writing',
  NAME_NOT_UTF8: () => 'the name is not UTF-8',
  NAME_BACKSLASH: () => 'the name has a "\\" in it, which is a separator on Windows',
  NAME_DUPLICATE: () => 'the name stands in this directory twice; Linux opens the first',
  NAME_UNREACHABLE: ({ hiddenBy }) =>
    `Linux lists it and cannot open it: look-ups end at the entry at ${at(hiddenBy)}, since SORTED_DIRS is set and the names are not sorted`,

  TYPE_UNKNOWN: ({ mode }) => `the mode ${octal(mode)} is of no type of file`,
  SPECIAL_OFFSET: ({ type, target }) => `a ${noun(type)} has no data, and this one's is at ${at(target)}`,
  SPECIAL_SIZE: ({ type, size: claimed }) => `a ${noun(type)} has no size, and this one's is ${String(claimed)}`,
  EMPTY_WITH_OFFSET: ({ target }) => `the file is empty, and its data at ${at(target)}`,
  DATA_OFFSET_ZERO: ({ size: claimed }) => `the file has ${plural(claimed, 'byte')} and no offset where they are`,
  SYMLINK_EMPTY: () => 'the symbolic link has no target',
  SYMLINK_NUL: ({ length, size: claimed }) =>
    `the link's size is ${plural(claimed, 'byte')}, and its target has a NUL behind ${String(length)}`,
  SYMLINK_TOO_LONG: ({ size: claimed }) =>
    `the link's target is ${plural(claimed, 'byte')} long, and Linux follows 4095`,
  SYMLINK_CONTROL: ({ target }) => `the target "${printableName(target)}" contains control characters`,
  SYMLINK_LEAVES_ROOT: ({ target }) =>
    `the link goes up further than the root: ${shownPath(target)} leads elsewhere if the image is not mounted as /`,

  TABLE_OUTSIDE: ({ start, length, end }) => `its block pointers are ${range(start, length)}, and ${beyond(end)}`,
  TABLE_OVERLAP: ({ start, occupant }) => `its block pointers reach ${at(start)}, where ${occupant} is`,
  TABLE_SHARED: ({ start }) => `some of its block pointers, from ${at(start)}, are also those of another file`,
  BLOCK_BACKWARDS: ({ block, start, end }) => `${ofBlock(block)} starts at ${at(start)} and ends at ${at(end)}`,
  BLOCK_TOO_LONG: ({ block, length, limit }) =>
    `${ofBlock(block)} is ${plural(length, 'byte')} long, and Linux takes ${String(limit)} ("bad data blocksize")`,
  BLOCK_OUTSIDE: ({ block, start, length, end }) => `${ofBlock(block)} is ${range(start, length)}, and ${beyond(end)}`,
  BLOCK_IN_METADATA: ({ block, length }) =>
    `${ofBlock(block)}, ${plural(length, 'byte')} long, lies where inodes or block pointers are`,
  DIRECT_IN_METADATA: ({ block, length }) =>
    `${ofBlock(block)}, ${plural(length, 'byte')} long, is made of the image's own superblock, inodes or block pointers`,
  BLOCK_OVERLAP: ({ block, length }) =>
    `${ofBlock(block)}, ${plural(length, 'byte')} long, lies partly where another block is`,
  STORED_SHORT: ({ block, length, expected }) =>
    `${ofBlock(block)} stores ${String(length)} of ${plural(expected, 'byte')}; Linux reads zeros for the rest`,
  STORED_LONG: ({ block, length, expected }) =>
    `${ofBlock(block)} stores ${plural(length, 'byte')}, and the file has ${String(expected)} there`,
  HOLES_UNANNOUNCED: ({ block }) =>
    `${ofBlock(block)} is a hole, and the flag HOLES is not set: readers that go by the flag fail`,
  EXTENSIONS_UNANNOUNCED: ({ block }) =>
    `the pointer of ${ofBlock(block)} has flags, and EXT_BLOCK_POINTERS is not set: Linux maps nothing directly, other readers fail`,
  LAST_PAGE_READS_ZERO: ({ block }) =>
    `a defect of Linux: read(2) and execve(2) see zeros for ${ofBlock(block)}, the last of whole pages and direct; only direct mappings see the data`,
  LAST_PAGE_SHARED: ({ block }) =>
    `something else stands behind the end of the file in ${ofBlock(block)}, so Linux does not map that page directly`,

  ZLIB_DAMAGED: ({ block, reason }) => `${ofBlock(block)} does not inflate: ${reason}`,
  ZLIB_SHORT: ({ block, found, expected }) =>
    `${ofBlock(block)} inflates to ${String(found)} of ${plural(expected, 'byte')}; Linux reads zeros for the rest`,
  ZLIB_LONG: ({ block, found, expected }) =>
    `${ofBlock(block)} inflates to ${plural(found, 'byte')}, and the file has ${String(expected)} there`,
  ZLIB_TRAILING: ({ block, length }) =>
    `${ofBlock(block)} has ${plural(length, 'byte')} behind the end of its zlib stream`,
  ZLIB_SECOND_STREAM: ({ block, length, found }) =>
    `${ofBlock(block)} holds a second zlib stream of ${plural(length, 'byte')}, which inflates to ${plural(found, 'byte')} that Linux never shows`,

  EXPANSION: ({ content, image }) => `${size(image)} of image unpack to ${size(content)}`,
  INSERTED_FILE: ({ length }) =>
    `${plural(length, 'byte')} stand between superblock and root directory: a file put there`,
  UNUSED_NOT_ZERO: ({ gaps, length }) =>
    `${plural(length, 'byte')} in ${plural(gaps, 'place')} belong to nothing and are not all zero`,
  TRAILING_PADDING: ({ length, byte }) => `${plural(length, 'byte')} follow the image, all ${hex(byte)}`,
  TRAILING_DATA: ({ length }) => `${plural(length, 'byte')} follow the image that are no padding`,
  CHECK_INCOMPLETE: ({ what, limit }) =>
    `files share so much that there are more ${what} than an image of this size can hold (${String(limit)}); the rest was not looked at`,
};

const NOUNS: Readonly<Record<string, string>> = { chardev: 'character device', blockdev: 'block device' };
const noun = (type: string): string => NOUNS[type] ?? type;

/** What a finding says, without severity, place and path. */
export function findingText(finding: Finding): string {
  const words = WORDS[finding.code] as (args: unknown) => string;
  return words(finding.args);
}
