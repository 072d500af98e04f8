/**
 * Bytes that nothing in the image refers to. Most are zero. mkcramfs -i puts a file there, and -x and -X leave ends of what
 * was compressed in vain, so this is told once for the whole image.
 */
import { CRAMFS_FLAG_SHIFTED_ROOT_OFFSET } from '../../format/constants.ts';
import { args, defineFinding } from '../../findings/definition.ts';
import { firstNonZero } from '../../base/bytes.ts';
import { plural } from '../../base/words.ts';
import { forEachPair } from '../plainLayout.ts';
import { NOTHING } from '../words.ts';
import { defineRule } from '../rule.ts';

export const INSERTED_FILE = defineFinding({
  id: 'image/inserted-file',
  severity: 'note',
  scope: 'image',
  args: args<{ readonly length: number }>(),
  title: 'Inserted file',
  cause: ({ length }) =>
    `a file of ${plural(length, 'byte')} is inserted between the superblock and the root directory`,
  fix: NOTHING,
});

export const UNUSED_NOT_ZERO = defineFinding({
  id: 'image/unused-not-zero',
  severity: 'note',
  scope: 'image',
  args: args<{ readonly gaps: number; readonly length: number }>(),
  title: 'Unreferenced bytes',
  cause: ({ gaps, length }) =>
    `the image has ${plural(length, 'byte')} in ${plural(gaps, 'place')} that are not referenced and not all zero`,
  fix: (_, { image }) => `nothing to do, unless something may be hidden there: cramfs info ${image} --ranges`,
});

const STEP = 1 << 16;

export const unused = defineRule([INSERTED_FILE, UNUSED_NOT_ZERO], (context, report) => ({
  end() {
    const { image, data, inodes, tables, layout, end: imageEnd } = context;
    const rootOffset = image.superblock.root.offset;
    let from = context.superblockEnd;
    // mkcramfs -i puts a file between superblock and root directory.
    if (image.hasFlag(CRAMFS_FLAG_SHIFTED_ROOT_OFFSET) && rootOffset > from && rootOffset <= imageEnd) {
      report(INSERTED_FILE, from, null, { length: rootOffset - from });
      from = rootOffset;
    }
    /** First byte at or behind `at` that is free, and the first behind that that is not. */
    const nextGap = (at: number): { start: number; end: number } | null => {
      for (let start = at; start < imageEnd;) {
        const free = data.firstNotIn(start, imageEnd);
        if (free === -1) return null;
        const unit = Math.floor(free / 4);
        const last = Math.ceil(imageEnd / 4);
        const taken = inodes.has(unit) ? inodes : tables.has(unit) ? tables : null;
        if (taken !== null) {
          const behind = taken.firstNotIn(unit, last);
          if (behind === -1) return null;
          start = behind * 4;
          continue;
        }
        // Each search ends where the one before did: there are as many as there are gaps.
        let end = data.firstIn(free, imageEnd);
        if (end === -1) end = imageEnd;
        for (const metadata of [inodes, tables]) {
          const first = metadata.firstIn(unit, Math.ceil(end / 4));
          if (first !== -1) end = Math.min(end, first * 4);
        }
        return { start: free, end };
      }
      return null;
    };
    let offset = -1;
    let gaps = 0;
    let length = 0;
    const take = (start: number, end: number): void => {
      const first = nonZeroIn(start, end);
      if (first === -1) return;
      if (offset === -1) offset = first;
      gaps++;
      length += end - first;
    };
    if (layout === null) for (let gap = nextGap(from); gap !== null; gap = nextGap(gap.end)) take(gap.start, gap.end);
    else forEachPair(layout.otherGaps, take);
    if (offset !== -1) report(UNUSED_NOT_ZERO, offset, null, { gaps, length });

    function nonZeroIn(start: number, end: number): number {
      for (let at = start; at < end; at += STEP) {
        const index = firstNonZero(image.source.read(at, Math.min(STEP, end - at)));
        if (index !== -1) return at + index;
      }
      return -1;
    }
  },
}));
