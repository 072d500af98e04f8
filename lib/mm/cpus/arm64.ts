/** AArch64 with pages of 4, 16 and 64 KiB. */
import { roundDown } from '../../base/pages.ts';
import { EM_AARCH64, EM_ARM } from '../../elf/machines.ts';
import type { CpuModel } from '../cpu.ts';
import { isBefore } from '../release.ts';

/** PTE_PROT_NONE had a bit of its own before the entry of an unreadable page became one that is "present, invalid". */
const PRESENT_INVALID_SINCE = [6, 10] as const;

export const arm64: CpuModel = {
  name: 'arm64',
  title: '64-bit ARM (AArch64)',
  programs: [
    { machine: EM_AARCH64, bits: 64 },
    { machine: EM_ARM, bits: 32 },
  ],
  mmu: 'always',
  pageSizes: [4096, 16384, 65536],
  wordBits: 64,
  physAddrBits: 64,
  physBits: null,
  pfnBits: null,
  execOnlyReadable: true,
  softDirty: false,
  pat: false,
  hasSpecialPte: true,
  flushesIcache: false,
  absentMemory: 'SIGBUS',
  charSignedBefore62: false,
  writeImpliesReadSince: null,
  evidence: {
    run: ['6.1 (4 KiB pages)', '7.3 (16 KiB pages)'],
    notRun: '64 KiB pages; page_prot of other pairs of release and page size; reads where no memory answers',
  },
  layout: (pageSize) => ({
    taskSize: 0x1_0000_0000_0000,
    mmapBase: pageSize === 4096 ? 0xffff_f7ef_c000 : 0xffff_f7ff_0000,
    mmapFloor: 0,
    execBase: 0x1_0000_0000_0000 - 0x0800_0000,
    etDynBase: roundDown(0xaaaa_aaaa_aaaa, pageSize),
  }),
  protections(pageSize, release) {
    // Inner shareable: bits 8 and 9, which address bits take the place of where pages of 16 KiB have 52-bit addresses.
    const shareable = pageSize === 16384 ? 0 : 0x300;
    const protNone = isBefore(release, PRESENT_INVALID_SINCE) ? '0x460000000000' : '0x60000000000';
    const low = (bits: number): string => (bits | shareable).toString(16);
    return {
      none: `${protNone}${low(0xc82)}`,
      read: `0x60000000000${low(0xcc3)}`,
      readExec: `0x20000000000${low(0xcc3)}`,
      exec: `0x20000000000${low(0xcc3)}`,
    };
  },
};
