/**
 * Works out why a mapping is what it is, and what would change it.
 *
 * What names options is tried on the board first, so that following it gives what it says.
 */
import { CramfsError } from '../base/errors.ts';
import { roundDown } from '../base/pages.ts';
import { CRAMFS_FLAG_EXT_BLOCK_POINTERS } from '../format/constants.ts';
import { blockCount, fileBlock } from '../image/blocks.ts';
import { guessPageSize } from '../image/pageSize.ts';
import type { MapAdvice, MapRemedy } from './advice.ts';
import { adviseWithoutMmu } from './adviseWithoutMmu.ts';
import { mapFile } from './mapFile.ts';
import type { FailedVerdict, MappedVerdict, MapState, MapVerdict, RunEnd } from './mapVerdict.ts';
import type { MountedBoard } from './mountedBoard.ts';
import type { MapRequest } from './request.ts';

/** Runs of direct blocks that are tried in the search for one that can be mapped apart. */
const MAX_TRIALS = 16;

/** Why a mapping is not wholly direct or fails, and what would change it; null when there is nothing to change. */
export function adviseOn(verdict: MapVerdict, board: MountedBoard): MapAdvice | null {
  if (!verdict.machine.hasMmu) return adviseWithoutMmu(verdict, board);
  if (verdict.bug !== null) return onBug(verdict.bug);
  if (verdict.kind === 'failed') return onFailure(verdict);
  if (verdict.kind === 'nommu' || verdict.state === 'pfnmap') return null;
  const advice = onMapping(verdict, board);
  if (advice === null || (verdict.bailout !== 'data is not page aligned' && verdict.runEnd?.why !== 'layout'))
    return advice;
  const { pageSize } = verdict;
  const madeFor = guessPageSize(board.image, board.open(verdict.path).inode);
  if (madeFor === null || madeFor === pageSize) return advice;
  // Another page size explains it all; any other advice would mislead.
  return { cause: advice.cause, remedies: [{ kind: 'rebuild-for-page-size', pageSize, madeFor }] };
}

function onBug(bug: string): MapAdvice | null {
  if (!bug.includes('past the region')) return null;
  return { cause: { kind: 'pointer-outside' }, remedies: [{ kind: 'fix-pointer' }] };
}

function onFailure({ errno, length, offset, pageSize }: FailedVerdict): MapAdvice {
  const because = (cause: MapAdvice['cause']): MapAdvice => ({ cause, remedies: [] });
  switch (errno) {
    case 'EINVAL':
      return because(length <= 0 ? { kind: 'zero-length' } : { kind: 'unaligned-offset', offset, pageSize });
    case 'EACCES':
      return because({ kind: 'shared-writable' });
    case 'EROFS':
      return because({ kind: 'read-only-file-system' });
    case 'EISDIR':
      return because({ kind: 'directory-for-writing' });
    case 'ENODEV':
      return because({ kind: 'directory' });
    case 'ENOMEM':
      return because({ kind: 'address-space' });
    case 'EOVERFLOW':
      return because({ kind: 'too-large' });
    default:
      return because({ kind: 'refused' });
  }
}

function onMapping(verdict: MappedVerdict, board: MountedBoard): MapAdvice | null {
  if (verdict.bailout === null && verdict.runEnd === null) return notAsked(board);
  switch (verdict.bailout) {
    case 'vma is writable':
      return { cause: { kind: 'writable' }, remedies: readOnly(verdict, board) };
    case 'beyond file limit':
      return { cause: { kind: 'past-end', size: verdict.file?.size ?? 0 }, remedies: [] };
    case 'data is not page aligned':
      return unaligned(verdict, board);
    default:
      return verdict.runEnd === null ? null : atRunEnd(verdict.runEnd, verdict, board);
  }
}

function notAsked({ image }: MountedBoard): MapAdvice {
  return image.hasFlag(CRAMFS_FLAG_EXT_BLOCK_POINTERS)
    ? { cause: { kind: 'no-address' }, remedies: [{ kind: 'place-image' }] }
    : { cause: { kind: 'extensions-missing' }, remedies: [{ kind: 'build-direct' }] };
}

