/**
 * Direct blocks that no mapping gets at. Linux is asked for each run as a whole, and for the blocks that this leaves, one
 * page at a time: if not even that is direct, nothing is.
 */
import { args, defineFinding } from '../../findings/definition.ts';
import { plural, size } from '../../base/words.ts';
import { defineRule } from '../rule.ts';
import { stateOf } from '../state.ts';
import type { MappedSubject } from '../subject.ts';

/** Direct blocks that no mapping of any offset and length reaches: flash spent for nothing. */
export const UNMAPPABLE_DIRECT = defineFinding({
  id: 'xip/unmappable-direct',
  severity: 'warning',
  scope: 'entry',
  args: args<{ readonly block: number; readonly blocks: number; readonly bytes: number }>(),
  title: 'Direct blocks that cannot be mapped',
  cause: ({ block, blocks, bytes }) =>
    `no request can map ${plural(blocks, 'direct block')} from block ${String(block)} on (${size(bytes)} of flash) directly`,
  fix: (_, { rebuildDirect }) => `compress the blocks, or align them to pages: ${rebuildDirect()}`,
  options: ['min-bytes'],
});

export const unmappableDirect = defineRule([UNMAPPABLE_DIRECT], ({ board, mapper, canMapDirectly }, report) => {
  const { pageSize } = board.cpu;

  /** Direct pages of a mapping; null where nobody knows. */
  const directPages = (subject: MappedSubject, page: number, pages: number): number | null => {
    const request = { offset: page * pageSize, length: pages * pageSize, prot: 'r' };
    const verdict = mapper.map(subject, request);
    if (verdict === null || stateOf(verdict) === null) return null;
    // What is aligned in the image is where it should be; that the image is not is another finding.
    const { misaligned } = verdict;
    if (misaligned !== null && (misaligned - board.memory.base) % pageSize === 0) return null;
    return verdict.directPages;
  };

  return {
    mapped(subject) {
      // Nothing maps a bFLT file but its loader.
      if (!canMapDirectly || 'flat' in subject.contents) return;
      for (const { first, blocks } of subject.runs) {
        const end = first + blocks;
        const whole = directPages(subject, first, blocks);
        if (whole === null || whole === blocks) continue;
        let lost = 0;
        const reportRun = (behind: number): void => {
          if (lost === 0) return;
          const block = behind - lost;
          const bytes = subject
            .blocks()
            .slice(block, behind)
            .reduce((sum, { length }) => sum + length, 0);
          const place = { path: () => subject.path, offset: subject.blocks()[block]?.start ?? null };
          report(UNMAPPABLE_DIRECT, place, { block, blocks: lost, bytes });
          lost = 0;
        };
        for (let page = first + whole; page < end; page++) {
          if (directPages(subject, page, 1) === 0) lost++;
          else reportRun(page);
        }
        reportRun(end);
      }
    },
  };
});
