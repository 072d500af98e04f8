/**
 * Holding a built image against its plan: each segment is mapped as the kernel would map it.
 */
import { CramfsError } from '../../base/errors.ts';
import { nommu } from '../../driver/models/nommu.ts';
import { CramfsImage } from '../../image/image.ts';
import { Board } from '../../verdict/board.ts';
import type { XipPlan } from './plan.ts';
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
 * Maps every planned segment of every file, and compares.
 *
 * With an MMU the mapping is emulated under linux-6.18: a segment whose pages are all planned must be a PFN map, one of
 * which a part is planned a mixed map with just these pages. Without an MMU a private mapping runs in place if all its
 * blocks are direct and follow each other, whatever their alignment; otherwise it is a copy in RAM.
 *
 * @throws CramfsError BROKEN_PLAN naming the path
 */
export function proveXip(plan: XipPlan): XipProof {
  const image = CramfsImage.open(plan.image.bytes, { pageSize: plan.pageSize });
  const { physBase, mode } = plan.spec;
  const board = new Board(image, mode === 'nommu' ? { physBase, kernel: nommu } : { physBase });
  let segments = 0;
  let whole = 0;
  for (const item of plan.items) {
    if (item.leftOut !== null) continue;
    for (const path of item.paths) {
      for (const segment of item.segments) {
        const planned = Math.max(0, Math.min(segment.end, item.end) - segment.first);
        requireMapped(board, plan.pageSize, path, segment, planned);
        segments++;
        if (planned === segment.end - segment.first) whole++;
      }
    }
  }
  return { segments, whole, partly: segments - whole };
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
    verdict.errno ?? verdict.bug ?? verdict.state ?? (verdict.nommu?.inFlash === true ? 'in flash' : 'a copy');
  const state =
    verdict.nommu !== undefined ? 'in flash' : planned === pages ? 'pfnmap' : planned > 0 ? 'mixedmap' : 'none';
  if (found === state && (verdict.directPages ?? 0) === planned) return;
  throw new CramfsError('BROKEN_PLAN', {
    path,
    expected: `${state} with ${planned} direct pages from page ${segment.first} on`,
    found: `${found} with ${verdict.directPages ?? 0}${verdict.bailout === null ? '' : ` (${verdict.bailout})`}`,
  });
}
