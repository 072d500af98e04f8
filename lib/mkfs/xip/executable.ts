/**
 * What of a file can run, or be read, in place.
 */
import { ET_DYN, PF_R, PF_X, PT_LOAD } from '../../elf/elf.ts';
import { nommuArrangement } from '../../elf/fdpic.ts';
import { isReadOnlyLoad, readElf, segmentPages } from '../elfSegments.ts';

/** A part of a file that is mapped as a whole. Pages of the file, [first, end). */
export interface Segment {
  readonly first: number;
  readonly end: number;
  /** As in a mapping request: "r", "x" or "rx". */
  readonly prot: string;
}

/** A program file, and what of it is loaded and never written. */
export interface Executable {
  /** "ELF32", "ELF64" or "bFLT". */
  readonly format: string;
  /** Byte order of the CPU that it runs on; null where the format does not tell. */
  readonly littleEndian: boolean | null;
  readonly segments: readonly Segment[];
  /**
   * What its loader maps over the whole of it first (ET_DYN), before the other segments go over that: page of the file, and
   * protection; null where each segment is mapped for itself.
   */
  readonly span: { readonly page: number; readonly prot: string } | null;
  /** Whether a kernel without an MMU copies it to RAM as a whole when it starts it. */
  readonly isCopiedWithoutMmu: boolean;
}

/** bFLT flags: the program wants to be copied to RAM, is compressed, or has compressed data. */
const FLAT_FLAG_RAM = 0x1;
const FLAT_FLAG_GZIP = 0x4;
/** Bytes of the bFLT header up to and with the flags, and where its fields are; all big endian. */
const FLAT_HEADER = 40;
const FLAT_DATA_START = 12;
const FLAT_FLAGS = 36;

/**
 * Takes a program apart.
 *
 * @returns null for what is no ELF and no bFLT file, or has nothing that could run in place
 */
export function readExecutable(bytes: Uint8Array, pageSize: number): Executable | null {
  const elf = readElf(bytes);
  if (elf !== null) {
    const segments = elf.segments
      .filter(isReadOnlyLoad)
      .map((segment) => ({ ...segmentPages(segment, pageSize, bytes.length), prot: protOf(segment.flags) }))
      .filter(({ first, end }) => end > first);
    if (segments.length === 0) return null;
    const lowest = elf.segments.find(({ type }) => type === PT_LOAD);
    const span =
      elf.type !== ET_DYN || lowest === undefined
        ? null
        : { page: Math.floor(lowest.offset / pageSize), prot: protOf(lowest.flags) };
    const isCopiedWithoutMmu = nommuArrangement(elf) === 'whole';
    return { format: `ELF${elf.bits}`, littleEndian: elf.littleEndian, segments, span, isCopiedWithoutMmu };
  }
  return readFlat(bytes, pageSize);
}

/** binfmt_flat maps the text, from byte 0 to data_start, as one private mapping that can be executed. */
function readFlat(bytes: Uint8Array, pageSize: number): Executable | null {
  const magic = [0x62, 0x46, 0x4c, 0x54];
  if (bytes.length < FLAT_HEADER || magic.some((byte, index) => bytes[index] !== byte)) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if ((view.getUint32(FLAT_FLAGS, false) & (FLAT_FLAG_RAM | FLAT_FLAG_GZIP)) !== 0) return null;
  const end = Math.ceil(Math.min(view.getUint32(FLAT_DATA_START, false), bytes.length) / pageSize);
  if (end === 0) return null;
  const segments = [{ first: 0, end, prot: 'rx' }];
  return { format: 'bFLT', littleEndian: null, segments, span: null, isCopiedWithoutMmu: false };
}

function protOf(flags: number): string {
  return `${(flags & PF_R) === 0 ? '' : 'r'}${(flags & PF_X) === 0 ? '' : 'x'}`;
}
