/**
 * Every finding that a check can have: its code, how bad it is, and what it tells beside place and path.
 *
 * Codes are stable: programs match on them. Each has its words in report/findingText and its page in docs/findings.
 */

/** error: the image is damaged or Linux cannot use it as it stands; warning: somebody will be surprised; info: good to know. */
export type Severity = 'error' | 'warning' | 'info';

/** No arguments. */
export type Nothing = Readonly<Record<string, never>>;

/** What is at a place that something else wants, too. */
export type Occupant = 'the superblock' | 'other metadata';

/** A piece of the image, in bytes, and where the image ends. */
export interface Piece {
  readonly start: number;
  readonly length: number;
  /** First byte behind what there is of the image. */
  readonly end: number;
}

/** The arguments of each code. Offsets and lengths are bytes of the image, `block` counts from 0. */
export interface FindingArguments {
  // The superblock.
  FLAGS_UNSUPPORTED: { readonly flags: number };
  FLAGS_RESERVED: { readonly flags: number };
  FUTURE_SET: { readonly future: number };
  SIGNATURE_WRONG: { readonly found: string };
  SIGNATURE_WAIVED: Nothing;
  VOLUME_NAME_CONTROL: { readonly name: string };
  SIZE_TOO_SMALL: { readonly size: number; readonly least: number };
  SIZE_UNPADDED: { readonly size: number };
  IMAGE_TRUNCATED: { readonly size: number; readonly available: number };
  CRC_WRONG: { readonly stored: number; readonly computed: number };
  CRC_BYTE_SWAPPED: { readonly stored: number; readonly computed: number };
  CRC_ABSENT: Nothing;
  FILES_ZERO: Nothing;
  FILES_MISCOUNTED: { readonly claimed: number; readonly counted: number };
  BLOCKS_MISCOUNTED: { readonly claimed: number; readonly counted: number };
  VENDOR_INODES: { readonly bytes: number };
  VENDOR_COMPRESSION: Nothing;
  VENDOR_FLAGS: { readonly flags: number; readonly blockSize: number };
  PAGE_SIZE: { readonly pageSize: number };
  ROOT_NOT_DIRECTORY: { readonly mode: number };
  ROOT_OFFSET: { readonly found: number };
  ROOT_EMPTY: Nothing;

  // Directories.
  DIRECTORY_OFFSET_ZERO: { readonly size: number };
  DIRECTORY_OUTSIDE: Piece;
  DIRECTORY_OVERLAP: { readonly start: number; readonly occupant: Occupant };
  DIRECTORY_CYCLE: { readonly target: number };
  DIRECTORY_REUSED: { readonly target: number; readonly first: string | null };
  DIRECTORY_UNSORTED: Nothing;
  ENTRY_CUT: { readonly entryEnd: number; readonly directoryEnd: number };
  /** Linux does not see `count` entries, the first of which are `names`, in a file system of `size` bytes. */
  ENTRY_UNSEEN: { readonly names: readonly string[]; readonly count: number; readonly size: number };
  PATH_TOO_LONG: { readonly bytes: number };

  // Names.
  NAME_EMPTY: Nothing;
  NAME_NUL: Nothing;
  NAME_SLASH: Nothing;
  NAME_DOTS: Nothing;
  NAME_CONTROL: Nothing;
  NAME_NOT_UTF8: Nothing;
  NAME_BACKSLASH: Nothing;
  NAME_DUPLICATE: Nothing;
  NAME_UNREACHABLE: { readonly hiddenBy: number };

  // Inodes.
  TYPE_UNKNOWN: { readonly mode: number };
  SPECIAL_OFFSET: { readonly type: string; readonly target: number };
  SPECIAL_SIZE: { readonly type: string; readonly size: number };
  EMPTY_WITH_OFFSET: { readonly target: number };
  DATA_OFFSET_ZERO: { readonly size: number };
  SYMLINK_EMPTY: Nothing;
  SYMLINK_NUL: { readonly length: number; readonly size: number };
  SYMLINK_TOO_LONG: { readonly size: number };
  SYMLINK_LEAVES_ROOT: { readonly target: string };
  SYMLINK_CONTROL: { readonly target: string };

  // Block pointers.
  TABLE_OUTSIDE: Piece;
  TABLE_OVERLAP: { readonly start: number; readonly occupant: Occupant };
  TABLE_SHARED: { readonly start: number };
  BLOCK_BACKWARDS: { readonly block: number; readonly start: number; readonly end: number };
  BLOCK_TOO_LONG: { readonly block: number; readonly length: number; readonly limit: number };
  BLOCK_OUTSIDE: Piece & { readonly block: number };
  BLOCK_IN_METADATA: { readonly block: number; readonly length: number };
  DIRECT_IN_METADATA: { readonly block: number; readonly length: number };
  BLOCK_OVERLAP: { readonly block: number; readonly length: number };
  STORED_SHORT: { readonly block: number; readonly length: number; readonly expected: number };
  STORED_LONG: { readonly block: number; readonly length: number; readonly expected: number };
  HOLES_UNANNOUNCED: { readonly block: number };
  EXTENSIONS_UNANNOUNCED: { readonly block: number };
  LAST_PAGE_READS_ZERO: { readonly block: number };
  LAST_PAGE_SHARED: { readonly block: number };

