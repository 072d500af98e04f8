/**
 * What depends on the CPU: word size, address space, protection bits, and what its port of Linux does differently.
 *
 * Each CPU is a value; the folder cpus/ has them. What a kernel was seen to do and what was only read in its source is
 * part of the value.
 */
import { hexDigits } from '../base/hex.ts';
import type { Evidence } from './evidence.ts';
import type { Release } from './release.ts';
import { VM_EXEC, VM_READ, VM_WRITE } from './vmFlags.ts';

/** Names of the CPUs that are known. */
export type CpuName =
  | 'x86-64'
  | 'i386'
  | 'arm64'
  | 'arm'
  | 'arm-lpae'
  | 'arm-m'
  | 'riscv64'
  | 'riscv64-sv48'
  | 'riscv64-sv39'
  | 'riscv32'
  | 'mips'
  | 'xtensa';

/** Bits of `unsigned long`, or of phys_addr_t. */
export type WordBits = 32 | 64;

/** Where a process's mappings go, in bytes, without randomisation of addresses. */
export interface AddressLayout {
  /** End of user space (TASK_SIZE). */
  readonly taskSize: number;
  /** Where top-down mmap starts to look, in a process with as little in it as that of the lab. */
  readonly mmapBase: number;
  /** Below it lies the program itself: mmap does not go there. */
  readonly mmapFloor: number;
  /** Top of the mmap area while execve() maps the program: nothing is there yet but the stack above it. */
  readonly execBase: number;
  /** Where a PIE with an interpreter is loaded (ELF_ET_DYN_BASE). */
  readonly etDynBase: number;
}

/** What a read of an address gives at which no memory and no device answers. */
export type AbsentMemory = 'zeros' | 'SIGSEGV' | 'SIGBUS';

/** The values of vm_page_prot by protection, in hexadecimal as the kernel prints them. */
export interface ProtectionTable {
  readonly none: string;
  readonly read: string;
  readonly readExec: string;
  readonly exec: string;
}

/** A kind of CPU, with the port of Linux for it. */
export interface CpuModel {
  readonly name: CpuName;
  /** What it is, in one line. */
  readonly title: string;
  /** ELF machines (e_machine) whose programs it runs, its own first; `bits` where only one class of them. */
  readonly programs: readonly { readonly machine: number; readonly bits: WordBits }[];
  /** Whether Linux runs with an MMU on it here. */
  readonly mmu: 'always' | 'never' | 'either';
  /** Page sizes that it has, in bytes. */
  readonly pageSizes: readonly number[];
  /** Bits of `unsigned long`. */
  readonly wordBits: WordBits;
  /** Bits of phys_addr_t: the width of physical addresses in the log, and what of them is kept. */
  readonly physAddrBits: WordBits;
  /** Physical address bits that are assumed; null for as many as usual. */
  readonly physBits: number | null;
  /** Bits of a page frame number that a page table entry holds; null for all. */
  readonly pfnBits: number | null;
  /** Whether a page with PROT_EXEC alone can be read. */
  readonly execOnlyReadable: boolean;
  /** Whether a new vma is soft-dirty (VmFlags "sd"). */
  readonly softDirty: boolean;
  /** Whether the kernel keeps page attribute reservations (PAT): VmFlags "ar" in older kernels. */
  readonly pat: boolean;
  /**
   * Whether an entry without a struct page has a bit of its own (pte_special()). Without one, an entry counts as such
   * where the frame has no struct page.
   */
  readonly hasSpecialPte: boolean;
  /** Whether setting an executable entry looks at the struct page of its frame (flush_icache_pte() of RISC-V). */
  readonly flushesIcache: boolean;
  readonly absentMemory: AbsentMemory;
  /** Whether `char` was signed before Linux 6.2, which makes it unsigned everywhere. */
  readonly charSignedBefore62: boolean;
  /** First release in which PROT_WRITE implies PROT_READ; null for none. */
  readonly writeImpliesReadSince: Release | null;
  readonly evidence: Evidence;
  readonly layout: (pageSize: number, release: Release) => AddressLayout;
  /** vm_page_prot of mappings that are not writable. */
  readonly protections: (pageSize: number, release: Release) => ProtectionTable;
}

/** A CPU with its page size, byte order and kernel release chosen. */
export interface Cpu extends Omit<CpuModel, 'layout' | 'protections' | 'evidence'>, AddressLayout {
  /** Bytes of a page. */
  readonly pageSize: number;
  readonly littleEndian: boolean;
  /** Whether `char` is signed: names are compared as such in look-ups of sorted directories. */
  readonly charSigned: boolean;
  /** Whether PROT_WRITE implies PROT_READ. */
  readonly writeImpliesRead: boolean;
  /** vm_page_prot of a mapping that is not writable, in hexadecimal. */
  readonly pageProt: (vmFlags: number) => string;
}

/** The entry of a table for a mapping's flags. */
export function protOf(vmFlags: number, table: ProtectionTable): string {
  const readable = (vmFlags & (VM_READ | VM_WRITE)) !== 0;
  if ((vmFlags & VM_EXEC) !== 0) return readable ? table.readExec : table.exec;
  return readable ? table.read : table.none;
}

/** Whether a user-space read of a page of such a mapping is let through by protection. */
export function isReadable(cpu: Cpu, vmFlags: number): boolean {
  if ((vmFlags & (VM_READ | VM_WRITE)) !== 0) return true;
  return cpu.execOnlyReadable && (vmFlags & VM_EXEC) !== 0;
}

/** How many values `unsigned long` has. */
export function unsignedLongs(cpu: Pick<Cpu, 'wordBits'>): number {
  return cpu.wordBits === 32 ? 2 ** 32 : 2 ** 64;
}

/** What of a number fits into `unsigned long`. */
export function unsignedLong(cpu: Pick<Cpu, 'wordBits'>, value: number): number {
  return cpu.wordBits === 32 ? value % 2 ** 32 : value;
}

/** A physical address as %pap prints it, after "0x". */
export function physAddrDigits(cpu: Pick<Cpu, 'physAddrBits'>, address: number): string {
  return hexDigits(address, cpu.physAddrBits / 4);
}
