/**
 * What can be mapped directly, and the kernel's reasons where nothing can: the first half of cramfs_physmem_mmap().
 *
 * Kernel models share this; they differ in what they do with the decision.
 */
import { hexDigits } from '../base/hex.ts';
import { unsignedLong } from '../mm/cpu.ts';
import { VM_WRITE } from '../mm/vmFlags.ts';
import { type BlockRange, getBlockRange, lastPageIsShared } from './blockRange.ts';
import { filePages, type KernelInode } from './inode.ts';
import type { MountedCramfs } from './mount.ts';

/** Why a mapping stays with the page cache, word for word. */
export type BailoutReason =
  | 'vma is writable'
  | 'beyond file limit'
  | 'unsuitable block layout'
  | 'data is not page aligned'
  | 'no suitable block remaining';

/** A part of a file that can be mapped. */
export interface DirectRange {
  /** First page of the file. */
  readonly pgoff: number;
  /** Pages that can be mapped, at least 1. */
  readonly pages: number;
  /** Physical address of the first page. */
  readonly address: number;
}

/** What is to be mapped. */
export interface DecisionRequest {
  /** The file's own name, as %pD prints it. */
  readonly name: string;
  readonly pgoff: number;
  /** Pages of the vma. */
  readonly pages: number;
  readonly vmFlags: number;
}

/** The outcome: a range to map, or the reason for none. */
export type Decision =
  | { readonly range: DirectRange }
  | {
      readonly bailout: BailoutReason;
      /** The physical address that is not page aligned, where that is the reason. */
      readonly address?: number;
    };

/** The run of direct blocks from a page on, at most `limit` pages of it; null where there is none. */
export function findRun(
  fs: MountedCramfs,
  inode: KernelInode,
  pgoff: number,
  limit: number,
  log: string[],
): BlockRange | null {
  const blocks = getBlockRange(fs, inode, pgoff, limit, log);
  return blocks.offset === 0 ? null : blocks;
}

/** Where a byte of the image is in memory: an unsigned long, whatever the width of physical addresses. */
export function addressOf(fs: MountedCramfs, offset: number): number {
  return unsignedLong(fs.cpu, fs.memory.base + offset);
}

/** The line of a mapping that stays with the page cache. */
export function bailoutLine({ name, pgoff }: DecisionRequest, bailout: BailoutReason): string {
  return `cramfs: ${name}[${String(pgoff)}]: direct mmap impossible: ${bailout}`;
}

/** The line of a last page that is left out. */
export function sharedTailLine({ name }: DecisionRequest): string {
  return `cramfs: mmap: ${name}: last page is shared`;
}

/** Applies the kernel's tests in their order; the log gets what the kernel would log on the way. */
export function decide(fs: MountedCramfs, inode: KernelInode, request: DecisionRequest, log: string[]): Decision {
  const decision = walk(fs, inode, request, log);
  if ('bailout' in decision) log.push(bailoutLine(request, decision.bailout));
  return decision;
}

function walk(fs: MountedCramfs, inode: KernelInode, request: DecisionRequest, log: string[]): Decision {
  const { pgoff } = request;
  if ((request.vmFlags & VM_WRITE) !== 0) return { bailout: 'vma is writable' };

  const maxPages = filePages(fs, inode);
  if (pgoff >= maxPages) return { bailout: 'beyond file limit' };

  const blocks = findRun(fs, inode, pgoff, Math.min(request.pages, maxPages - pgoff), log);
  if (blocks === null) return { bailout: 'unsuitable block layout' };

  const address = addressOf(fs, blocks.offset);
  if (address % fs.cpu.pageSize !== 0) return { bailout: 'data is not page aligned', address };

  let { pages } = blocks;
  if (pgoff + pages === maxPages && lastPageIsShared(fs, inode)) {
    log.push(sharedTailLine(request));
    pages--;
  }
  if (pages === 0) return { bailout: 'no suitable block remaining' };
  return { range: { pgoff, pages, address } };
}

/** The line of a mapping that succeeds; a kernel that logs it before it maps says "mapping". */
export function mappedLine(
  verb: 'mapped' | 'mapping',
  name: string,
  range: DirectRange,
  vma: { readonly pages: number; readonly start: number; readonly pageProt: string },
): string {
  const hex8 = (value: number): string => `0x${hexDigits(value, 8)}`;
  return (
    `cramfs: ${verb} ${name}[${String(range.pgoff)}] at ${hex8(range.address)} ` +
    `(${String(range.pages)}/${String(vma.pages)} pages) to vma ${hex8(vma.start)}, page_prot ${vma.pageProt}`
  );
}
