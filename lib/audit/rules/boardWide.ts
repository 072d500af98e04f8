/** What keeps the whole image from being mapped directly, said once: no mount, no flag, no address, the wrong address. */
import { reasonFor } from '../reason.ts';
import { args, defineFinding } from '../../findings/definition.ts';
import { hex } from '../../base/hex.ts';
import { roundUp } from '../../base/pages.ts';
import { plural } from '../../base/words.ts';
import { REGION_GRANULE } from '../../verdict/board.ts';
import { defineRule } from '../rule.ts';

const PROGRAMS = ['program or library', 'programs and libraries'] as const;

/** Linux does not mount the image where it is. */
export const MOUNT_REFUSED = defineFinding({
  id: 'xip/mount-refused',
  severity: 'error',
  scope: 'image',
  args: args<{
    readonly log: readonly string[];
    readonly reason: string;
    /** The CPU's byte order, where the image is in the other one. */
    readonly order: 'little' | 'big' | null;
    /** Bytes of a region that would hold the image, where its own does not. */
    readonly region: number | null;
  }>(),
  title: 'Image that Linux does not mount',
  cause: ({ reason }) => `Linux does not mount the image on this board: ${reason}`,
  fix: ({ order, region }, { audit, rebuild }) => {
    if (order !== null) {
      const other = order === 'big' ? 'little' : 'big';
      return `build the image in the CPU's byte order: ${rebuild('--endian', order)}; or audit for a CPU of the image's: ${audit('--endian', other)}`;
    }
    if (region !== null) return `audit with a region that holds the image: ${audit('--region', hex(region))}`;
    return 'fix what the kernel complains about: other findings show what is wrong in the image';
  },
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
  fix: (_, { rebuildDirect }) => `rebuild the image with direct blocks: ${rebuildDirect()}`,
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

/** Programs that only kernels without an MMU load as they are. */
export const NOMMU_PROGRAMS = defineFinding({
  id: 'xip/nommu-programs',
  severity: 'warning',
  scope: 'image',
  args: args<{ readonly programs: number; readonly kernel: string }>(),
  distinct: () => [],
  title: 'Programs for a kernel without an MMU',
  cause: ({ programs, kernel }) =>
    `the image has ${plural(programs, 'bFLT program')}, and ${kernel} has an MMU: the audit takes ${programs === 1 ? 'it' : 'them'} for data`,
  fix: (_, { audit }) => `audit for a kernel without an MMU: ${audit('--kernel', 'nommu')}`,
});

export const boardWide = defineRule(
  [MOUNT_REFUSED, EXTENSIONS_MISSING, PHYSICAL_BASE, NOMMU_PROGRAMS],
  ({ board, image, refusal, hasExtensions, basePast }, report) => {
    const programs = { notAsked: 0, misplaced: 0, flat: 0 };
    return {
      mapped(subject) {
        const reasons = subject.segments.map((segment) => reasonFor(board, subject, segment)?.why);
        if (reasons.includes('not asked')) programs.notAsked++;
        if (reasons.includes('physical base')) programs.misplaced++;
        if ('flat' in subject.contents) programs.flat++;
      },
      end() {
        if (refusal !== null) {
          const { log, offset } = board.mount;
          const order =
            board.cpu.littleEndian === image.littleEndian ? null : board.cpu.littleEndian ? 'little' : 'big';
          const region = image.size > board.memory.size ? roundUp(image.size, REGION_GRANULE) : null;
          report(MOUNT_REFUSED, { path: null, offset }, { log, reason: refusal, order, region });
          return;
        }
        if (programs.flat > 0 && board.kernel.nommu === undefined) {
          report(NOMMU_PROGRAMS, IMAGE, { programs: programs.flat, kernel: board.kernel.name });
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
