/**
 * Where in its address space a program finds itself, without address randomisation: for 32-bit and 64-bit programs.
 *
 * Only distances within an object are the same on every machine; the addresses here are those of Linux on x86-64, and
 * plausible elsewhere.
 */
import { roundDown } from '../base/pages.ts';
import { type Cpu, type CpuName, makeCpu } from '../mm/cpu.ts';
import type { ElfHeader } from '../elf/elf.ts';
import { EM_386, EM_ARM } from '../elf/machines.ts';

/** Bytes between the top of the address space and the first mapping that the kernel places: room for the stack. */
const STACK_GAP = 128 * 1024 * 1024;
/** TASK_SIZE of 32-bit programs on x86-64. */
const TASK_SIZE_32 = 0xffff_e000;
/** Where 32-bit PIEs go on x86-64 (a third of the address space, and 16 MiB). */
const ET_DYN_BASE_32 = 0x5655_5000;

/** The CPU as a program of the given class sees it, and where a PIE with an interpreter is loaded. */
export interface UserLayout {
  readonly cpu: Cpu;
  /** ELF_ET_DYN_BASE, page aligned. */
  readonly etDynBase: number;
}

/** The layout for a program. */
export function userLayout(name: CpuName, pageSize: number, header: ElfHeader): UserLayout {
  const cpu = makeCpu(name, pageSize, header.littleEndian);
  const taskSize = header.bits === 32 ? TASK_SIZE_32 : cpu.taskSize;
  const down = (address: number): number => roundDown(address, pageSize);
  return {
    cpu: { ...cpu, taskSize, mmapBase: down(taskSize - STACK_GAP) },
    etDynBase: down(header.bits === 32 ? ET_DYN_BASE_32 : (taskSize / 3) * 2),
  };
}

/** Machines whose kernel gives old 32-bit programs, those without PT_GNU_STACK, READ_IMPLIES_EXEC. */
export function readImpliesExec(header: ElfHeader, hasGnuStack: boolean): boolean {
  return !hasGnuStack && header.bits === 32 && (header.machine === EM_386 || header.machine === EM_ARM);
}
