/**
 * What errors say: their details, and the sentence for each code.
 */

/** Something wrong with a text file. Line and column count from 1. */
export interface TextProblem {
  readonly line: number;
  readonly column: number;
  /** One sentence, without a capital and a full stop. */
  readonly message: string;
}

/** What an error says beside its code. All offsets and lengths are in bytes, counted from byte 0 of the image. */
export interface ErrorDetails {
  /** Byte offset in the image at which the trouble was found. */
  readonly offset?: number | undefined;
  /** Path inside the image. */
  readonly path?: string | undefined;
  /** What was being read or done: "block pointer 3", "the superblock", … */
  readonly what?: string | undefined;
  /** What was expected there. */
  readonly expected?: string | undefined;
  /** What was found instead. */
  readonly found?: string | undefined;
  /** Paths in the image that may be meant, as they can be pasted into a shell. */
  readonly near?: readonly string[] | undefined;
  /** Lines of the emulated kernel's log that go with it. */
  readonly log?: readonly string[] | undefined;
  /** More to be said below the sentence: what is wrong one by one, and how to fix it. */
  readonly lines?: readonly string[] | undefined;
  /** All that is wrong with a text file, in the order of the file; `what` is its name. */
  readonly problems?: readonly TextProblem[] | undefined;
  /** What the file is instead, and the command to go on with: for programs. */
  readonly diagnosis?: { readonly code: string; readonly message: string; readonly command: string | null } | undefined;
  /** The lower-level error, if one is behind this one. */
  readonly cause?: unknown;
}

// An empty name would not be seen.
const what = (d: ErrorDetails, otherwise: string): string => (d.what === '' ? '""' : (d.what ?? otherwise));
const because = (d: ErrorDetails): string => (d.found === undefined ? '' : `: ${d.found}`);
const orMeant = ({ near = [] }: ErrorDetails): string =>
  near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`;
const expectedFound = (d: ErrorDetails): string => {
  const parts: string[] = [];
  if (d.expected !== undefined) parts.push(`expected ${d.expected}`);
  if (d.found !== undefined) parts.push(`found ${d.found}`);
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
};

/** One sentence for each code. A code without its sentence does not compile. */
const sentences = {
  /** The source failed to deliver bytes that it has. Usual cause: an I/O error, a file that shrank, a closed pipe. */
  IO: (d) => `cannot read ${what(d, 'the image')}${because(d)}`,
  /** No magic number at byte 0 or 512. Usual cause: not an image, a wrong --image-offset, a wrapped image. */
  NOT_CRAMFS: (d) => `not a cramfs image${d.what === undefined ? expectedFound(d) : `: ${d.what}`}`,
  /** Metadata is past the end of the file, and within the size that the superblock gives. */
  TRUNCATED: (d) => `the image is truncated: ${what(d, 'data')} lies past the end of the file${expectedFound(d)}`,
  /** Metadata points outside the image. */
  OUTSIDE_IMAGE: (d) => `${what(d, 'a pointer')} lies outside the image${expectedFound(d)}`,
  /** A structure breaks the format's rules. */
  BAD_STRUCTURE: (d) => `${what(d, 'the image')} is damaged${expectedFound(d)}`,
  /** A block's stored length is not possible. */
  BAD_BLOCK: (d) => `${what(d, 'a data block')} is damaged${expectedFound(d)}`,
  /** A block's zlib data does not inflate. */
  BAD_ZLIB: (d) => `${what(d, 'a data block')} does not inflate${because(d)}`,
  /** A file is no ELF file. Usual cause: a script without "#!", a data file, a program of another kind. */
  NOT_ELF: (d) => `it is not an ELF file${expectedFound(d)}`,
  /** The headers of an ELF file contradict themselves or the file. */
  BAD_ELF: (d) => `${what(d, 'the ELF file')} is damaged${expectedFound(d)}`,
  /** A program is for another CPU than the machine has. */
  WRONG_MACHINE: (d) => `it is a program for another machine${expectedFound(d)}`,
  /** Linux would not mount the image. */
  MOUNT_REFUSED: (d) => `Linux refuses to mount this image${because(d)}`,
  /** Linux gives an I/O error (EIO) for something on the way to a file. */
  UNREADABLE: (d) => `Linux cannot read ${what(d, 'it')} (EIO)${because(d)}`,
  /** Linux crashes on the image. */
  KERNEL_OOPS: (d) => `Linux crashes on this image${because(d)}`,
  NOT_FOUND: (d) => `${d.what ?? 'no such file or directory in the image'}${because(d)}${orMeant(d)}`,
  NOT_A_DIRECTORY: (d) => `a part of the path is not a directory${because(d)}`,
  NOT_A_REGULAR_FILE: (d) => `not a regular file${because(d)}`,
  SYMLINK_LOOP: (d) => `too many symbolic links on the way${because(d)}`,
  /** A directory lists itself, or one that it is in. */
  DIRECTORY_LOOP: () => 'a directory on the way contains itself, which Linux refuses (ELOOP)',
  NAME_TOO_LONG: (d) => `the path is too long${because(d)}`,
  /** The output cannot be written. Usual cause: no space, no permission. */
  CANNOT_WRITE: (d) => `cannot write ${what(d, 'the output')}${because(d)}`,
  /** Something to be put into an image has a value that the format cannot hold. */
  UNFIT: (d) => `it does not fit into ${what(d, 'a cramfs image')}${expectedFound(d)}`,
  /** An image was built and does not do what its plan says. A bug, or an address that the kernel will not map. */
  BROKEN_PLAN: (d) => `the built image does not keep its plan${expectedFound(d)}`,
  /** The kernel lab: packages cannot be had, the kernel's modules do not build, or the virtual machine fails. */
  LAB: (d) => `the kernel lab ${what(d, 'failed')}${because(d)}`,
  /** A policy file that cannot be used. Usual cause: a misspelt key. `problems` has every reason. */
  BAD_POLICY: (d) => `${what(d, 'the policy')} is not a valid policy${because(d)}`,
  /** A board file that cannot be used. `problems` has every reason. */
  BAD_BOARD: (d) => `${what(d, 'the board')} is not a valid board${because(d)}`,
  /** A partition table that cannot be used. Usual cause: another file, or a damaged one. */
  BAD_TABLE: (d) => `${what(d, 'the file')} is not a usable partition table${because(d)}`,
  /** A documented bound on steps or memory was reached. */
  LIMIT: (d) => `a limit was reached${expectedFound(d)}`,
  /** A fault of this library, met while it did one of many things. */
  INTERNAL: (d) => `internal error (a bug in cramfs)${because(d)}`,
  /** The caller asked for something impossible. */
  USAGE: (d) => d.found ?? 'wrong usage',
} as const satisfies Record<string, (details: ErrorDetails) => string>;

/** Every code that a CramfsError can have. */
export type ErrorCode = keyof typeof sentences;

/** The sentence for an error: no capital, no full stop. */
export function sentenceOf(code: ErrorCode, details: ErrorDetails): string {
  return sentences[code](details);
}
