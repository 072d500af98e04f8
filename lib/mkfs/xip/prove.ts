/**
 * Holding a built image against its plan: each segment is looked at as its loader maps it.
 */
import { contentsOf } from '../../audit/contents.ts';
import { dataKey } from '../../audit/mapper.ts';
import { startPrograms } from '../../audit/programs.ts';
import type { LoadedFiles } from '../../audit/loadedFiles.ts';
import { CramfsError } from '../../base/errors.ts';
import { nommu } from '../../driver/models/nommu.ts';
import type { LoadedSegment } from '../../exec/loadedSegments.ts';
import { CramfsImage } from '../../image/image.ts';
import { Board, type BoardFile } from '../../verdict/board.ts';
import type { PlanItem, XipPlan } from './plan.ts';
import type { Segment } from './executable.ts';

/** What the proof went over. */
export interface XipProof {
  /** Segments of files that were mapped. */
  readonly segments: number;
  /** Of these: all pages direct, a part of them direct. */
  readonly whole: number;
  readonly partly: number;
}

/**
 * Takes every planned segment of every file, and compares.
 *
 * With an MMU the programs of the image are started under linux-6.18, and of a segment just the planned pages must be straight
 * from flash as it was loaded. What is not loaded, as it is no ELF file, is mapped: with all pages planned it must be a PFN
 * map, with a part of them a mixed map. Without an MMU a private mapping runs in place if all its
 * blocks are direct and follow each other, whatever their alignment; otherwise it is a copy in RAM.
 *
 * @throws CramfsError BROKEN_PLAN naming the path
 */
export function proveXip(plan: XipPlan): XipProof {
  const image = CramfsImage.open(plan.image.bytes, { pageSize: plan.pageSize });
  const { physBase, mode, riscvIcache } = plan.spec;
  const board = new Board(image, mode === 'nommu' ? { physBase, kernel: nommu } : { physBase, riscvIcache });
  const loaded = mode === 'nommu' ? null : startPrograms(board);
  let segments = 0;
  let whole = 0;
  for (const item of plan.items) {
    if (item.leftOut !== null) continue;
    const proven = new Set<string>();
    for (const path of item.paths) {
      const file = board.open(path);
      const known = loaded?.known(file.inode.position) ?? null;
      // Programs load files by their names; all names that none loads are alike.
      const key = known === null ? dataKey(file.inode) : path;
      if (!proven.has(key)) {
        const asLoaded = known?.file.segments ?? (loaded === null ? [] : loadedAlone(board, file, loaded));
        for (const segment of item.segments) proveSegment(board, plan.pageSize, path, segment, item, asLoaded);
        proven.add(key);
      }
      segments += item.segments.length;
      whole += item.segments.filter((segment) => plannedPages(segment, item) === segment.end - segment.first).length;
    }
  }
  return { segments, whole, partly: segments - whole };
}

function loadedAlone(board: Board, file: BoardFile, loaded: LoadedFiles): readonly LoadedSegment[] {
  const contents = contentsOf(board.image, file.inode, true);
  if (!('elf' in contents)) return [];
  return loaded.alone(file, contents.elf, contents.isProgram)?.file.segments ?? [];
}

function plannedPages({ first, end }: Segment, item: PlanItem): number {
  return Math.max(0, Math.min(end, item.end) - first);
}

function proveSegment(
  board: Board,
  pageSize: number,
  path: string,
  segment: Segment,
  item: PlanItem,
  asLoaded: readonly LoadedSegment[],
): void {
  const planned = plannedPages(segment, item);
  const found = asLoaded.find(({ kind, firstPage }) => kind !== 'data' && firstPage === segment.first);
  if (found === undefined) requireMapped(board, pageSize, path, segment, planned);
  else requireDirect(path, found, planned);
}

function requireDirect(path: string, { firstPage, directPages }: LoadedSegment, planned: number): void {
  if (directPages === planned) return;
  throw new CramfsError('BROKEN_PLAN', {
    path,
    expected: `${planned} direct pages from page ${firstPage} on, as loaded`,
    found: String(directPages),
  });
}

function requireMapped(board: Board, pageSize: number, path: string, segment: Segment, planned: number): void {
  const pages = segment.end - segment.first;
  const verdict = board.map({
    path,
    offset: segment.first * pageSize,
    length: pages * pageSize,
    prot: segment.prot,
    shared: false,
  });
  const found =
    verdict.kind === 'nommu'
      ? verdict.nommu.inFlash
        ? 'in flash'
        : 'a copy'
      : (verdict.errno ?? verdict.bug ?? verdict.state ?? 'nothing');
  const state = !verdict.machine.hasMmu ? 'in flash' : planned === pages ? 'pfnmap' : planned > 0 ? 'mixedmap' : 'none';
  if (found === state && (verdict.directPages ?? 0) === planned) return;
  throw new CramfsError('BROKEN_PLAN', {
    path,
    expected: `${state} with ${planned} direct pages from page ${segment.first} on`,
    found: `${found} with ${verdict.directPages ?? 0}${verdict.bailout === null ? '' : ` (${verdict.bailout})`}`,
  });
}
