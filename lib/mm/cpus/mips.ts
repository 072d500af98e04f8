/** MIPS, 32 bits: as far as four mappings on one kernel showed it. */
import { EM_MIPS } from '../../elf/machines.ts';
import type { CpuModel } from '../cpu.ts';

export const mips: CpuModel = {
  name: 'mips',
  title: '32-bit MIPS',
  programs: [{ machine: EM_MIPS, bits: 32 }],
  mmu: 'always',
  pageSizes: [4096],
  wordBits: 32,
  physAddrBits: 32,
  physBits: 32,
  pfnBits: 20,
  execOnlyReadable: true,
  softDirty: false,
  pat: false,
  hasSpecialPte: true,
  flushesIcache: false,
  absentMemory: 'SIGBUS',
  charSignedBefore62: true,
  writeImpliesReadSince: null,
  evidence: {
    run: ['6.1 (4kc-malta, little endian, 4 mappings)'],
    notRun: 'PROT_NONE (its page_prot is unknown), page table entries, programs, larger pages, 64 bits',
  },
  layout: () => ({
    taskSize: 0x7fff_8000,
    mmapBase: 0x77ef_c000,
    mmapFloor: 0x0050_0000,
    execBase: 0x77ff_8000,
    etDynBase: 0x5555_0000,
  }),
  protections: () => ({ none: '0x0', read: '0x401', readExec: '0x401', exec: '0x401' }),
};
