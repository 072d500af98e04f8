/**
 * Which machines' programs a CPU runs.
 */
import { EM_386, EM_AARCH64, EM_ARM, EM_RISCV, EM_X86_64 } from '../elf/machines.ts';
import type { CpuName } from '../mm/cpu.ts';

/** What each CPU runs (elf_check_arch(), and that of the 32-bit programs). */
const RUNS: Readonly<Record<CpuName, readonly number[]>> = {
  'x86-64': [EM_386, EM_X86_64],
  arm64: [EM_ARM, EM_AARCH64],
  riscv64: [EM_RISCV],
};

/** Whether a CPU runs programs for a machine. */
export function cpuRuns(cpu: CpuName, machine: number): boolean {
  return RUNS[cpu].includes(machine);
}

/** The CPU, of those that are known, that runs programs for a machine; null for others. */
export function cpuFor(machine: number): CpuName | null {
  if (cpuRuns('x86-64', machine)) return 'x86-64';
  return cpuRuns('arm64', machine) ? 'arm64' : null;
}
