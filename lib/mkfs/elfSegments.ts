/**
 * Which parts of an ELF program are loaded and never written: what a builder wants to run in place.
 */
import { CramfsError } from '../base/errors.ts';
import { elfBytes, type ElfHeaders, type ElfSegment, PF_R, PF_W, PF_X, PT_LOAD, readElfHeaders } from '../elf/elf.ts';

/**
 * Reads the headers of an ELF file.
 *
 * @returns null for a file that is no ELF file, of another version, or whose program headers are not all in the file
 */
export function readElf(bytes: Uint8Array): ElfHeaders | null {
  try {
    const headers = readElfHeaders(elfBytes(bytes));
    return headers.version === 1 ? headers : null;
  } catch (error) {
    if (error instanceof CramfsError) return null;
    throw error;
  }
}

/** Whether a segment is loaded from the file and never written: what can run in place. */
export function isReadOnlyLoad(segment: ElfSegment): boolean {
  return (
    segment.type === PT_LOAD &&
    segment.fileSize > 0 &&
    (segment.flags & PF_W) === 0 &&
    (segment.flags & (PF_R | PF_X)) !== 0
  );
}

/**
 * The pages of the file that a segment touches, as [first, end).
 *
 * @param size bytes of the file; a segment that claims more ends there
 */
export function segmentPages(
  segment: ElfSegment,
  pageSize: number,
  size: number,
): { readonly first: number; readonly end: number } {
  const end = Math.min(segment.offset + segment.fileSize, size);
  return { first: Math.floor(segment.offset / pageSize), end: Math.ceil(end / pageSize) };
}
