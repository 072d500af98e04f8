/**
 * How a kernel without an MMU loads an ELF file (fs/binfmt_elf_fdpic.c): by the ABI that its header names.
 */
import type { ElfHeader } from './elf.ts';
import { EM_68K, EM_ARM, EM_RISCV, EM_SH, EM_XTENSA } from './machines.ts';

/** `segments`: each segment is a mapping of the file. `whole`: the span of all segments is one piece of RAM, filled by reading. */
export type NommuArrangement = 'segments' | 'whole';

/** ELFOSABI_ARM_FDPIC, ELFOSABI_XTENSA_FDPIC. */
export const ELFOSABI_FDPIC = 65;
const EF_ARM_PIC = 0x20;
const EF_SH_PIC = 0x100;
const EF_SH_FDPIC = 0x8000;

/** Machines whose port has the loader without an MMU (CONFIG_BINFMT_ELF_FDPIC). */
const PORTS: readonly number[] = [EM_ARM, EM_SH, EM_XTENSA, EM_68K, EM_RISCV];
/** The first release that offers it for RISC-V; 6.1 does not, 6.12 does, the releases between were not run. */
const RISCV_SINCE = [6, 5] as const;

/** Whether the kernel of a machine has the loader in a release. */
export function loadsElfWithoutMmu({ machine }: Pick<ElfHeader, 'machine'>, release: readonly number[]): boolean {
  if (!PORTS.includes(machine)) return false;
  const [major = 0, minor = 0] = release;
  return machine !== EM_RISCV || major > RISCV_SINCE[0] || (major === RISCV_SINCE[0] && minor >= RISCV_SINCE[1]);
}

/** elf_check_fdpic(): whether the segments may go to places of their own. */
export function isFdpic({ machine, osabi, flags }: Pick<ElfHeader, 'machine' | 'osabi' | 'flags'>): boolean {
  switch (machine) {
    case EM_ARM:
    case EM_XTENSA:
      return osabi === ELFOSABI_FDPIC;
    case EM_SH:
      return (flags & EF_SH_FDPIC) !== 0;
    default:
      return false;
  }
}

/** is_constdisp(), and what elf_fdpic_map_file() makes of it without an MMU. */
export function nommuArrangement(header: Pick<ElfHeader, 'machine' | 'osabi' | 'flags'>): NommuArrangement {
  const { machine, flags } = header;
  const pic = machine === EM_ARM ? EF_ARM_PIC : machine === EM_SH ? EF_SH_PIC : 0;
  return isFdpic(header) && (flags & pic) === 0 ? 'segments' : 'whole';
}
