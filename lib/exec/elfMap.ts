/**
 * Mapping the segments of a program or an interpreter as the kernel does: elf_map(), elf_load() and the loops around them,
 * load_elf_binary() and load_elf_interp() of fs/binfmt_elf.c.
 */
import { roundDown, roundUp } from '../base/pages.ts';
import type { Errno } from '../mm/errno.ts';
import { type ElfHeaders, type ElfSegment, ET_DYN, ET_EXEC, PF_W, PT_LOAD } from '../elf/elf.ts';
import type { ProgramFile } from './programFile.ts';
import { type LoadedObject, type Placement, protectionOf, type UserProcess } from './userProcess.ts';

export type { LoadedObject } from './userProcess.ts';

/** An object, or the error of what failed first. */
export type LoadResult = LoadedObject | { readonly errno: Errno };

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

/** Where a segment is to go, and how much is mapped in the first place. */
interface Place {
  /** Address of the segment's first byte. */
  readonly address: number;
  readonly placement: Placement;
  /** Bytes to map for the whole object; what is not this segment's is unmapped again. 0: just the segment. */
  readonly total: number;
}

/**
 * Maps the segments of a program.
 *
 * @param etDynBase where a PIE with an interpreter goes; null for one without, which goes where there is room
 */
export function mapProgram(
  process: UserProcess,
  file: ProgramFile,
  headers: ElfHeaders,
  etDynBase: number | null,
): LoadResult {
  const { pageSize, taskSize } = process.cpu;
  const segments = loadSegments(headers);
  const zeroing = process.board.kernel.ignoresBssFault ? 'tried' : 'needed';
  let bias = 0;
  for (const [index, segment] of segments.entries()) {
    const { vaddr } = segment;
    let placement: Placement = 'fixed';
    let total = 0;
    if (index === 0 && headers.type !== ET_DYN) placement = 'noreplace';
    if (index === 0 && headers.type === ET_DYN) {
      total = roundUp(totalMappingSize(segments, pageSize), pageSize);
      if (total === 0) return { errno: 'EINVAL' };
      const base = chooseBase(process, file, segment, { total, etDynBase, segments, zeroing });
      if (typeof base === 'string') return { errno: base };
      placement = base.placement;
      bias = roundDown(base.address - vaddr, pageSize);
    }
    const mapped = elfLoad(process, file, segment, { address: bias + vaddr, placement, total }, zeroing);
    if (typeof mapped === 'string') return { errno: mapped };
    // A first segment without bytes in the file, at no page boundary, has its page before address 0.
    if (mapped < 0 || mapped >= taskSize) return { errno: 'EINVAL' };
    if (index === 0 && headers.type === ET_DYN) bias += mapped - roundDown(bias + vaddr, pageSize);
    if (isTooLarge(segment, vaddr, taskSize)) return { errno: 'EINVAL' };
  }
  return process.addObject({ file, headers, bias });
}

/**
 * The load bias of a file of type ET_DYN, before its first virtual address is taken off. One without an interpreter that
 * wants more than a page's alignment is mapped wherever there is room, and unmapped again, to learn where that is.
 */
function chooseBase(
  process: UserProcess,
  file: ProgramFile,
  first: ElfSegment,
  how: {
    readonly total: number;
    readonly etDynBase: number | null;
    readonly segments: readonly ElfSegment[];
    readonly zeroing: Zeroing;
  },
): { readonly address: number; readonly placement: Placement } | Errno {
  const { pageSize, taskSize } = process.cpu;
  const { total, etDynBase, segments, zeroing } = how;
  const alignment = maximumAlignment(segments, pageSize);
  if (etDynBase !== null) return { address: roundDown(etDynBase, alignment), placement: 'noreplace' };
  if (alignment === pageSize) return { address: 0, placement: 'hint' };
  const tried = elfLoad(process, file, first, { address: 0, placement: 'hint', total }, zeroing);
  if (typeof tried === 'string') return tried;
  if (tried >= taskSize) return 'EINVAL';
  process.mm.munmap(tried, total);
  return { address: roundDown(tried, alignment), placement: 'noreplace' };
}

/**
 * Maps the segments of an interpreter: the first one with the whole span, whatever the type.
 *
 * @param programBias load bias of the program: with 0 an interpreter's own addresses are what it would like to have
 */
