/** What keeps the whole image from being mapped directly, said once: no mount, no flag, no address, the wrong address. */
import { reasonFor } from '../reason.ts';
import { defineRule } from '../rule.ts';

const IMAGE = { path: null, offset: null };
/** Byte offset of the flags in the superblock. */
const FLAGS_OFFSET = 8;

export const boardWide = defineRule(
  ['xip/mount-refused', 'xip/extensions-missing', 'xip/physical-base'],
  ({ board, image, refusal, hasExtensions, basePast }, report) => {
    const programs = { notAsked: 0, misplaced: 0 };
    return {
      mapped(subject) {
        const reasons = subject.segments.map((segment) => reasonFor(board, subject, segment)?.why);
        if (reasons.includes('not asked')) programs.notAsked++;
        if (reasons.includes('physical base')) programs.misplaced++;
      },
      end() {
        if (refusal !== null) {
          const { log, offset } = board.mount;
          report('xip/mount-refused', { path: null, offset }, { log, reason: refusal });
          return;
        }
        const physBase = board.memory.base;
        if (programs.notAsked > 0 && !hasExtensions) {
          const offset = image.superblock.position + FLAGS_OFFSET;
          report('xip/extensions-missing', { path: null, offset }, { programs: programs.notAsked });
        } else if (programs.notAsked > 0) {
          report('xip/physical-base', IMAGE, { physBase, past: 0, programs: programs.notAsked });
        }
        if (programs.misplaced > 0) {
          report('xip/physical-base', IMAGE, { physBase, past: basePast, programs: programs.misplaced });
        }
      },
    };
  },
);
