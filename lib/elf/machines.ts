/**
 * The machines that ELF files name (e_machine).
 */

export const EM_386 = 3;
export const EM_68K = 4;
export const EM_486 = 6;
export const EM_MIPS = 8;
export const EM_ARM = 40;
export const EM_SH = 42;
export const EM_X86_64 = 62;
export const EM_XTENSA = 94;
export const EM_AARCH64 = 183;
export const EM_RISCV = 243;

const NAMES: Readonly<Record<number, string>> = {
  2: 'SPARC',
  [EM_386]: 'i386',
  [EM_68K]: 'm68k',
  [EM_486]: 'i486',
  [EM_MIPS]: 'MIPS',
  15: 'PA-RISC',
  20: 'PowerPC',
  21: 'PowerPC64',
  22: 'S/390',
  [EM_ARM]: 'ARM',
  [EM_SH]: 'SuperH',
  43: 'SPARC64',
  [EM_X86_64]: 'x86-64',
  [EM_XTENSA]: 'Xtensa',
  [EM_AARCH64]: 'AArch64',
  189: 'MicroBlaze',
  [EM_RISCV]: 'RISC-V',
  258: 'LoongArch',
};

/** Machines of one class each, whose kernels look at e_machine and not at EI_CLASS and EI_DATA (elf_check_arch()). */
const BITS: Readonly<Record<number, 32 | 64>> = {
  [EM_386]: 32,
  [EM_486]: 32,
  [EM_ARM]: 32,
  [EM_X86_64]: 64,
  [EM_AARCH64]: 64,
};

/** The class that Linux takes a program of a machine for, whatever EI_CLASS says; null where EI_CLASS counts. */
export function machineBits(machine: number): 32 | 64 | null {
  return BITS[machine] ?? null;
}

/** A machine by its usual name. */
export function machineName(machine: number): string {
  return NAMES[machine] ?? `machine ${String(machine)}`;
}