export function mapInterpreter(
  process: UserProcess,
  file: ProgramFile,
  headers: ElfHeaders,
  programBias: number,
): LoadResult {
  const { pageSize, taskSize } = process.cpu;
  const byElfMap = process.board.kernel.interpreterByElfMap === true;
  const segments = loadSegments(headers);
  const relocatable = headers.type === ET_DYN;
  const span = roundUp(totalMappingSize(segments, pageSize), pageSize);
  if (span === 0 || (!relocatable && headers.type !== ET_EXEC)) return { errno: 'EINVAL' };
  let bias = 0;
  for (const [index, segment] of segments.entries()) {
    const { vaddr } = segment;
    const anywhere = index === 0 && relocatable;
    if (anywhere && programBias !== 0) bias = -vaddr;
    const place: Place = {
      address: bias + vaddr,
      placement: anywhere ? 'hint' : 'fixed',
      total: index === 0 ? span : 0,
    };
    const mapped = byElfMap ? elfMap(process, file, segment, place) : elfLoad(process, file, segment, place, 'needed');
    if (typeof mapped === 'string') return { errno: mapped };
    if (anywhere) bias = mapped - roundDown(vaddr, pageSize);
    if (isTooLarge(segment, bias + vaddr, taskSize)) return { errno: 'ENOMEM' };
  }
  const refused = byElfMap ? mapOneBss(process, segments, bias) : null;
  return refused === null ? process.addObject({ file, headers, bias }) : { errno: refused };
}

/** The check that follows each segment: it must not reach past the end of user space. */
function isTooLarge({ fileSize, memorySize }: ElfSegment, address: number, taskSize: number): boolean {
  return !(address < taskSize) || fileSize > memorySize || memorySize > taskSize - address;
}

/**
 * The end of load_elf_interp() before elf_load(): the zeros after all that the file has, and one piece of anonymous memory
 * up to the end of all segments.
 */
function mapOneBss(process: UserProcess, segments: readonly ElfSegment[], bias: number): Errno | null {
  const { pageSize } = process.cpu;
  let [fileEnd, memoryEnd, exec] = [0, 0, false];
  for (const { vaddr, fileSize, memorySize, flags } of segments) {
    fileEnd = Math.max(fileEnd, bias + vaddr + fileSize);
    if (bias + vaddr + memorySize <= memoryEnd) continue;
    memoryEnd = bias + vaddr + memorySize;
    ({ exec } = protectionOf(flags));
  }
  if (!process.clearToPageEnd(fileEnd)) return 'EFAULT';
  return brk(process, roundUp(fileEnd, pageSize), roundUp(memoryEnd, pageSize), exec);
}

/** vm_brk_flags(): anonymous memory over whatever is there; nothing to do for an empty range. */
function brk(process: UserProcess, from: number, to: number, exec: boolean): Errno | null {
  return to > from ? process.mmapAnonymous(from, to - from, { read: true, write: true, exec }) : null;
}

/**
 * elf_map(): what the file has of a segment, in whole pages.
 *
 * @returns the address of the segment's first page
 */
function elfMap(process: UserProcess, file: ProgramFile, segment: ElfSegment, place: Place): number | Errno {
  const { pageSize } = process.cpu;
  const within = segment.vaddr % pageSize;
  const size = roundUp(segment.fileSize + within, pageSize);
  const address = roundDown(place.address, pageSize);
  if (size === 0) return address;
  const length = place.total === 0 ? size : place.total;
  const mapped = process.mmap(file, {
    address,
    length,
    offset: segment.offset - within,
    protection: protectionOf(segment.flags),
    placement: place.placement,
  });
  if (typeof mapped === 'number' && length > size) process.mm.munmap(mapped + size, length - size);
  return mapped;
}

/** Whether it is an error that the rest of a writable segment's last page cannot be zeroed. */
type Zeroing = 'needed' | 'tried';

/**
 * elf_load(): one segment, and the zeros after what the file has of it.
 *
 * @returns the address of the segment's first page
 */
function elfLoad(
  process: UserProcess,
  file: ProgramFile,
  segment: ElfSegment,
  place: Place,
  zeroing: Zeroing,
): number | Errno {
  const { pageSize } = process.cpu;
  const { vaddr, fileSize, memorySize, flags } = segment;
  const within = vaddr % pageSize;
  const mapped = fileSize > 0 ? elfMap(process, file, segment, place) : roundDown(place.address, pageSize);
  if (typeof mapped === 'string' || memorySize <= fileSize) return mapped;
  const fileEnd = fileSize > 0 ? mapped + within + fileSize : mapped;
  if (fileSize > 0 && !process.clearToPageEnd(fileEnd) && zeroing === 'needed' && (flags & PF_W) !== 0) return 'EFAULT';
  const refused = brk(
    process,
    roundUp(fileEnd, pageSize),
    roundUp(mapped + within + memorySize, pageSize),
    protectionOf(flags).exec,
  );
  return refused ?? mapped;
}
