/**
 * What must hold for any mapping, held against mappings of each file with direct blocks: of all of it, of each segment, and
 * those that tell kernels apart. Nothing here knows what can go wrong: the invariants are those of verdict/invariants.
 */
import { blockCount } from '../../image/blocks.ts';
import { KernelBug } from '../../mm/kernel.ts';
import { interestingMappingsOf } from '../../verdict/compareKernels.ts';
import { checkInvariants, type Violation } from '../../verdict/invariants.ts';
import type { MapVerdict } from '../../verdict/mapVerdict.ts';
import type { MapRequest } from '../../verdict/request.ts';
import { Budget } from '../../base/budget.ts';
import { DataOwners } from '../dataOwners.ts';
import { HazardJudge } from '../hazardCause.ts';
import { defineRule } from '../rule.ts';
import type { MappedSubject } from '../subject.ts';

/** Pages of mappings that only tell kernels apart, in any image; larger images may have more. */
const FREE_PAGES = 1 << 14;
/** How many times its own pages a file may have of them, and how many it may have in any case. */
const TIMES = 8;
const LEAST_PAGES = 64;

const SEVERITY = { critical: 'error', error: 'error', warning: 'warning' } as const;

/** A mapping to try. */
interface Tried {
  readonly request: MapRequest;
  /** Whether a program makes it, or may make it. */
  readonly isMade: boolean;
  /** The page of the mapping at which ends what is seen of it. */
  readonly end: number;
}

export const hazards = defineRule(
  ['xip/kernel-hazard', 'security/pointer-outside', 'security/other-file-visible'],
  ({ board, image, mapper, canMapDirectly }, report) => {
    const { pageSize } = board.cpu;
    const owners = new DataOwners(image);
    const budget = new Budget(FREE_PAGES + Math.ceil(image.source.size / 2048));

    /** The mappings to try, the ones that programs make first. Of programs and libraries only their loader's are made. */
    function* requests({ path, inode, file, segments, contents }: MappedSubject): Generator<Tried, void> {
      for (const { request, firstPage, pages } of segments) {
        yield { request, isMade: true, end: firstPage + pages - (request.offset ?? 0) / pageSize };
      }
      const isMade = !('elf' in contents) && !('flat' in contents);
      yield { request: { path }, isMade, end: Infinity };
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
    const tell = (
      subject: MappedSubject,
      judge: HazardJudge,
      { verdict, isMade }: { readonly verdict: MapVerdict; readonly isMade: boolean },
      violation: Violation,
      told: Set<string>,
    ) => {
      const cause = judge.causeOf(verdict, violation);
      if (cause === null || (cause.kind === 'kernel' && !isMade)) return;
      const { code, severity, pages, sees } = violation;
      const kind = cause.kind === 'kernel' ? code : cause.kind;
      if (told.has(kind)) return;
      told.add(kind);
      const path = (): string => subject.path;
      const { ino, position: offset } = subject.inode;
      switch (cause.kind) {
        case 'pointer': {
          const { index: block, start: target } = cause.block;
          const at = { path, offset: ino + block * 4 };
          report('security/pointer-outside', at, { block, target, end: image.size });
          return;
        }
        case 'other file': {
          const { page, other } = cause;
          report('security/other-file-visible', { path, offset }, { page, other });
          return;
        }
        case 'kernel': {
          const request = { offset: verdict.offset, length: verdict.length, prot: verdict.prot };
          const seen = { page: pages?.first ?? null, pages: pages?.count ?? 0, sees, cause: violation.cause };
          const args = { invariant: code, violation: severity, ...seen, request };
          report('xip/kernel-hazard', { path, offset }, args, SEVERITY[severity]);
        }
      }
    };

    return {
      mapped(subject) {
        if (subject.directBlocks === 0 || !canMapDirectly) return;
        const judge = new HazardJudge(board, owners, subject);
        const told = new Set<string>();
        for (const { request, isMade, end } of requests(subject)) {
          const verdict = mapper.map(subject, request, { trace: true });
          if (verdict === null) continue;
          // What setting executable entries does on RISC-V has a finding of its own.
          if (verdict.icache !== null) continue;
          for (const violation of checkInvariants(verdict, board)) {
            // What follows a segment in the loader's mapping is replaced by the next one.
            if (violation.code !== 'entry-outside-vma' && (violation.pages?.first ?? 0) >= end) continue;
            tell(subject, judge, { verdict, isMade }, violation, told);
          }
        }
      },
    };
  },
);
