/**
 * ELF files that are larger than a file of cramfs can be, made small enough to be looked at: long segments lose their ends,
 * in the file and not in memory. What a dynamic linker reads of a library to find others is kept.
 */
import { roundUp } from '../base/pages.ts';
import { CramfsError } from '../base/errors.ts';
import {
  elfBytes,
  type ElfHeaders,
  type ElfSegment,
  PHENTSIZE,
  PT_DYNAMIC,
  PT_LOAD,
  readElfHeaders,
} from '../elf/elf.ts';

const PAGE = 4096;
/** Bytes that are kept of a segment: headers, names and hashes are at the beginning of the first. */
const KEPT = 8 << 20;

/** Where a program header has the offset and the size in the file: bytes from its start. */
const FIELDS = { 32: { offset: 4, fileSize: 16 }, 64: { offset: 8, fileSize: 32 } } as const;

/** The headers of an ELF file; null for one that is damaged. */
export function elfHeaders(bytes: Uint8Array): ElfHeaders | null {
  try {
    return readElfHeaders(elfBytes(bytes));
  } catch (error) {
    if (error instanceof CramfsError && (error.code === 'BAD_ELF' || error.code === 'NOT_ELF')) return null;
    throw error;
  }
}

/** The file with its long segments cut. Names past the kept part of a segment are lost. */
export function shrinkElf(bytes: Uint8Array, headers: ElfHeaders): Uint8Array {
  const { segments, bits, littleEndian, phoff } = headers;
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  const loads = segments.filter(({ type }) => type === PT_LOAD).sort((a, b) => a.offset - b.offset);
  const moved = new Map<ElfSegment, { readonly offset: number; readonly fileSize: number }>();
  let end = 0;
  for (const load of loads) {
    const hasDynamic =
      dynamic !== undefined && dynamic.offset >= load.offset && dynamic.offset < load.offset + load.fileSize;
    const fileSize = hasDynamic ? load.fileSize : Math.min(load.fileSize, KEPT);
    const offset = load.offset < PAGE ? load.offset : roundUp(end, PAGE) + (load.offset % PAGE);
    moved.set(load, { offset, fileSize });
    end = offset + fileSize;
  }
  const small = new Uint8Array(end);
  for (const [load, { offset, fileSize }] of moved)
    small.set(bytes.subarray(load.offset, load.offset + fileSize), offset);
  const view = new DataView(small.buffer);
  const write = (at: number, value: number): void => {
    if (bits === 32) view.setUint32(at, value, littleEndian);
    else view.setBigUint64(at, BigInt(value), littleEndian);
  };
  segments.forEach((segment, index) => {
    const at = phoff + index * PHENTSIZE[bits];
    const load = [...moved].find(
      ([{ offset, fileSize }]) => segment.offset >= offset && segment.offset < offset + fileSize,
    );
    const to = moved.get(segment);
    if (at + PHENTSIZE[bits] > small.length || load === undefined) return;
    write(at + FIELDS[bits].offset, segment.offset - load[0].offset + load[1].offset);
    if (to !== undefined) write(at + FIELDS[bits].fileSize, to.fileSize);
  });
  return small;
}
