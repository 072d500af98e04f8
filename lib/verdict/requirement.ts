/**
 * Requirements on a mapping, for gates in CI: it must be as direct as asked, and nothing of it may hurt.
 *
 * A kernel with a fault can map a file wholly and still show wrong bytes or kill the process: what the process sees counts
 * as well as the state.
 */
import type { Board } from './board.ts';
import type { Violation } from './violation.ts';
import type { MapVerdict } from './mapVerdict.ts';
import type { MapRequest } from './request.ts';

/**
 * `direct`: every page that the mapping has of the file runs from flash, whatever the kernel calls it; `pfnmap`: the kernel
 * maps all of it as PFNMAP; `mixedmap`: at least the first pages are direct.
 */
export type Requirement = 'direct' | 'pfnmap' | 'mixedmap';

export const REQUIREMENTS: readonly Requirement[] = ['direct', 'pfnmap', 'mixedmap'];

/** What a mapping lacks of a requirement. */
export type Unmet =
  /** It is not as direct. */
  | { readonly kind: 'state' }
  /** It is, but a violation is critical or an error: the first one. */
  | { readonly kind: 'violation'; readonly violation: Violation };

/**
 * Judges a mapping.
 *
 * @param verdict of the request on the board; it needs no trace, the request is mapped once more where it matters
 * @returns null where the requirement is met
 * @throws CramfsError as Board.map()
 */
export function unmetRequirement(
  requirement: Requirement,
  verdict: MapVerdict,
  board: Board,
  request: MapRequest,
): Unmet | null {
  if (!isAsDirect(verdict, requirement)) return { kind: 'state' };
  const traced = verdict.trace === null ? board.map(request, { trace: true }) : verdict;
  const violation = (traced.violations ?? []).find(({ severity }) => severity !== 'warning');
  return violation === undefined ? null : { kind: 'violation', violation };
}

/** Without an MMU a mapping is all or nothing: in flash it meets every requirement. */
function isAsDirect(verdict: MapVerdict, requirement: Requirement): boolean {
  if (verdict.kind === 'failed') return false;
  if (verdict.kind === 'nommu') return verdict.nommu.inFlash;
  const { state, directPages, vmaPages, pagesBehindEnd } = verdict;
  const ofFile = vmaPages - pagesBehindEnd;
  const isWhole = ofFile > 0 && directPages >= ofFile;
  switch (requirement) {
    case 'direct':
      return isWhole;
    case 'pfnmap':
      return state === 'pfnmap' && isWhole;
    case 'mixedmap':
      return state === 'pfnmap' || state === 'mixedmap';
  }
}
