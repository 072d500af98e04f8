/** Read-only segments that are not wholly direct because of how the file is stored. */

import { type Reason, reasonFor } from '../reason.ts';
import { defineRule } from '../rule.ts';
import { type MappedSegment, type MappedSubject, segmentRef } from '../subject.ts';

export const segmentLayout = defineRule(
  ['xip/layout-break', 'xip/compressed', 'xip/misaligned', 'xip/shared-tail', 'xip/zero-offset', 'xip/elf-ignored'],
  ({ board, image }, report) => {
    const { base } = board.memory;
    const { pageSize } = board.cpu;

    const tell = (subject: MappedSubject, segment: MappedSegment, reason: Reason): void => {
      const { inode, blocks } = subject;
      const path = (): string => subject.path;
      const pointerOf = (block: number): number => inode.ino + block * 4;
      const ref = segmentRef(segment);
      switch (reason.why) {
        case 'break': {
          const { block, kind, expectedOffset } = reason;
          report('xip/layout-break', { path, offset: pointerOf(block) }, { ...ref, block, kind, expectedOffset });
          return;
        }
        case 'compressed': {
          const { block, kind } = reason;
          report('xip/compressed', { path, offset: pointerOf(block) }, { ...ref, block, kind });
          return;
        }
        case 'misaligned': {
          const { block, physAddress } = reason;
          const past = physAddress % pageSize;
          report('xip/misaligned', { path, offset: physAddress - base }, { ...ref, block, physAddress, past });
          return;
        }
        case 'shared tail': {
          const { block } = reason;
          const last = blocks[block];
          const offset = last === undefined ? pointerOf(block) : last.start + last.bytes;
          report('xip/shared-tail', { path, offset }, { ...ref, block });
          return;
        }
        case 'zero offset':
          report('xip/zero-offset', { path, offset: pointerOf(reason.block) }, { ...ref, block: reason.block });
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
          report('xip/elf-ignored', place, { bits, littleEndian, segments: readOnly.length });
          return;
        }
        for (const { segment, reason } of reasons) if (reason !== null) tell(subject, segment, reason);
      },
    };
  },
);
