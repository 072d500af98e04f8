/**
 * What must hold for any mapping, held against mappings of each file with direct blocks: of all of it, of each segment, and
 * those that tell kernels apart. Nothing here knows what can go wrong: the invariants are verdict/invariants', and what is
 * the image's fault is told from what is the kernel's by where the file's own pointers lead.
 */
import { type Block, blockCount } from '../../image/blocks.ts';
import { KernelBug } from '../../mm/kernel.ts';
import { interestingMappingsOf } from '../../verdict/compareKernels.ts';
import { checkInvariants, type Violation } from '../../verdict/invariants.ts';
import type { MapVerdict } from '../../verdict/mapVerdict.ts';
import type { MapRequest } from '../../verdict/request.ts';
import { Budget } from '../budget.ts';
import { readsLastPageAsZeros } from '../lastPage.ts';
import { defineRule } from '../rule.ts';
import type { MappedSubject } from '../subject.ts';

/** Pages of mappings that only tell kernels apart, in any image, and how many times its own pages a file may have of them. */
const FREE_PAGES = 1 << 14;
const TIMES = 8;
const LEAST_PAGES = 64;

const SEVERITY = { critical: 'error', error: 'error', warning: 'warning' } as const;

export const hazards = defineRule(
  ['xip/kernel-hazard', 'security/pointer-outside', 'security/other-file-visible'],
  ({ board, image, mapper, canMapDirectly }, report) => {
    const { pageSize } = board.cpu;
    const others = new Budget(FREE_PAGES + Math.ceil(image.source.size / 2048));

    /** The mappings to try, the ones that programs make first. */
    function* requests(subject: MappedSubject): Generator<MapRequest, void> {
      const { path, inode, file, segments } = subject;
      yield { path };
      for (const { request } of segments) yield request;
      const own = new Budget(LEAST_PAGES + TIMES * blockCount(inode.size, pageSize));
      try {
        for (const request of interestingMappingsOf(board, file, path)) {
          const pages = Math.ceil((request.length ?? 0) / pageSize);
          if (!own.spend(pages) || !others.spend(pages)) return;
          yield request;
        }
      } catch (error) {
        // The pointers lead the kernel out of its memory: the mappings before this one have shown it.
        if (!(error instanceof KernelBug)) throw error;
      }
    }

    /** The first of some blocks that lies behind the end of the image, be it in part. */
    const firstOutside = ({ blocks }: MappedSubject, first: number, count: number): Block | undefined =>
      blocks
        .slice(first, first + count)
        .find(({ kind, start, length }) => kind === 'direct' && start + length > image.size);

    return {
      mapped(subject) {
        if (subject.directBlocks === 0 || !canMapDirectly) return;
        const lastPage = readsLastPageAsZeros(board, subject);
        const told = new Set<string>();
        const place = { path: () => subject.path, offset: subject.inode.position };

        const judge = (verdict: MapVerdict, violation: Violation): void => {
          const { code, severity, pages, sees, cause } = violation;
          const { request, block } = placeIn(verdict, violation);
          // That the last page reads as zeros is a defect of every kernel, and a finding of the check.
          if (pages?.count === 1 && block === lastPage && (sees?.shows === 'zeros' || code === 'read-differs')) return;
          const outside = block === null ? undefined : firstOutside(subject, block, pages?.count ?? 0);
          const once = (id: string, tell: () => void): void => {
            if (told.has(id)) return;
            told.add(id);
            tell();
          };
          if (outside !== undefined) {
            const { index, start: target } = outside;
            const at = { path: place.path, offset: subject.inode.ino + index * 4 };
            once('pointer', () => {
              report('security/pointer-outside', at, { block: index, target, end: image.size });
            });
          } else if (sees?.shows === 'file' && sees.path !== subject.path) {
            const page = block ?? 0;
            once(`file ${sees.path}`, () => {
              report('security/other-file-visible', place, { page, other: sees.path });
            });
          } else if (code !== 'stray-memory' || sees?.shows !== 'tail') {
            // Bytes behind the end are stray memory, too; one of both says it.
            const found = { page: pages?.first ?? null, pages: pages?.count ?? 0, sees, cause };
            once(code, () => {
              report(
                'xip/kernel-hazard',
                place,
                { invariant: code, violation: severity, ...found, request },
                SEVERITY[severity],
              );
            });
          }
        };

        const placeIn = (verdict: MapVerdict, { pages }: Violation) => {
          const { offset, length, prot } = verdict;
          const block = pages === null ? null : Math.floor(offset / pageSize) + pages.first;
          return { request: { offset, length, prot }, block };
        };

        for (const request of requests(subject)) {
          const verdict = mapper.map(subject, request, { trace: true });
          if (verdict === null) continue;
          for (const violation of checkInvariants(verdict, board)) judge(verdict, violation);
        }
      },
    };
  },
);
