/** 32-bit ARM: short descriptors, LPAE, and the M profile, which has no MMU. */
import { EM_ARM } from '../../elf/machines.ts';
import type { CpuModel } from '../cpu.ts';

export const arm: CpuModel = {
  name: 'arm',
  title: '32-bit ARM, short descriptors (armhf without LPAE)',
  programs: [{ machine: EM_ARM, bits: 32 }],
  mmu: 'always',
  pageSizes: [4096],
  wordBits: 32,
  physAddrBits: 32,
  physBits: 32,
  pfnBits: 20,
  execOnlyReadable: true,
  softDirty: false,
  pat: false,
  hasSpecialPte: false,
  flushesIcache: false,
  absentMemory: 'SIGBUS',
  charSignedBefore62: false,
  writeImpliesReadSince: null,
  evidence: { run: ['6.1 (armmp, Cortex-A15)'], notRun: 'reads where no memory answers; big endian' },
  layout: () => ({
    taskSize: 0xbf00_0000,
    mmapBase: 0xb6ef_c000,
    mmapFloor: 0x0020_0000,
    execBase: 0xb6ff_f000,
    etDynBase: 0x0040_0000,
  }),
  protections: () => ({ none: '0xe9f', read: '0x79f', readExec: '0x59f', exec: '0x59f' }),
};

export const armLpae: CpuModel = {
  ...arm,
  name: 'arm-lpae',
  title: '32-bit ARM with LPAE (40-bit physical addresses)',
  physAddrBits: 64,
  physBits: 40,
  pfnBits: null,
  hasSpecialPte: true,
  evidence: {
    run: ['6.1 (armmp-lpae, Cortex-A15)'],
    notRun: 'images above 4 GiB, whose addresses the driver cuts to 32 bits; reads where no memory answers',
  },
  protections: () => ({
    none: '0x66000000000071f',
    read: '0x46000000000075f',
    readExec: '0x42000000000075f',
    exec: '0x42000000000075f',
  }),
};

export const armM: CpuModel = {
  ...arm,
  name: 'arm-m',
  title: 'ARM Cortex-M, no MMU',
  mmu: 'never',
  absentMemory: 'SIGSEGV',
  evidence: { run: [], notRun: 'everything: the rules without an MMU were run on riscv64 only' },
};
