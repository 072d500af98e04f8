/** Segments that are wholly direct, and would not be were their mapping a page longer. */
import { defineRule } from '../rule.ts';
import { stateOf } from '../state.ts';
import { segmentRef } from '../subject.ts';

export const longerMapping = defineRule(['xip/longer-mapping'], ({ board, mapper }, report) => ({
  mapped(subject) {
    const { pageSize } = board.cpu;
    for (const segment of subject.segments) {
      const { verdict, kind, firstPage, pages, request } = segment;
      const next = subject.blocks[firstPage + pages];
      if (verdict === null || stateOf(verdict) !== 'pfnmap' || kind === 'data' || next === undefined) continue;
      const longer = mapper.map(subject, { ...request, length: (pages + 1) * pageSize });
      if (longer === null || stateOf(longer) === null || stateOf(longer) === 'pfnmap') continue;
      const place = { path: () => subject.path, offset: subject.inode.ino + next.index * 4 };
      report('xip/longer-mapping', place, { ...segmentRef(segment), block: next.index, kind: next.kind });
    }
  },
}));
