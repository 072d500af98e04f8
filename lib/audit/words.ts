/** What several definitions of the audit's findings say. */
import { plural } from '../base/words.ts';
import type { BlockKind } from '../image/blocks.ts';
import type { SegmentRef } from './segmentRef.ts';

/** What a block is that is not mapped directly. */
export const KINDS: Readonly<Record<BlockKind, string>> = {
  hole: 'a hole (zeros that are not stored)',
  zlib: 'compressed',
  stored: 'stored verbatim, with a pointer that Linux does not map',
  direct: 'direct, but elsewhere',
  'direct-zlib': 'compressed',
};

export const STORE_DIRECT = 'store the read-only segments as direct, page-aligned blocks';

/** "04755". */
export const octal = (mode: number): string => `0${(mode & 0o7777).toString(8)}`;

/** "32-bit big-endian". */
export const hardware = (bits: number, littleEndian: boolean): string =>
  `${String(bits)}-bit ${littleEndian ? 'little' : 'big'}-endian`;

/** "segment 2 (r-x, 3 of 12 pages direct)". */
export function segmentName({
  segment,
  perms,
  directPages,
  pages,
}: Pick<SegmentRef, 'segment' | 'perms' | 'directPages' | 'pages'>): string {
  return `segment ${String(segment)} (${perms}, ${String(directPages)} of ${plural(pages, 'page')} direct)`;
}
