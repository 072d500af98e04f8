/**
 * Which dynamic linker a file is.
 */
import type { BoardFile } from '../verdict/board.ts';
import type { LinkerKind } from './linkerCommand.ts';
import type { ProgramFile } from './programFile.ts';

/** Bytes of a linker that are looked at. */
const MAX_LINKER = 4 * 1024 * 1024;

/** The bytes of a linker as Latin-1, for its texts; "" where they cannot be read. */
export function linkerText(file: ProgramFile): string {
  const bytes = file.peek(0, Math.min(file.size, MAX_LINKER));
  return bytes === null ? '' : new TextDecoder('latin1').decode(bytes);
}

const known = new WeakMap<BoardFile, LinkerKind | 'unknown'>();

/**
 * Which dynamic linker it is: by the name that it was started with, and where that is not one of the usual ones, by its
 * texts, since musl's and glibc's are sometimes renamed.
 *
 * @param path as the program or the command line has it
 */
export function linkerKind(path: string, file: ProgramFile): LinkerKind | 'unknown' {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name.startsWith('ld-musl') || name === 'libc.so') return 'musl';
  if (/^(?:ld-linux|ld-[0-9]|ld(?:64)?-uClibc|ld(?:64)?[.]so[.][0-9])/.test(name)) return 'glibc';
  const before = known.get(file.file);
  if (before !== undefined) return before;
  const kind = kindOfText(linkerText(file));
  known.set(file.file, kind);
  return kind;
}

function kindOfText(text: string): LinkerKind | 'unknown' {
  if (text.includes('musl libc')) return 'musl';
  return /GLIBC_PRIVATE|glibc-ld[.]so|uClibc/.test(text) ? 'glibc' : 'unknown';
}

/** Whether a program that was started is a dynamic linker by its name: it loads what its arguments say. */
export function isLinkerName(path: string): boolean {
  return /(?:^|\/)(?:ld-musl-[^/]*|ld-linux[^/]*|ld64?[.-][^/]*|ld(?:64)?-uClibc[^/]*|libc[.]so)$/.test(path);
}
