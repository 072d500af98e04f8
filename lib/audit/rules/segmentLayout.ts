/** Read-only segments that are not wholly direct because of how the file is stored. */

import { type Reason, reasonFor } from '../reason.ts';
import { args, defineFinding, type FixPlace } from '../../findings/definition.ts';
import { hex } from '../../base/hex.ts';
import { LENGTHEN, plural } from '../../base/words.ts';
import type { BlockKind } from '../../image/blocks.ts';
import type { MapRemedy } from '../../verdict/advice.ts';
import type { SegmentRef } from '../segmentRef.ts';
import { hardware, KINDS, segmentName, STORE_DIRECT } from '../words.ts';
import { defineRule } from '../rule.ts';
import { type MappedSegment, type MappedSubject, segmentRef } from '../subject.ts';

/** A segment that could be placed. */
interface PlacedSegment extends SegmentRef {
  /** Whether it has the last page of a file that ends at a page boundary: Linux reads that page as zeros if it is direct. */
  readonly endsOnPage: boolean;
}

/** The command that places a segment, and what comes before it. */
function storeDirect(what: string, { endsOnPage }: PlacedSegment, { rebuildDirect }: FixPlace): string {
  return `${endsOnPage ? `${LENGTHEN}, then ` : ''}${what}: ${rebuildDirect()}`;
}

/** A run of direct blocks ends within the segment. */
export const LAYOUT_BREAK = defineFinding({
  id: 'xip/layout-break',
  severity: 'warning',
  scope: 'entry',
  args: args<
    PlacedSegment & {
      readonly block: number;
      readonly kind: BlockKind;
      /** Where the block would have to be. */
      readonly expectedOffset: number;
      readonly remedies: readonly MapRemedy[];
    }
  >(),
  distinct: ({ perms }) => [perms],
  title: 'Partly direct segment',
  cause: ({ block, kind, expectedOffset, ...segment }) =>
    `${segmentName(segment)} is direct up to block ${String(block)}, which is ${KINDS[kind]}; it would have to be a direct block at byte ${String(expectedOffset)} of the image`,
  fix: (segment, place) => storeDirect('store all of its blocks direct, one after the other', segment, place),
});

/** The segment's first block is not stored in a way that can be mapped. */
export const COMPRESSED = defineFinding({
  id: 'xip/compressed',
  severity: 'warning',
  scope: 'entry',
  args: args<
    PlacedSegment & { readonly block: number; readonly kind: BlockKind; readonly remedies: readonly MapRemedy[] }
  >(),
  distinct: ({ perms }) => [perms],
  title: 'Segment not stored for direct mapping',
  cause: ({ block, kind, ...segment }) =>
    `${segmentName(segment)} begins with block ${String(block)}, which is ${KINDS[kind]}`,
  fix: (segment, place) => storeDirect(STORE_DIRECT, segment, place),
});

/** The segment's data does not start at a page boundary of the image. `past`: bytes past the boundary before it. */
export const MISALIGNED = defineFinding({
  id: 'xip/misaligned',
  severity: 'warning',
  scope: 'entry',
  args: args<
    PlacedSegment & {
      readonly block: number;
      readonly physAddress: number;
      readonly past: number;
      readonly remedies: readonly MapRemedy[];
    }
  >(),
  distinct: ({ perms }) => [perms],
  title: 'Segment not page-aligned in the image',
  cause: ({ physAddress, past, ...segment }) =>
    `${segmentName(segment)} is at physical address ${hex(physAddress)}, ${plural(past, 'byte')} past a page boundary`,
  fix: (segment, place) => storeDirect('align direct blocks to pages', segment, place),
});

/** The segment ends in a page that holds something else past the end of the file. */
export const SHARED_TAIL = defineFinding({
  id: 'xip/shared-tail',
  severity: 'warning',
  scope: 'entry',
  args: args<SegmentRef & { readonly block: number; readonly remedies: readonly MapRemedy[] }>(),
  distinct: ({ perms }) => [perms],
  title: "Other data in a segment's last page",
  cause: ({ block, ...segment }) =>
    `${segmentName(segment)} ends in block ${String(block)}, and the rest of that page holds other data`,
  fix: (_, { rebuildDirect }) => `leave the rest of the last page zero: ${rebuildDirect()}`,
});

/** A block of the segment points at image offset 0, which Linux takes for no block. */
export const ZERO_OFFSET = defineFinding({
  id: 'xip/zero-offset',
  severity: 'warning',
  scope: 'entry',
  args: args<SegmentRef & { readonly block: number }>(),
  distinct: ({ perms }) => [perms],
  title: 'Segment at the start of the image',
  cause: ({ block, ...segment }) =>
    `${segmentName(segment)} begins with block ${String(block)}, which points at byte 0 of the image: Linux treats that as no block`,
  fix: (_, { rebuildDirect }) => `rebuild the image: the superblock is there, so no data can be: ${rebuildDirect()}`,
});

/**
 * The segment's blocks are fit for a direct mapping, and Linux never asks for one: loaders first map the whole span of an
 * object with its first segment's protection; where that mapping is not direct, one of the same protection that goes on in
 * it is merged (mmap_region() before the two-phase form). On kernels that prepare first (mmap_prepare) it is not.
 */
