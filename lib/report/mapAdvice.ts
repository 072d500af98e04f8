/**
 * Verdicts in words: why a mapping is what it is, and what would change it.
 */
import { CRAMFS_FLAG_EXT_BLOCK_POINTERS } from '../format/constants.ts';
import type { BlockKind } from '../image/blocks.ts';
import type { Board } from '../verdict/board.ts';
import type { MapVerdict, RunEnd } from '../verdict/mapVerdict.ts';
import { hex, plural } from './words.ts';

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
  'store it as direct, page-aligned blocks: mkcramfs -X -X does so for the read-only segments of 32-bit ELF files ' +
  'of the byte order of the machine it runs on, and silently not for others';

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
      return 'the length does not fit into the address space';
    case 'EOVERFLOW':
      return 'offset and length together are larger than any file can be';
    default:
      return 'the call is refused';
  }
}

/** Why the mapping is not wholly direct and what would make it so; null when it is. */
export function adviseOn(verdict: MapVerdict, board: Board): Advice | null {
  if (verdict.state === null || verdict.state === 'pfnmap') return null;
  if (verdict.bailout === null && verdict.runEnd === null) return notAsked(board);
  switch (verdict.bailout) {
    case 'vma is writable':
      return {
        why: 'the mapping is writable, and Linux maps only read-only ones directly',
        change: 'map it without PROT_WRITE; data that is written lives in RAM anyway',
      };
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

function unaligned(verdict: MapVerdict, board: Board): Advice {
  const { pageSize } = board.cpu;
  const address = verdict.misaligned ?? 0;
  const off = address % pageSize;
  const imageOffset = address - board.memory.base;
  return {
    why: `the data stands at physical address ${hex(address)}, ${plural(off, 'byte')} past a page boundary`,
    change:
      imageOffset % pageSize === 0
        ? `put the image at a page boundary: the base ${hex(board.memory.base)} is none`
        : `align the blocks to pages (mkcramfs -X -X; a single -X aligns to 8 bytes), or move the image by ${String(pageSize - off)} bytes`,
  };
}

function atRunEnd(end: RunEnd, verdict: MapVerdict, board: Board): Advice | null {
  switch (end.why) {
    case 'whole':
      return null;
    case 'end-of-file':
      return {
        why: 'the mapping reaches behind the end of the file; what is behind it cannot be direct, and a touch there is SIGBUS',
        change: `map ${plural(verdict.directPages ?? 0, 'page')} only (--length ${String(verdict.directPages ?? 0)}p), and all of it is PFNMAP`,
      };
    case 'shared-tail':
      return {
        why: `the file's last page (block ${String(end.block)}) also holds something else behind the end of the file`,
        change: 'leave the rest of the last page zero in the image; or map one page less',
      };
    case 'layout': {
      if (end.expectedOffset === null) {
        const toZero = end.kind === 'direct' && end.pointer << 2 === 0;
        return {
          why: toZero
            ? `block ${String(end.block)} points at image offset 0, which Linux takes for no block at all`
            : `block ${String(end.block)}, the first one to map, is ${end.kind === 'direct' ? 'direct' : KINDS[end.kind]}`,
          change: toZero ? null : STORE,
        };
      }
      const { pageSize } = board.cpu;
      return {
        why:
          `block ${String(end.block)} is ${KINDS[end.kind]}; a direct block at image offset ${hex(end.expectedOffset)} ` +
          'would have continued the run',
        change:
          `store the blocks from ${String(end.block)} on right behind the others, directly; or map them apart: ` +
          `--offset ${hex(end.block * pageSize)} starts a run of its own if they are direct`,
      };
    }
  }
}
