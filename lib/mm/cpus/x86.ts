/** x86, 64 and 32 bits. The values are those of QEMU's "max" CPU, which has protection keys. */
import { EM_386, EM_486, EM_X86_64 } from '../../elf/machines.ts';
import type { CpuModel } from '../cpu.ts';

export const x86_64: CpuModel = {
  name: 'x86-64',
  title: 'x86, 64 bits',
  programs: [
    { machine: EM_X86_64, bits: 64 },
    { machine: EM_386, bits: 32 },
    { machine: EM_486, bits: 32 },
  ],
  mmu: 'always',
  pageSizes: [4096],
  wordBits: 64,
  physAddrBits: 64,
  physBits: null,
  pfnBits: null,
  // A protection key forbids it.
  execOnlyReadable: false,
  softDirty: true,
  pat: true,
  hasSpecialPte: true,
  flushesIcache: false,
  absentMemory: 'zeros',
  charSignedBefore62: true,
  writeImpliesReadSince: null,
  evidence: { run: ['6.1', '6.12', '7.3'], notRun: null },
  layout: () => ({
    taskSize: 0x7fff_ffff_f000,
    mmapBase: 0x7fff_f7ef_8000,
    mmapFloor: 0,
    execBase: 0x7fff_f7ff_f000,
    etDynBase: 0x5555_5555_4000,
  }),
  // present, accessed, user: 0x25; no-execute: bit 63; protection key 1 for execute-only: bit 59
  protections: () => ({ none: '0x120', read: '0x8000000000000025', readExec: '0x25', exec: '0x800000000000025' }),
};

export const i386: CpuModel = {
  ...x86_64,
  name: 'i386',
  title: 'x86, 32 bits, with PAE',
  programs: [
    { machine: EM_386, bits: 32 },
    { machine: EM_486, bits: 32 },
  ],
  wordBits: 32,
  execOnlyReadable: true,
  softDirty: false,
  evidence: { run: ['6.1 (686-pae)'], notRun: 'kernels without PAE' },
  layout: () => ({
    taskSize: 0xc000_0000,
    mmapBase: 0xb7ef_9000,
    mmapFloor: 0x0810_0000,
    execBase: 0xb7ff_f000,
    etDynBase: 0x0040_0000,
  }),
  // The log prints the lower 32 bits: no-execute is bit 63.
  protections: () => ({ none: '0x120', read: '0x25', readExec: '0x25', exec: '0x25' }),
};
