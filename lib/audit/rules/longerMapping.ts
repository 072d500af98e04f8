/** Segments that are wholly direct, and would not be were their mapping a page longer. */
import { args, defineFinding } from '../../findings/definition.ts';
import type { BlockKind } from '../../image/blocks.ts';
import type { SegmentRef } from '../segmentRef.ts';
import { KINDS, segmentName } from '../words.ts';
import { defineRule } from '../rule.ts';
import { stateOf } from '../state.ts';
import { segmentRef } from '../subject.ts';

/** The mapping that the loader makes is exactly the run of direct blocks: one page more would be mixed. */
export const LONGER_MAPPING = defineFinding({
  id: 'xip/longer-mapping',
  severity: 'note',
  scope: 'entry',
  args: args<SegmentRef & { readonly block: number; readonly kind: BlockKind }>(),
  distinct: ({ perms }) => [perms],
  title: 'Mapping that must not grow',
  cause: ({ block, kind, ...segment }) =>
    `${segmentName(segment)} fills its run of direct blocks: a mapping one page longer, with block ${String(block)}, which is ${KINDS[kind]}, would not be fully direct`,
  fix: 'nothing to do while programs map the segment as it is; otherwise store the next block as a direct block too',
});

export const longerMapping = defineRule([LONGER_MAPPING], ({ board, mapper }, report) => ({
  mapped(subject) {
    const { pageSize } = board.cpu;
    for (const segment of subject.segments) {
      const { verdict, kind, firstPage, pages, request } = segment;
      const next = subject.blocks[firstPage + pages];
      if (verdict === null || stateOf(verdict) !== 'pfnmap' || kind === 'data' || next === undefined) continue;
      const longer = mapper.map(subject, { ...request, length: (pages + 1) * pageSize });
      if (longer === null || stateOf(longer) === null || stateOf(longer) === 'pfnmap') continue;
      const place = { path: () => subject.path, offset: subject.inode.ino + next.index * 4 };
      report(LONGER_MAPPING, place, { ...segmentRef(segment), block: next.index, kind: next.kind });
    }
  },
}));