function readOnly(verdict: MappedVerdict, board: MountedBoard): MapRemedy[] {
  const without = verdict.prot.replace('w', '');
  const prot = without === '' ? 'r' : without;
  const state = stateOf(board, verdict, { prot, offset: verdict.offset, length: verdict.length });
  return state === 'pfnmap' || state === 'mixedmap' ? [{ kind: 'read-only', prot, state }] : [];
}

function unaligned({ misaligned, pageSize }: MappedVerdict, { memory }: MountedBoard): MapAdvice {
  const address = misaligned ?? 0;
  const cause = { kind: 'unaligned', address, past: address % pageSize } as const;
  if ((address - memory.base) % pageSize === 0) {
    const to = Math.max(pageSize, roundDown(memory.base, pageSize));
    return { cause, remedies: [{ kind: 'move-image', to, up: null }] };
  }
  const up = pageSize - (address % pageSize);
  return { cause, remedies: [{ kind: 'align-blocks' }, { kind: 'move-image', to: memory.base + up, up }] };
}

function atRunEnd(end: RunEnd, verdict: MappedVerdict, board: MountedBoard): MapAdvice | null {
  switch (end.why) {
    case 'whole':
      return null;
    case 'end-of-file':
      return { cause: { kind: 'end-of-file' }, remedies: shorter(verdict, board) };
    case 'shared-tail': {
      const { block } = end;
      return {
        cause: { kind: 'shared-tail', block },
        remedies: [{ kind: 'clear-tail', block }, ...shorter(verdict, board)],
      };
    }
    case 'layout': {
      const { block, kind: stored, expectedOffset } = end;
      if (expectedOffset === null) return atFirstBlock(end, verdict, board);
      return {
        cause: { kind: 'layout', block, stored, expectedOffset },
        remedies: [
          { kind: 'store-direct', block, offset: expectedOffset },
          ...shorter(verdict, board),
          ...startAt(block, true, verdict, board),
        ],
      };
    }
  }
}

function atFirstBlock(
  { block, kind: stored }: RunEnd & { readonly why: 'layout' },
  verdict: MappedVerdict,
  board: MountedBoard,
): MapAdvice {
  const further = startAt(block + 1, false, verdict, board);
  if (stored === 'direct') return { cause: { kind: 'zero-offset', block }, remedies: further };
  return { cause: { kind: 'first-block', block, stored }, remedies: [{ kind: 'store-file-direct' }, ...further] };
}

/** To map the direct pages only, where that is a full map. */
function shorter(verdict: MappedVerdict, board: MountedBoard): MapRemedy[] {
  const { directPages: pages, offset, pageSize } = verdict;
  if (pages === 0) return [];
  return stateOf(board, verdict, { offset, length: pages * pageSize }) === 'pfnmap' ? [{ kind: 'shorter', pages }] : [];
}

/** To map from the next block on that begins a run of its own. */
function startAt(from: number, apart: boolean, verdict: MappedVerdict, board: MountedBoard): MapRemedy[] {
  const { pageSize } = verdict;
  const end = Math.ceil((verdict.offset + verdict.length) / pageSize);
  let trials = 0;
  try {
    const { inode } = board.open(verdict.path);
    const count = Math.min(end, blockCount(inode.size, pageSize));
    for (let block = from; block < count && trials < MAX_TRIALS; block++) {
      if (fileBlock(board.image, inode, block).kind !== 'direct') continue;
      trials++;
      const offset = block * pageSize;
      const state = stateOf(board, verdict, { offset });
      if (state === 'pfnmap' || state === 'mixedmap') return [{ kind: 'start-at', offset, state, apart }];
    }
  } catch (error) {
    if (!(error instanceof CramfsError)) throw error;
  }
  return [];
}

/** What the mapping would be with some options changed and no other offset or length; null where it fails. */
function stateOf(board: MountedBoard, verdict: MapVerdict, changed: Partial<MapRequest>): MapState | null {
  try {
    const { path, prot, flags } = verdict;
    return mapFile(board, { path, prot, shared: flags.includes('shared'), ...changed }, {}).state;
  } catch (error) {
    if (error instanceof CramfsError) return null;
    throw error;
  }
}
