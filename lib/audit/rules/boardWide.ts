/** What keeps the whole image from being mapped directly, said once: no mount, no flag, no address, the wrong address. */
import { reasonFor } from '../reason.ts';
import { args, defineFinding } from '../../findings/definition.ts';
import { hex } from '../../base/hex.ts';
import { plural } from '../../base/words.ts';
import { defineRule } from '../rule.ts';

const PROGRAMS = ['program or library', 'programs and libraries'] as const;

/** Linux does not mount the image where it is. */
export const MOUNT_REFUSED = defineFinding({
  id: 'xip/mount-refused',
  severity: 'error',
  scope: 'image',
  args: args<{ readonly log: readonly string[]; readonly reason: string }>(),
  title: 'Image that Linux does not mount',
  cause: ({ reason }) => `Linux does not mount the image on this board: ${reason}`,
  fix: 'fix what the kernel complains about, or audit for the board that the image is built for (--phys, --region, --cpu)',
});

/** The image has programs, but not the flag EXT_BLOCK_POINTERS. */
export const EXTENSIONS_MISSING = defineFinding({
  id: 'xip/extensions-missing',
  severity: 'warning',
  scope: 'image',
  args: args<{ readonly programs: number }>(),
  title: 'Image not built for direct mapping',
  cause: ({ programs }) =>
    `the image has ${plural(programs, ...PROGRAMS)}, but not the flag EXT_BLOCK_POINTERS, so Linux cannot map any of it directly`,
  fix: (_, { image }) =>
    `rebuild the image with direct blocks: cramfs mkfs --xip mmu ${image} NEW-IMAGE (or mkcramfs -X -X)`,
});

/** The physical base is not a multiple of the page size. */
export const PHYSICAL_BASE = defineFinding({
  id: 'xip/physical-base',
  severity: 'error',
  scope: 'image',
  args: args<{ readonly physBase: number; readonly past: number; readonly programs: number }>(),
  distinct: () => [],
  title: 'Wrong physical base',
  cause: ({ physBase, past, programs }) =>
    physBase === 0
      ? `the image has no physical address (base 0), so none of ${plural(programs, ...PROGRAMS)} can be mapped directly`
      : `the image starts at ${hex(physBase)}, ${plural(past, 'byte')} past a page boundary, so Linux maps no page of ${plural(programs, ...PROGRAMS)} directly`,
  fix: ({ physBase, past }) =>
    physBase === 0
      ? 'put the image into memory-mapped flash, and give its address with --phys'
      : `move the image to a page boundary, such as ${hex(physBase - past)}`,
});

const IMAGE = { path: null, offset: null };
/** Byte offset of the flags in the superblock. */
const FLAGS_OFFSET = 8;

export const boardWide = defineRule(
  [MOUNT_REFUSED, EXTENSIONS_MISSING, PHYSICAL_BASE],
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
          report(MOUNT_REFUSED, { path: null, offset }, { log, reason: refusal });
          return;
        }
        const physBase = board.memory.base;
        if (programs.notAsked > 0 && !hasExtensions) {
          const offset = image.superblock.position + FLAGS_OFFSET;
          report(EXTENSIONS_MISSING, { path: null, offset }, { programs: programs.notAsked });
        } else if (programs.notAsked > 0) {
          report(PHYSICAL_BASE, IMAGE, { physBase, past: 0, programs: programs.notAsked });
        }
        if (programs.misplaced > 0) {
          report(PHYSICAL_BASE, IMAGE, { physBase, past: basePast, programs: programs.misplaced });
        }
      },
    };
  },
);
