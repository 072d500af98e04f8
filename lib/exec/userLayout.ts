/**
 * The machine as a program finds it, without address randomisation: which CPU runs it, and where things go.
 *
 * Only distances within an object are the same on every machine; of the places see mm/cpus.
 */
import { roundDown } from '../base/pages.ts';
import type { ElfHeader } from '../elf/elf.ts';
import { EM_386, EM_486, EM_ARM } from '../elf/machines.ts';
import type { Cpu, CpuName } from '../mm/cpu.ts';
import { cpuFor, cpuRuns, makeCpu } from '../mm/cpus/index.ts';
import type { Board } from '../verdict/board.ts';

/** Bytes between the top of the address space and the first mapping that the kernel places: room for the stack. */
const STACK_GAP = 128 * 1024 * 1024;
/** TASK_SIZE of 32-bit programs on x86-64. */
const TASK_SIZE_32 = 0xffff_e000;
/** Where 32-bit PIEs go on x86-64 (a third of the address space, and 16 MiB). */
const ET_DYN_BASE_32 = 0x5655_5000;

/** The CPU that runs a program: that of the board if it can, else one that can. */
export function programCpu({ cpu }: Pick<Board, 'cpu'>, { machine, bits }: ElfHeader): CpuName {
  if (cpuRuns(cpu.name, machine, bits)) return cpu.name;
  return cpuFor(machine, bits, true) ?? cpu.name;
}

/** The CPU as a program sees it: mappings go where the kernel puts them while it starts the program. */
export function programLayout(board: Pick<Board, 'cpu' | 'release'>, name: CpuName, header: ElfHeader): Cpu {
  let layouts = LAYOUTS.get(board);
  if (layouts === undefined) LAYOUTS.set(board, (layouts = new Map<string, Cpu>()));
  const key = `${name} ${String(header.bits)} ${String(header.littleEndian)}`;
  let layout = layouts.get(key);
  if (layout === undefined) layouts.set(key, (layout = makeLayout(board, name, header)));
  return layout;
}

/** By board, and by what of a program decides: most programs of an image are alike. */
const LAYOUTS = new WeakMap<object, Map<string, Cpu>>();

function makeLayout(board: Pick<Board, 'cpu' | 'release'>, name: CpuName, header: ElfHeader): Cpu {
  const { pageSize } = board.cpu;
  const cpu = makeCpu(name, pageSize, header.littleEndian, { release: board.release });
  const down = (address: number): number => roundDown(address, pageSize);
  if (header.bits < cpu.wordBits) {
    const mmapBase = down(TASK_SIZE_32 - STACK_GAP);
    return { ...cpu, taskSize: TASK_SIZE_32, mmapBase, mmapFloor: 0, etDynBase: down(ET_DYN_BASE_32) };
  }
  return { ...cpu, mmapBase: down(cpu.execBase), mmapFloor: 0, etDynBase: down(cpu.etDynBase) };
}

/** Machines whose kernel gives old 32-bit programs, those without PT_GNU_STACK, READ_IMPLIES_EXEC. */
export function readImpliesExec(header: ElfHeader, hasGnuStack: boolean): boolean {
  return !hasGnuStack && header.bits === 32 && [EM_386, EM_486, EM_ARM].includes(header.machine);
}
