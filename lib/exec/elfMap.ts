/**
 * Mapping the segments of a program or an interpreter as the kernel does: elf_map(), elf_load() and the loops around them
 * in fs/binfmt_elf.c.
 */
import { roundDown, roundUp } from '../base/pages.ts';
import type { Errno } from '../mm/errno.ts';
import { type ElfHeaders, type ElfSegment, ET_DYN, PF_W, PT_LOAD } from '../elf/elf.ts';
import type { ProgramFile } from './programFile.ts';
import { protectionOf, type UserProcess } from './userProcess.ts';

/** An object in memory. */
export interface LoadedObject {
  readonly file: ProgramFile;
  readonly headers: ElfHeaders;
  /** What is added to a virtual address of the file. */
  readonly bias: number;
}

/** The segments that are loaded. */
export function loadSegments({ segments }: ElfHeaders): ElfSegment[] {
  return segments.filter((segment) => segment.type === PT_LOAD);
}

/** total_mapping_size(): bytes from the first page of the lowest segment to the end of the highest; 0 without segments. */
export function totalMappingSize(segments: readonly ElfSegment[], pageSize: number): number {
  let [low, high] = [Infinity, 0];
  for (const { vaddr, memorySize } of segments) {
    low = Math.min(low, roundDown(vaddr, pageSize));
    high = Math.max(high, vaddr + memorySize);
  }
  return segments.length === 0 ? 0 : high - low;
}

/** maximum_alignment(): the largest p_align that is a power of two, at least a page. */
export function maximumAlignment(segments: readonly ElfSegment[], pageSize: number): number {
  let largest = pageSize;
  for (const { align } of segments) if (align > largest && Number.isInteger(Math.log2(align))) largest = align;
  return largest;
}

/**
 * Maps all segments of an object.
 *
 * @param preferred load bias to use for the first segment of a file of type ET_DYN; null for wherever there is room
 * @param role the interpreter is loaded by other code than the program, which in some kernels is less forgiving
 * @returns the object, or the error of what failed first
 */
export function mapSegments(
  process: UserProcess,
  file: ProgramFile,
  headers: ElfHeaders,
  preferred: number | null,
  role: 'program' | 'interpreter',
): LoadedObject | { readonly errno: Errno } {
  const { pageSize, taskSize } = process.cpu;
  const down = (address: number): number => roundDown(address, pageSize);
  const segments = loadSegments(headers);
  const relocatable = headers.type === ET_DYN;
  const forgiving = role === 'program' && process.board.kernel.ignoresBssFault;
  const faultMatters = ({ flags }: ElfSegment): boolean => !forgiving && (flags & PF_W) !== 0;
  let bias = 0;
  let total = 0;
  let first = true;
  for (const segment of segments) {
    let anywhere = false;
    if (first && relocatable) {
      total = roundUp(totalMappingSize(segments, pageSize), pageSize);
      if (total === 0) return { errno: 'EINVAL' };
      anywhere = preferred === null;
      bias = down((preferred ?? 0) - segment.vaddr);
    }
    const wanted = anywhere ? null : bias + segment.vaddr;
    const mapped = mapSegment(process, file, segment, wanted, first && relocatable ? total : null, faultMatters);
    if (typeof mapped === 'string') return { errno: mapped };
    if (first && relocatable) bias += mapped - down(bias + segment.vaddr);
    first = false;
    const start = bias + segment.vaddr;
    if (!(start < taskSize) || segment.fileSize > segment.memorySize || segment.memorySize > taskSize - start) {
      return { errno: 'EINVAL' };
    }
  }
  return { file, headers, bias };
}

/**
 * elf_load(): one segment, and the zeros behind what the file has of it.
 *
 * @param wanted address of the segment's first byte; null for wherever there is room
 * @param total bytes to map in the first place, for the whole object; what is not this segment's is unmapped again
 * @param faultMatters whether it is an error that there is nothing to zero behind what the file has of a segment
 * @returns the address of the segment's first page
 */
function mapSegment(
  process: UserProcess,
  file: ProgramFile,
  segment: ElfSegment,
  wanted: number | null,
  total: number | null,
  faultMatters: (segment: ElfSegment) => boolean,
): number | Errno {
  const { pageSize } = process.cpu;
  const up = (address: number): number => roundUp(address, pageSize);
  const within = segment.vaddr % pageSize;
  const protection = protectionOf(segment.flags);
  let address = wanted === null ? 0 : wanted - within;
  if (segment.fileSize > 0) {
    const size = up(segment.fileSize + within);
    const offset = segment.offset - within;
    const length = total ?? size;
    const at = wanted === null ? undefined : address;
    const mapped = process.mmap(file, { address: at, length, offset, protection, fixed: total === null });
    if (typeof mapped === 'string') return mapped;
    address = mapped;
    if (length > size) process.mm.munmap(address + size, length - size);
    const bss = address + within + segment.fileSize;
    if (segment.memorySize > segment.fileSize && !process.clearToPageEnd(bss) && faultMatters(segment)) return 'EFAULT';
  } else if (wanted === null) {
    address = process.mm.unmappedArea(up(segment.memorySize + within));
  }
  if (segment.memorySize > segment.fileSize) {
    const from = segment.fileSize > 0 ? up(address + within + segment.fileSize) : address;
    const to = up(address + within + segment.memorySize);
    const bssProtection = { read: true, write: true, exec: protection.exec };
    const refused = to > from ? process.mmapAnonymous(from, to - from, bssProtection) : null;
    if (refused !== null) return refused;
  }
  return address;
}