  // Data.
  ZLIB_DAMAGED: { readonly block: number; readonly reason: string };
  ZLIB_SHORT: { readonly block: number; readonly found: number; readonly expected: number };
  ZLIB_LONG: { readonly block: number; readonly found: number; readonly expected: number };
  ZLIB_TRAILING: { readonly block: number; readonly length: number };
  /** `length` bytes after the first stream are one that inflates to `found` bytes. */
  ZLIB_SECOND_STREAM: { readonly block: number; readonly length: number; readonly found: number };

  // The image as a whole.
  EXPANSION: { readonly content: number; readonly image: number };
  INSERTED_FILE: { readonly length: number };
  UNUSED_NOT_ZERO: { readonly gaps: number; readonly length: number };
  TRAILING_PADDING: { readonly length: number; readonly byte: number };
  TRAILING_DATA: { readonly length: number };
  CHECK_INCOMPLETE: {
    readonly what: 'block pointers' | 'compressed data' | 'programs' | 'mapped pages';
    readonly limit: number;
  };
}

export type FindingCode = keyof FindingArguments;

/** How bad each finding is. */
export const SEVERITIES: Readonly<Record<FindingCode, Severity>> = {
  FLAGS_UNSUPPORTED: 'error',
  FLAGS_RESERVED: 'warning',
  FUTURE_SET: 'info',
  SIGNATURE_WRONG: 'error',
  SIGNATURE_WAIVED: 'info',
  VOLUME_NAME_CONTROL: 'info',
  SIZE_TOO_SMALL: 'error',
  SIZE_UNPADDED: 'info',
  IMAGE_TRUNCATED: 'error',
  CRC_WRONG: 'error',
  CRC_BYTE_SWAPPED: 'warning',
  CRC_ABSENT: 'info',
  FILES_ZERO: 'error',
  FILES_MISCOUNTED: 'warning',
  BLOCKS_MISCOUNTED: 'warning',
  VENDOR_INODES: 'error',
  VENDOR_COMPRESSION: 'warning',
  VENDOR_FLAGS: 'warning',
  PAGE_SIZE: 'info',
  ROOT_NOT_DIRECTORY: 'error',
  ROOT_OFFSET: 'error',
  ROOT_EMPTY: 'info',
  DIRECTORY_OFFSET_ZERO: 'error',
  DIRECTORY_OUTSIDE: 'error',
  DIRECTORY_OVERLAP: 'error',
  DIRECTORY_CYCLE: 'error',
  DIRECTORY_REUSED: 'error',
  DIRECTORY_UNSORTED: 'info',
  ENTRY_CUT: 'error',
  ENTRY_UNSEEN: 'error',
  PATH_TOO_LONG: 'warning',
  NAME_EMPTY: 'error',
  NAME_NUL: 'error',
  NAME_SLASH: 'error',
  NAME_DOTS: 'error',
  NAME_CONTROL: 'warning',
  NAME_NOT_UTF8: 'info',
  NAME_BACKSLASH: 'info',
  NAME_DUPLICATE: 'error',
  NAME_UNREACHABLE: 'warning',
  TYPE_UNKNOWN: 'error',
  SPECIAL_OFFSET: 'error',
  SPECIAL_SIZE: 'error',
  EMPTY_WITH_OFFSET: 'error',
  DATA_OFFSET_ZERO: 'error',
  SYMLINK_EMPTY: 'error',
  SYMLINK_NUL: 'error',
  SYMLINK_TOO_LONG: 'error',
  SYMLINK_LEAVES_ROOT: 'info',
  SYMLINK_CONTROL: 'info',
  TABLE_OUTSIDE: 'error',
  TABLE_OVERLAP: 'error',
  TABLE_SHARED: 'warning',
  BLOCK_BACKWARDS: 'error',
  BLOCK_TOO_LONG: 'error',
  BLOCK_OUTSIDE: 'error',
  BLOCK_IN_METADATA: 'error',
  DIRECT_IN_METADATA: 'warning',
  BLOCK_OVERLAP: 'warning',
  STORED_SHORT: 'error',
  STORED_LONG: 'error',
  HOLES_UNANNOUNCED: 'warning',
  EXTENSIONS_UNANNOUNCED: 'warning',
  LAST_PAGE_READS_ZERO: 'warning',
  LAST_PAGE_SHARED: 'info',
  ZLIB_DAMAGED: 'error',
  ZLIB_SHORT: 'error',
  ZLIB_LONG: 'error',
  ZLIB_TRAILING: 'warning',
  ZLIB_SECOND_STREAM: 'error',
  EXPANSION: 'warning',
  INSERTED_FILE: 'info',
  UNUSED_NOT_ZERO: 'info',
  TRAILING_PADDING: 'info',
  TRAILING_DATA: 'warning',
  CHECK_INCOMPLETE: 'error',
};

/** All codes, in the order of {@link FindingArguments}. */
export const FINDING_CODES = Object.keys(SEVERITIES) as readonly FindingCode[];
