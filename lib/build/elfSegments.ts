/**
 * The program headers of ELF files: which parts of a program are loaded, and how.
 */

/** p_type of a segment that is loaded. */
export const PT_LOAD = 1;
export const PF_X = 1;
export const PF_W = 2;
export const PF_R = 4;

/** One program header. Offsets and sizes in bytes of the file. */
export interface ElfSegment {
  readonly type: number;
  /** PF_R, PF_W, PF_X. */
  readonly flags: number;
  readonly offset: number;
  readonly fileSize: number;
  readonly memorySize: number;
}

/** What the headers of an ELF file say. */
export interface ElfHeaders {
  readonly bits: 32 | 64;
  readonly littleEndian: boolean;
  /** e_machine. */
  readonly machine: number;
  readonly segments: readonly ElfSegment[];
}

const MAGIC = [0x7f, 0x45, 0x4c, 0x46];
const EI_CLASS = 4;
const EI_DATA = 5;
const EI_VERSION = 6;

/** Bytes of the headers of each class, and where their fields are. */
const LAYOUT = {
  32: {
    header: 52,
    phoff: 28,
    phentsize: 42,
    phnum: 44,
    entry: 32,
    flags: 24,
    offset: 4,
    fileSize: 16,
    memorySize: 20,
  },
  64: { header: 64, phoff: 32, phentsize: 54, phnum: 56, entry: 56, flags: 4, offset: 8, fileSize: 32, memorySize: 40 },
} as const;

/**
 * Reads the headers of an ELF file.
 *
 * @returns null for a file that is no ELF file, of another version, or whose program headers are not all in the file
 */
export function readElf(bytes: Uint8Array): ElfHeaders | null {
  if (MAGIC.some((byte, index) => bytes[index] !== byte) || bytes[EI_VERSION] !== 1) return null;
  const bits = bytes[EI_CLASS] === 1 ? 32 : bytes[EI_CLASS] === 2 ? 64 : null;
  if (bits === null || (bytes[EI_DATA] !== 1 && bytes[EI_DATA] !== 2)) return null;
  const littleEndian = bytes[EI_DATA] === 1;
  const layout = LAYOUT[bits];
  if (bytes.length < layout.header) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at: number): number =>
    bits === 32 ? view.getUint32(at, littleEndian) : Number(view.getBigUint64(at, littleEndian));
  const phoff = word(layout.phoff);
  const phnum = view.getUint16(layout.phnum, littleEndian);
  if (phnum > 0 && view.getUint16(layout.phentsize, littleEndian) !== layout.entry) return null;
  if (phoff + phnum * layout.entry > bytes.length) return null;
  const segments: ElfSegment[] = [];
  for (let index = 0; index < phnum; index++) {
    const at = phoff + index * layout.entry;
    segments.push({
      type: view.getUint32(at, littleEndian),
      flags: view.getUint32(at + layout.flags, littleEndian),
      offset: word(at + layout.offset),
      fileSize: word(at + layout.fileSize),
      memorySize: word(at + layout.memorySize),
    });
  }
  return { bits, littleEndian, machine: view.getUint16(18, littleEndian), segments };
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
