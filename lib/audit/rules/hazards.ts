/**
 * What must hold for any mapping, held against mappings of each file with direct blocks: of all of it, of each segment, and
 * those that tell kernels apart. Nothing here knows what can go wrong: the invariants are those of verdict/invariants.
 */
import { blockCount } from '../../image/blocks.ts';
import { KernelBug } from '../../mm/kernel.ts';
import { interestingMappingsOf } from '../../verdict/compareKernels.ts';
import { checkInvariants } from '../../verdict/invariants.ts';
import type { InvariantCode, Violation, ViolationCause, ViolationSeverity } from '../../verdict/violation.ts';
import { causeText } from '../violationWords.ts';
import type { MapVerdict, Sight } from '../../verdict/mapVerdict.ts';
import { Budget } from '../../base/budget.ts';
import { DataOwners } from '../dataOwners.ts';
import { HazardJudge } from '../hazardCause.ts';
import { SoundKernels } from '../soundKernels.ts';
import { args, defineFinding, type FixPlace } from '../../findings/definition.ts';
import { shownPath } from '../../format/shownPath.ts';
import { pageRange, plural } from '../../base/words.ts';
import { REBUILD } from '../../check/words.ts';
import { defineRule } from '../rule.ts';
import type { FilePart, MappedSegment, MappedSubject } from '../subject.ts';

const BROKEN: Readonly<Record<InvariantCode, string>> = {
  'kernel-dies': 'the kernel oopses',
  'writes-elsewhere': 'the kernel writes to memory that belongs to something else',
  'mapping-refused': 'the kernel refuses what it decided to map, and mmap() fails',
  'wrong-content': "the bytes shown are not the file's",
  'tail-not-zero': 'bytes past end of file are not zero',
  'stray-memory': "the memory shown is not this file's",
  'touch-kills': 'accessing the file kills the process',
  'readable-behind-end': 'pages past end of file can be read',
  'entry-outside-vma': 'page table entries are outside the mapping',
  'entry-outside-image': 'page table entries point outside the image',
  'pfnmap-incomplete': 'a mapping of page frames lacks pages',
  'state-disagrees': '/proc shows the mapping as something it is not',
  'read-differs': 'read(2) returns different bytes than the mapping shows',
};

function seen(sees: Sight | null): string {
  switch (sees?.shows) {
    case 'file':
      return `, and page ${String(sees.page)} of ${shownPath(sees.path)} is shown`;
    case 'image':
      return `, and byte ${String(sees.offset)} of the image is shown`;
    case 'foreign':
      return ', and memory outside the image is shown';
    case 'zeros':
      return ', and zeros are shown';
    default:
      return '';
  }
}

/** A mapping breaks an invariant under this kernel. */
export const KERNEL_HAZARD = defineFinding({
  id: 'xip/kernel-hazard',
  severity: 'error',
  scope: 'entry',
  args: args<{
    readonly invariant: InvariantCode;
    readonly violation: ViolationSeverity;
    readonly page: number | null;
    readonly pages: number;
    readonly sees: Sight | null;
    readonly cause: ViolationCause | null;
    /** The mapping that shows it: byte offset and length in the file, protection. */
    readonly request: { readonly offset: number; readonly length: number; readonly prot: string };
    /** The newest released kernel whose mapping is sound; null where none is. */
    readonly soundKernel: string | null;
  }>(),
  distinct: ({ invariant, request }) => [invariant, request.prot],
  title: 'Faulty mapping under this kernel',
  cause: ({ invariant, sees, page, pages, cause, request }) =>
    `a mapping of ${plural(request.length, 'byte')} from byte ${String(request.offset)} of the file (${request.prot}): ${BROKEN[invariant]}${
      page === null ? '' : `, ${pageRange(page, pages)}`
    }${seen(sees)}${cause === null ? '' : ` (${causeText(cause)})`}`,
  fix: ({ soundKernel }, { rebuildCompressed }) => withoutTheBug(soundKernel, rebuildCompressed),
});

export const POINTER_OUTSIDE = defineFinding({
  id: 'security/pointer-outside',
  severity: 'error',
  scope: 'entry',
  args: args<{ readonly block: number; readonly target: number; readonly end: number }>(),
  title: 'Block pointer outside the image',
  cause: ({ block, target, end }) =>
    `block ${String(block)} points at byte ${String(target)}, past the end of the image at ${String(end)}, and Linux maps whatever memory is there`,
  fix: `${REBUILD}; programs can read, and execute, memory that is not part of the image`,
});

export const OTHER_FILE_VISIBLE = defineFinding({
  id: 'security/other-file-visible',
  severity: 'error',
  scope: 'entry',
  args: args<{ readonly page: number; readonly other: string; readonly soundKernel: string | null }>(),
  distinct: ({ other }) => [other],
  title: "Another file's bytes in a mapping",
  cause: ({ page, other }) => `a mapping of the file shows bytes of ${shownPath(other)} in page ${String(page)}`,
  fix: ({ soundKernel }, { rebuildCompressed }) => withoutTheBug(soundKernel, rebuildCompressed),
});

