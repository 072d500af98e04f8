/**
 * Verdicts in words: why a mapping is what it is, and what would change it.
 *
 * Advice that names options is tried on the board first, so that following it gives what it says.
 */
import { hex } from '../base/hex.ts';
import { roundDown } from '../base/pages.ts';
import { CramfsError } from '../base/errors.ts';
import { CRAMFS_FLAG_EXT_BLOCK_POINTERS } from '../format/constants.ts';
import { blockCount, type BlockKind, fileBlock } from '../image/blocks.ts';
import { guessPageSize } from '../image/pageSize.ts';
import type { Board } from '../verdict/board.ts';
import type { MapVerdict, RunEnd } from '../verdict/mapVerdict.ts';
import type { MapRequest } from '../verdict/request.ts';
import { plural, size } from '../base/words.ts';

/** A reason, and what to do about it. */
export interface Advice {
  readonly why: string;
  readonly change: string | null;
}

const KINDS: Readonly<Record<BlockKind, string>> = {
  hole: 'a hole (zeros that are not stored)',
  zlib: 'compressed',
  stored: 'stored verbatim, but with a pointer that Linux does not map by',
  direct: 'direct, but elsewhere',
  'direct-zlib': 'compressed',
};

const STORE =
  'store it as direct, page-aligned blocks (mkcramfs -X -X does so for the read-only segments of 32-bit ELF files ' +
  'of the byte order of the machine it runs on, and silently not for others)';

/** Runs of direct blocks that are tried in the search for one that can be mapped apart. */
const MAX_TRIALS = 16;

/** Why mmap() or open() fails, in words. */
export function errnoReason(verdict: MapVerdict, board: Board): string {
  switch (verdict.errno) {
    case 'EINVAL':
      return verdict.length <= 0
        ? 'the length is 0'
        : `the offset ${String(verdict.offset)} is no multiple of the page size, ${String(board.cpu.pageSize)}`;
    case 'EACCES':
      return 'a shared writable mapping needs a file opened for writing, and cramfs is read-only';
    case 'EROFS':
      return 'the file cannot be opened for writing: cramfs is read-only';
    case 'EISDIR':
      return 'a directory cannot be opened for writing';
    case 'ENODEV':
      return 'a directory cannot be mapped';
    case 'ENOMEM':
      return 'the mapping does not fit into the address space';
    case 'EOVERFLOW':
      return 'offset and length together are larger than any file can be';
    default:
      return 'the call is refused';
  }
}

/** Why the mapping is not wholly direct and what would make it so; null when it is. */
export function adviseOn(verdict: MapVerdict, board: Board): Advice | null {
  const advice = adviceFor(verdict, board);
  if (advice === null || (verdict.bailout !== 'data is not page aligned' && verdict.runEnd?.why !== 'layout'))
    return advice;
  const { pageSize } = board.cpu;
  const made = guessPageSize(board.image, board.open(verdict.path).inode);
  if (made === null || made === pageSize) return advice;
  // Another page size explains it all; any other advice would mislead.
  return {
    why: advice.why,
    change: `make the image for pages of ${size(pageSize)}; this one looks as if made for --page-size ${String(made / 1024)}K`,
  };
}

function adviceFor(verdict: MapVerdict, board: Board): Advice | null {
  if (verdict.bug !== null) return onBug(verdict);
  if (verdict.state === null || verdict.state === 'pfnmap') return null;
  if (verdict.bailout === null && verdict.runEnd === null) return notAsked(board);
  switch (verdict.bailout) {
    case 'vma is writable':
      return writable(verdict, board);
    case 'beyond file limit':
      return {
        why: `the file has ${plural(verdict.file?.size ?? 0, 'byte')}, and nothing of it is there`,
        change: null,
      };
    case 'data is not page aligned':
      return unaligned(verdict, board);
    default:
      return verdict.runEnd === null ? null : atRunEnd(verdict.runEnd, verdict, board);
  }
}

function onBug({ bug }: MapVerdict): Advice | null {
  if (bug?.includes('behind the region') !== true) return null;
  return {
    why: 'a block pointer of the file leads behind the memory that holds the image, and Linux follows it unchecked',
    change: 'the pointer is wrong; if the region is larger than the image, say how large with --region',
  };
}

function notAsked(board: Board): Advice {
  if (!board.image.hasFlag(CRAMFS_FLAG_EXT_BLOCK_POINTERS)) {
    return {
      why: 'the image has no extended block pointers (flag 0x800), so Linux maps nothing of it directly',
      change: 'make the image with direct blocks, for example with mkcramfs -X -X',
    };
  }
  return {
    why: 'the image has no physical address (base 0), so there is nothing that a page table could point to',
    change: 'put the image into memory-mapped flash, and tell where with --phys',
  };
}

