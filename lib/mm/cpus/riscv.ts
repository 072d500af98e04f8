/** RISC-V, 64 and 32 bits, with and without an MMU. */
import { EM_RISCV } from '../../elf/machines.ts';
import type { AddressLayout, CpuModel } from '../cpu.ts';
import { isBefore, type Release } from '../release.ts';

/** Bytes that the kernel's vvar and vdso take at the top of the mmap area. */
const VDSO_BYTES = 0x3000;
/** Bytes between the top of the mmap area and the end of the stack, with the usual stack limit of 8 MiB. */
const STACK_GAP = 0x0800_0000;

/** The layout below the end of the stack. */
function below(stackEnd: number, etDynBase: number, mmapFloor = 0): AddressLayout {
  const execBase = stackEnd - STACK_GAP;
  return { taskSize: stackEnd, mmapBase: execBase - VDSO_BYTES, mmapFloor, execBase, etDynBase };
}

/** Since when a process stays within 47 bits unless it asks for more. */
const HINTED_ADDRESSES_SINCE: Release = [6, 6];

export const riscv64: CpuModel = {
  name: 'riscv64',
  title: '64-bit RISC-V (Sv57)',
  programs: [{ machine: EM_RISCV, bits: 64 }],
  mmu: 'either',
  pageSizes: [4096],
  wordBits: 64,
  physAddrBits: 64,
  physBits: null,
  pfnBits: 44,
  execOnlyReadable: false,
  softDirty: false,
  pat: false,
  hasSpecialPte: true,
  flushesIcache: true,
  absentMemory: 'SIGSEGV',
  charSignedBefore62: false,
  // Seen on 7.3 and not on 6.12; no kernel between them was run.
  writeImpliesReadSince: [7, 0],
  evidence: {
    run: ['6.1', '6.12', '7.3', '6.1 without an MMU', '6.12 without an MMU'],
    notRun: 'several CPUs, hardware',
  },
  layout: (_, release) =>
    isBefore(release, HINTED_ADDRESSES_SINCE)
      ? below(0x100_0000_0000_0000, 0xaa_aaaa_aaaa_a000)
      : below(0x8000_0000_0000, 0x5555_5555_5000),
  protections: () => ({ none: '0x22', read: '0x53', readExec: '0x5b', exec: '0x59' }),
};

export const riscv64Sv48: CpuModel = {
  ...riscv64,
  name: 'riscv64-sv48',
  title: '64-bit RISC-V (Sv48)',
  mmu: 'always',
  evidence: { run: ['6.12'], notRun: 'several CPUs, hardware' },
  layout: () => below(0x8000_0000_0000, 0x5555_5555_5000),
};

export const riscv64Sv39: CpuModel = {
  ...riscv64,
  name: 'riscv64-sv39',
  title: '64-bit RISC-V (Sv39)',
  mmu: 'always',
  evidence: { run: ['6.12'], notRun: 'several CPUs, hardware' },
  layout: () => below(0x40_0000_0000, 0x2a_aaaa_a000),
};

export const riscv32: CpuModel = {
  ...riscv64,
  name: 'riscv32',
  title: '32-bit RISC-V (Sv32)',
  programs: [{ machine: EM_RISCV, bits: 32 }],
  wordBits: 32,
  physAddrBits: 32,
  physBits: 32,
  pfnBits: 22,
  evidence: { run: ['6.12'], notRun: '6.1 and 7.3, kernels without an MMU, several CPUs, hardware' },
  layout: () => below(0x9d80_0000, 0x6900_0000, 0x0020_0000),
};
