/**
 * What depends on the CPU: page size, byte order, address space, protection bits.
 *
 * The values of page_prot and of execute-only memory are as observed on QEMU's "max" CPUs: x86-64 with protection keys,
 * and AArch64; of RISC-V only machines without an MMU are known.
 */
import { VM_EXEC, VM_READ, VM_WRITE } from './vmFlags.ts';

/** Names of the CPUs that are known. */
export type CpuName = 'x86-64' | 'arm64' | 'riscv64';

/** A CPU with its page size and byte order chosen. */
export interface Cpu {
  readonly name: CpuName;
  /** Bytes of a page. */
  readonly pageSize: number;
  readonly littleEndian: boolean;
  /** End of user space, in bytes (TASK_SIZE). */
  readonly taskSize: number;
  /** Where top-down mmap starts to look, in bytes, without randomisation. */
  readonly mmapBase: number;
  /** Whether a page with PROT_EXEC alone can be read. On x86-64 a protection key forbids it. */
  readonly execOnlyReadable: boolean;
  /** Whether a new vma is soft-dirty (VmFlags "sd"). */
  readonly softDirty: boolean;
  /** Whether the kernel keeps page attribute reservations (PAT): VmFlags "ar" in older kernels. */
  readonly pat: boolean;
  /** vm_page_prot of a mapping that is not writable, in hexadecimal. */
  pageProt(vmFlags: number): string;
}

const X86_64 = {
  name: 'x86-64',
  taskSize: 0x7fff_ffff_f000,
  mmapBase: 0x7fff_f7ef_8000,
  execOnlyReadable: false,
  softDirty: true,
  pat: true,
  // present, accessed, user: 0x25; no-execute: bit 63; protection key 1 for execute-only: bit 59
  pageProt: (flags: number): string =>
    protOf(flags, { none: '0x120', read: '0x8000000000000025', readExec: '0x25', exec: '0x800000000000025' }),
} as const;

const ARM64 = {
  name: 'arm64',
  taskSize: 0x1_0000_0000_0000,
  mmapBase: 0xffff_f7ff_0000,
  execOnlyReadable: true,
  softDirty: false,
  pat: false,
  pageProt: (flags: number): string =>
    protOf(flags, {
      none: '0x60000000000c82',
      read: '0x60000000000cc3',
      readExec: '0x20000000000cc3',
      exec: '0x20000000000cc3',
    }),
} as const;

/** RISC-V without an MMU: all of the address space is user space, and nothing is protected. */
const RISCV64 = {
  name: 'riscv64',
  taskSize: 2 ** 64 - 1,
  mmapBase: 0,
  execOnlyReadable: true,
  softDirty: false,
  pat: false,
  pageProt: (): string => '0x0',
} as const;

const CPUS = { 'x86-64': X86_64, arm64: ARM64, riscv64: RISCV64 } as const;

interface ProtectionTable {
  readonly none: string;
  readonly read: string;
  readonly readExec: string;
  readonly exec: string;
}

function protOf(flags: number, table: ProtectionTable): string {
  const readable = (flags & (VM_READ | VM_WRITE)) !== 0;
  if ((flags & VM_EXEC) !== 0) return readable ? table.readExec : table.exec;
  return readable ? table.read : table.none;
}

/** The CPU to assume for a page size where none is named: x86-64 has 4 KiB pages only. */
export function defaultCpuName(pageSize: number): CpuName {
  return pageSize === 4096 ? 'x86-64' : 'arm64';
}

/** A CPU of the given kind. */
export function makeCpu(name: CpuName, pageSize: number, littleEndian: boolean): Cpu {
  return { ...CPUS[name], pageSize, littleEndian };
}

/** Whether a user-space read of a page of such a mapping is let through by protection. */
export function isReadable(cpu: Cpu, vmFlags: number): boolean {
  if ((vmFlags & (VM_READ | VM_WRITE)) !== 0) return true;
  return cpu.execOnlyReadable && (vmFlags & VM_EXEC) !== 0;
}
