/** RISC-V with an MMU: executable segments whose direct pages meet flush_icache_pte() without a struct page. */
import { defineRule } from '../rule.ts';
import { segmentRef } from '../subject.ts';

export const icacheFlush = defineRule(['xip/riscv-icache'], (_, report) => ({
  mapped(subject) {
    for (const segment of subject.segments) {
      const { verdict } = segment;
      if (!verdict?.icache) continue;
      const { outcome, pfn } = verdict.icache;
      const place = { path: () => subject.path, offset: subject.inode.position };
      const args = { ...segmentRef(segment), outcome, physAddress: pfn * verdict.pageSize };
      report('xip/riscv-icache', place, args);
      return;
    }
  },
}));