function writable(verdict: MapVerdict, board: Board): Advice {
  const prot = verdict.prot.replace('w', '') === '' ? 'r' : verdict.prot.replace('w', '');
  const readOnly = stateOf(board, verdict, { prot, offset: verdict.offset, length: verdict.length });
  return {
    why: 'the mapping is writable, and Linux maps only read-only ones directly',
    change:
      readOnly === 'pfnmap' || readOnly === 'mixedmap'
        ? `map it without PROT_WRITE (--prot ${prot}: ${readOnly.toUpperCase()}); data that is written lives in RAM anyway`
        : null,
  };
}

function unaligned(verdict: MapVerdict, board: Board): Advice {
  const { pageSize } = board.cpu;
  const address = verdict.misaligned ?? 0;
  const { base } = board.memory;
  const why = `the data stands at physical address ${hex(address)}, ${plural(address % pageSize, 'byte')} past a page boundary`;
  if ((address - base) % pageSize === 0) {
    const aligned = Math.max(pageSize, roundDown(base, pageSize));
    return { why, change: `put the image at a page boundary, such as --phys ${hex(aligned)}` };
  }
  const up = pageSize - (address % pageSize);
  return {
    why,
    change:
      'align the blocks to pages (mkcramfs -X -X; a single -X aligns to 8 bytes), or put the image ' +
      `${plural(up, 'byte')} further up, at --phys ${hex(base + up)}, for this file's sake`,
  };
}

function atRunEnd(end: RunEnd, verdict: MapVerdict, board: Board): Advice | null {
  switch (end.why) {
    case 'whole':
      return null;
    case 'end-of-file':
      return {
        why: 'the mapping reaches past end of file; nothing there can be direct, and accessing it raises SIGBUS',
        change: alternatives([shorter(verdict, board)]),
      };
    case 'shared-tail':
      return {
        why: `the file's last page (block ${String(end.block)}) also holds other bytes past end of file`,
        change: alternatives(['leave the rest of that page zero in the image', shorter(verdict, board)]),
      };
    case 'layout':
      return end.expectedOffset === null
        ? atFirstBlock(end, verdict, board)
        : {
            why:
              `block ${String(end.block)} is ${KINDS[end.kind]}; a direct block at image offset ` +
              `${hex(end.expectedOffset)} would have continued the run`,
            change: alternatives([
              `store it directly behind block ${String(end.block - 1)}, and those after it likewise`,
              shorter(verdict, board),
              apart(end.block, verdict, board, 'map what follows apart'),
            ]),
          };
  }
}

function atFirstBlock(end: RunEnd & { readonly why: 'layout' }, verdict: MapVerdict, board: Board): Advice {
  const elsewhere = apart(end.block + 1, verdict, board, 'begin further on');
  if (end.kind === 'direct') {
    return {
      why: `block ${String(end.block)} points at image offset 0, which Linux takes for no block at all`,
      change: alternatives([elsewhere]),
    };
  }
  return {
    why: `block ${String(end.block)}, the first one to map, is ${KINDS[end.kind]}`,
    change: alternatives([STORE, elsewhere]),
  };
}

/** Things to do, any of which helps; null without any. */
function alternatives(choices: readonly (string | null)[]): string | null {
  const given = choices.filter((choice) => choice !== null);
  return given.length === 0 ? null : given.join('; or ');
}

/** To map the direct pages only, where that is a full map. */
function shorter(verdict: MapVerdict, board: Board): string | null {
  const pages = verdict.directPages ?? 0;
  if (pages === 0) return null;
  const state = stateOf(board, verdict, { offset: verdict.offset, length: pages * board.cpu.pageSize });
  return state === 'pfnmap' ? `map ${plural(pages, 'page')} only (--length ${String(pages)}p: PFNMAP)` : null;
}

/** To map from the next block on that begins a run of its own. */
function apart(from: number, verdict: MapVerdict, board: Board, action: string): string | null {
  const { pageSize } = board.cpu;
  const { image } = board;
  const end = Math.ceil((verdict.offset + verdict.length) / pageSize);
  let trials = 0;
  try {
    const { inode } = board.open(verdict.path);
    const count = Math.min(end, blockCount(inode.size, pageSize));
    for (let block = from; block < count && trials < MAX_TRIALS; block++) {
      if (fileBlock(image, inode, block).kind !== 'direct') continue;
      trials++;
      const offset = block * pageSize;
      const state = stateOf(board, verdict, { offset });
      if (state === 'pfnmap' || state === 'mixedmap') {
        return `${action} (--offset ${hex(offset)}: ${state.toUpperCase()})`;
      }
    }
  } catch (error) {
    if (!(error instanceof CramfsError)) throw error;
  }
  return null;
}

/** What the mapping would be with some options changed and no other offset or length; null where it fails. */
function stateOf(board: Board, verdict: MapVerdict, changed: Partial<MapRequest>): MapVerdict['state'] {
  try {
    const { path, prot, flags } = verdict;
    return board.map({ path, prot, shared: flags.includes('shared'), ...changed }).state;
  } catch (error) {
    if (error instanceof CramfsError) return null;
    throw error;
  }
}