export const MERGED = defineFinding({
  id: 'xip/merged',
  severity: 'warning',
  scope: 'entry',
  args: args<SegmentRef>(),
  distinct: ({ perms }) => [perms],
  title: 'Direct segment that Linux adds to a paged mapping',
  cause: (segment) =>
    `${segmentName(segment)} is stored for direct mapping, but the loader first maps the whole file like its first segment, which is not direct, and Linux extends that mapping instead of making a new one`,
  fix: (_, { rebuildDirect }) => `store the first segment direct as well: ${rebuildDirect()}`,
});

/** A program of a class or byte order that mkcramfs does not recognise, so that none of it is direct. */
export const ELF_IGNORED = defineFinding({
  id: 'xip/elf-ignored',
  severity: 'warning',
  scope: 'entry',
  args: args<{ readonly bits: 32 | 64; readonly littleEndian: boolean; readonly segments: number }>(),
  distinct: ({ bits, littleEndian }) => [bits, littleEndian ? 'little' : 'big'],
  title: 'ELF file that the build tool did not recognise',
  cause: ({ bits, littleEndian, segments }) =>
    `none of its ${plural(segments, 'read-only segment')} is direct: mkcramfs does not recognise ${hardware(bits, littleEndian)} ELF files`,
  fix: ({ bits }, { path, rebuildDirect }) =>
    bits === 64
      ? `rebuild the image with a tool that recognises it: ${rebuildDirect()}`
      : `leave the file out if it is for another machine, otherwise name it: ${rebuildDirect('--xip-files', path ?? 'FILE')}`,
});

export const segmentLayout = defineRule(
  [LAYOUT_BREAK, COMPRESSED, MISALIGNED, SHARED_TAIL, ZERO_OFFSET, MERGED, ELF_IGNORED],
  ({ board, image }, report) => {
    const { base } = board.memory;
    const { pageSize } = board.cpu;

    const tell = (subject: MappedSubject, segment: MappedSegment, reason: Reason): void => {
      const { inode, blocks } = subject;
      const path = (): string => subject.path;
      const pointerOf = (block: number): number => inode.ino + block * 4;
      // An image may have so many of these that only their number is kept.
      const placed = () => {
        const endsOnPage =
          inode.size % pageSize === 0 && segment.firstPage + segment.pages === Math.ceil(inode.size / pageSize);
        return { ...segmentRef(segment), endsOnPage };
      };
      switch (reason.why) {
        case 'break': {
          const { block, kind, expectedOffset } = reason;
          report(LAYOUT_BREAK, { path, offset: pointerOf(block) }, () => {
            const remedies = [{ kind: 'store-direct', block, offset: expectedOffset }] as const;
            return { ...placed(), block, kind, expectedOffset, remedies };
          });
          return;
        }
        case 'compressed': {
          const { block, kind } = reason;
          report(COMPRESSED, { path, offset: pointerOf(block) }, () => {
            const remedies = [{ kind: 'store-file-direct' }] as const;
            return { ...placed(), block, kind, remedies };
          });
          return;
        }
        case 'misaligned': {
          const { block, physAddress } = reason;
          report(MISALIGNED, { path, offset: physAddress - base }, () => {
            const remedies = [{ kind: 'align-blocks' }] as const;
            return { ...placed(), block, physAddress, past: physAddress % pageSize, remedies };
          });
          return;
        }
        case 'shared tail': {
          const { block } = reason;
          const last = blocks()[block];
          const offset = last === undefined ? pointerOf(block) : last.start + last.bytes;
          report(SHARED_TAIL, { path, offset }, () => ({
            ...segmentRef(segment),
            block,
            remedies: [{ kind: 'clear-tail', block }],
          }));
          return;
        }
        case 'merged':
          report(MERGED, { path, offset: pointerOf(segment.firstPage) }, () => segmentRef(segment));
          return;
        case 'zero offset':
          report(ZERO_OFFSET, { path, offset: pointerOf(reason.block) }, () => ({
            ...segmentRef(segment),
            block: reason.block,
          }));
          return;
        default:
      }
    };

    return {
      mapped(subject) {
        const { contents, segments, path, inode } = subject;
        const reasons = segments.map((segment) => ({ segment, reason: reasonFor(board, subject, segment) }));
        const readOnly = segments.filter(({ kind }) => kind !== 'data');
        const isForeign =
          'elf' in contents && (contents.elf.bits === 64 || contents.elf.littleEndian !== image.littleEndian);
        const compressed = reasons.filter(({ reason }) => reason?.why === 'compressed');
        if ('elf' in contents && isForeign && readOnly.length > 0 && compressed.length === readOnly.length) {
          const { bits, littleEndian } = contents.elf;
          const place = { path: () => path, offset: inode.position };
          report(ELF_IGNORED, place, { bits, littleEndian, segments: readOnly.length });
          return;
        }
        for (const { segment, reason } of reasons) if (reason !== null) tell(subject, segment, reason);
      },
    };
  },
);
