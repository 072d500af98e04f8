/**
 * The segments of ELF files as their loader has mapped them: which of their pages are in the page table, straight from flash,
 * and what the kernel makes of the mappings that show them. This is what a program gets; a mapping of a segment by itself can
 * come to something else, as loaders map the whole span of an object with the protection of its first segment.
 */
import { roundDown } from '../base/pages.ts';
import { type ElfSegment, PF_R, PF_W, PF_X, PT_LOAD } from '../elf/elf.ts';
import { type Vma, vmaPages } from '../mm/vma.ts';
import { VM_EXEC, VM_PFNMAP } from '../mm/vmFlags.ts';
import type { MapState } from '../verdict/mapVerdict.ts';
import { vmaState } from '../verdict/vmaState.ts';
import type { ProgramFile } from './programFile.ts';
import type { LoadedObject, MadeMapping, UserProcess } from './userProcess.ts';

/** `text`: executable and not writable; `rodata`: only readable; `data`: writable. */
export type SegmentKind = 'text' | 'rodata' | 'data';

/** A call of mmap() for a file, private. Offset and length in bytes. */
export interface LoaderCall {
  readonly offset: number;
  readonly length: number;
  /** Letters of "rwx". */
  readonly prot: string;
}

/** A loadable segment with bytes in the file, in memory. */
export interface LoadedSegment {
  /** Index of the program header. */
  readonly segment: number;
  readonly kind: SegmentKind;
  /** As in "r-x". */
  readonly perms: string;
  /** The first page of the file that the segment shows, and pages of the file that it shows. */
  readonly firstPage: number;
  readonly pages: number;
  /** Bytes in the file, as far as the file has them. */
  readonly fileBytes: number;
  /**
   * Of its pages, those that the page table has straight from flash; without those that RISC-V's kernel cannot set without
   * damage to other memory.
   */
  readonly directPages: number;
  /** The state of the mapping that shows it; of several the least direct. Null where no mapping shows it. */
  readonly state: MapState | null;
  /** The call that made the mapping; null where there was none. */
  readonly call: LoaderCall | null;
  /**
   * Whether Linux answered that call by extending the mapping beside it (mmap_region(), vma_merge()), so that the file system
   * was not asked and nothing is direct, however the segment is stored.
   */
  readonly isMerged: boolean;
}

/** An ELF file in a process. */
export interface LoadedFile {
  /** Path in the image, symlinks followed. */
  readonly path: string;
  /** Byte offset of its inode. */
  readonly position: number;
  readonly segments: readonly LoadedSegment[];
}

/** From most to least direct. */
const STATES: readonly MapState[] = ['pfnmap', 'mixedmap', 'none'];

/** The objects of a process with their segments, in the order of loading. */
export function loadedFiles(process: UserProcess): LoadedFile[] {
  return process.objects.map((object) => ({
    path: object.file.path,
    position: object.file.file.inode.position,
    segments: loadedSegments(process, object),
  }));
}

function loadedSegments(process: UserProcess, object: LoadedObject): LoadedSegment[] {
  const loaded: LoadedSegment[] = [];
  for (const [index, segment] of object.headers.segments.entries()) {
    if (segment.type === PT_LOAD && segment.fileSize > 0) loaded.push(loadedSegment(process, object, segment, index));
  }
  return loaded;
}

/** What the headers say of a segment: the part of {@link LoadedSegment} that does not depend on how it is mapped. */
export function segmentPlan(
  { flags, offset, vaddr, fileSize }: ElfSegment,
  segment: number,
  size: number,
  pageSize: number,
): Pick<LoadedSegment, 'segment' | 'kind' | 'perms' | 'firstPage' | 'pages' | 'fileBytes'> {
  const prot = letters({ read: (flags & PF_R) !== 0, write: (flags & PF_W) !== 0, exec: (flags & PF_X) !== 0 });
  const perms = ['r', 'w', 'x'].map((letter) => (prot.includes(letter) ? letter : '-')).join('');
  const kind = prot.includes('w') ? 'data' : prot.includes('x') ? 'text' : 'rodata';
  // Loaders map from the page that has the segment's first byte, as its address has it.
  const firstPage = Math.max(0, Math.floor((offset - (vaddr % pageSize)) / pageSize));
  const end = Math.min(Math.ceil(size / pageSize), Math.ceil((offset + fileSize) / pageSize));
  const fileBytes = Math.min(fileSize, Math.max(0, size - offset));
  return { segment, kind, perms, firstPage, pages: Math.max(0, end - firstPage), fileBytes };
}

function letters({ read, write, exec }: MadeMapping['protection']): string {
  return `${read ? 'r' : ''}${write ? 'w' : ''}${exec ? 'x' : ''}`;
}

function loadedSegment(
  process: UserProcess,
  { file, bias }: LoadedObject,
  header: ElfSegment,
  index: number,
): LoadedSegment {
  const { pageSize } = process.cpu;
  const { segment, kind, perms, firstPage, pages, fileBytes } = segmentPlan(header, index, file.size, pageSize);
  const start = roundDown(bias + header.vaddr, pageSize);
  const end = start + pages * pageSize;
  const { directPages, state } = shownIn(process, file, start, end);
  const made = process.calls.findLast(
    (call) => call.file === file && call.start <= start && start < call.start + call.length,
  );
  return {
    segment,
    kind,
    perms,
    firstPage,
    pages,
    fileBytes,
    directPages,
    state,
    call: made === undefined ? null : { offset: made.offset, length: made.length, prot: letters(made.protection) },
    isMerged: made?.isMerged === true && made.start === start,
  };
}

/** What the mappings of a file in [start, end) come to. */
function shownIn(
  process: UserProcess,
  file: ProgramFile,
  start: number,
  end: number,
): Pick<LoadedSegment, 'directPages' | 'state'> {
  const { pageSize } = process.cpu;
  let directPages = 0;
  let least = -1;
  for (const vma of process.mm.vmas) {
    if (vma.start >= end || start >= vma.end || process.fileOf(vma) !== file) continue;
    least = Math.max(least, STATES.indexOf(vmaState(vma)));
    const [from, to] = [Math.max(vma.start, start), Math.min(vma.end, end)];
    for (const { pfn, pages } of process.mm.pageTable.directRuns(from / pageSize, (to - from) / pageSize)) {
      directPages += pages - (isExecutable(vma) ? flipped(process, pfn, pages) : 0);
    }
  }
  return { directPages, state: STATES[least] ?? null };
}

function isExecutable({ vmFlags }: Vma): boolean {
  return (vmFlags & VM_EXEC) !== 0;
}

/** Of some page frames, those for which the flush of the instruction cache has set a bit in memory of something else. */
function flipped(process: UserProcess, pfn: number, pages: number): number {
  const { icache } = process.mm.kernel;
  let found = 0;
  for (let page = 0; icache !== null && page < pages; page++) if (icache.hasFlipped(pfn + page)) found++;
  return found;
}

/** Pages of a mapping that show the file. With page frames the offset does not count pages of the file: all do. */
export function filePagesOf(vma: Vma, file: ProgramFile, pageSize: number): number {
  const pages = vmaPages(vma, pageSize);
  if ((vma.vmFlags & VM_PFNMAP) !== 0) return pages;
  return Math.max(0, Math.min(pages, Math.ceil(file.size / pageSize) - vma.pgoff));
}
