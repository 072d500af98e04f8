/** RISC-V with an MMU: executable segments whose direct pages meet flush_icache_pte() without a struct page. */
import { args, defineFinding } from '../../findings/definition.ts';
import { hex } from '../../base/hex.ts';
import type { IcacheFault } from '../../mm/icache.ts';
import type { SegmentRef } from '../segmentRef.ts';
import { defineRule } from '../rule.ts';
import { segmentRef } from '../subject.ts';

/** What happens when an executable entry has no struct page. */
const OUTCOMES: Readonly<Record<IcacheFault['outcome'], string>> = {
  oops: 'the kernel oopses, and the program never starts',
  'oops or bit':
    'with SPARSEMEM the kernel oopses and the program never starts, with FLATMEM it silently sets a bit of other memory for each page',
  bit: 'the kernel silently sets a bit of other memory for each page',
};

/** An executable segment's direct pages meet flush_icache_pte() of RISC-V without a struct page. */
export const RISCV_ICACHE = defineFinding({
  id: 'xip/riscv-icache',
  severity: 'error',
  scope: 'entry',
  args: args<
    SegmentRef & {
      readonly outcome: IcacheFault['outcome'];
      /** Of the first page. */
      readonly physAddress: number;
    }
  >(),
  distinct: ({ outcome }) => [outcome],
  title: 'Kernel crash or memory corruption when executing from flash (RISC-V)',
  cause: ({ segment, perms, outcome, physAddress }) =>
    `segment ${String(segment)} (${perms}) would be mapped directly from ${hex(physAddress)}, which has no struct page, and flush_icache_pte() does not check for that: ${OUTCOMES[outcome]}`,
  fix: (_, { rebuildCompressed }) =>
    `fix flush_icache_pte() in the kernel (return if !pfn_valid(pte_pfn(pte))) and audit with --riscv-icache fixed; or put the image into RAM reserved with no-map (--ram); or compress the text: ${rebuildCompressed()}`,
});

export const icacheFlush = defineRule([RISCV_ICACHE], (_, report) => ({
  mapped(subject) {
    for (const segment of subject.segments) {
      const { verdict } = segment;
      if (!verdict?.icache) continue;
      const { outcome, pfn } = verdict.icache;
      const place = { path: () => subject.path, offset: subject.inode.position };
      const args = { ...segmentRef(segment), outcome, physAddress: pfn * verdict.pageSize };
      report(RISCV_ICACHE, place, args);
      return;
    }
  },
}));