/** What helps against a fault of the kernel: another one, or an image of which it maps nothing directly. */
function withoutTheBug(soundKernel: string | null, rebuildCompressed: FixPlace['rebuildCompressed']): string {
  const compressed = `compress the file: ${rebuildCompressed()}`;
  return soundKernel === null
    ? `no released kernel maps the file correctly: ${compressed}`
    : `use a kernel without this bug, such as ${soundKernel}; or ${compressed}`;
}

/** Pages of mappings that only tell kernels apart, in any image; larger images may have more. */
const FREE_PAGES = 1 << 14;
/** How many times its own pages a file may have of them, and how many it may have in any case. */
const TIMES = 8;
const LEAST_PAGES = 64;

const SEVERITY = { critical: 'error', error: 'error', warning: 'warning' } as const;

/** A mapping to try. */
interface Tried {
  readonly request: FilePart;
  /** Whether a program makes it, or may make it. */
  readonly isMade: boolean;
  /** The page of the mapping at which ends what is seen of it. */
  readonly end: number;
}

export const hazards = defineRule(
  [KERNEL_HAZARD, POINTER_OUTSIDE, OTHER_FILE_VISIBLE],
  ({ board, image, mapper, canMapDirectly }, report) => {
    const { pageSize } = board.cpu;
    const owners = new DataOwners(image);
    const kernels = new SoundKernels(board, owners);
    const budget = new Budget(FREE_PAGES + Math.ceil(image.source.size / 2048));

    /** The mappings to try, the ones that programs make first. Of programs and libraries only their loader's are made. */
    function* requests({ path, inode, file, segments, contents }: MappedSubject): Generator<Tried, void> {
      for (const { request, firstPage, pages } of segments) {
        yield { request, isMade: true, end: firstPage + pages - (request.offset ?? 0) / pageSize };
      }
      // Nothing maps a bFLT file but its loader.
      if ('flat' in contents) return;
      const isMade = !('elf' in contents);
      yield { request: {}, isMade, end: Infinity };
      const own = new Budget(LEAST_PAGES + TIMES * blockCount(inode.size, pageSize));
      try {
        for (const request of interestingMappingsOf(board, file, path)) {
          const pages = Math.ceil((request.length ?? 0) / pageSize);
          if (!own.spend(pages) || !budget.spend(pages)) return;
          yield { request, isMade, end: Infinity };
        }
      } catch (error) {
        // The pointers lead the kernel out of its memory: the mappings before this one have shown it.
        if (!(error instanceof KernelBug)) throw error;
      }
    }

    /** Tells of a violation; each of a kind once for a file. */
    const reportOnce = (
      subject: MappedSubject,
      judge: HazardJudge,
      { verdict, isMade, end }: Omit<Tried, 'request'> & { readonly verdict: MapVerdict },
      violation: Violation,
      reported: Set<string>,
    ) => {
      const cause = judge.causeOf(verdict, violation);
      if (cause === null || (cause.kind === 'kernel' && !isMade)) return;
      const { code, severity, pages, sees } = violation;
      const kind = cause.kind === 'kernel' ? code : cause.kind;
      if (reported.has(kind)) return;
      reported.add(kind);
      const path = (): string => subject.path;
      const { ino, position: offset } = subject.inode;
      switch (cause.kind) {
        case 'pointer': {
          const { index: block, start: target } = cause.block;
          const at = { path, offset: ino + block * 4 };
          report(POINTER_OUTSIDE, at, { block, target, end: image.size });
          return;
        }
        case 'other file': {
          const { page, other } = cause;
          const soundKernel = kernels.newestFor(subject, verdict, end);
          report(OTHER_FILE_VISIBLE, { path, offset }, { page, other, soundKernel });
          return;
        }
        case 'kernel': {
          const request = { offset: verdict.offset, length: verdict.length, prot: verdict.prot };
          const what = { page: pages?.first ?? null, pages: pages?.count ?? 0, sees, cause: violation.cause };
          const soundKernel = kernels.newestFor(subject, verdict, end);
          const args = { invariant: code, violation: severity, ...what, request, soundKernel };
          report(KERNEL_HAZARD, { path, offset }, args, SEVERITY[severity]);
        }
      }
    };

    /** Segments of files whose mappings were all sound; other names of the same data have them too. */
    const sound = new WeakSet<readonly MappedSegment[]>();

    return {
      mapped(subject) {
        if (subject.directBlocks === 0 || !canMapDirectly || sound.has(subject.segments)) return;
        let isSound = true;
        const judge = new HazardJudge(board, owners, subject);
        const reported = new Set<string>();
        for (const { request, isMade, end } of requests(subject)) {
          const verdict = mapper.lookAt(subject, request);
          if (verdict === null) continue;
          // What setting executable entries does on RISC-V has a finding of its own.
          if (verdict.icache !== null) continue;
          for (const violation of checkInvariants(verdict, board)) {
            isSound = false;
            // What follows a segment in the loader's mapping is replaced by the next one.
            if (violation.code !== 'entry-outside-vma' && (violation.pages?.first ?? 0) >= end) continue;
            reportOnce(subject, judge, { verdict, isMade, end }, violation, reported);
          }
        }
        if (isSound) sound.add(subject.segments);
      },
    };
  },
);
