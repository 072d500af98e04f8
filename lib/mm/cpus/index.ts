/** The CPUs there are, and how one is chosen. */
import { CramfsError } from '../../base/errors.ts';
import {
  type AddressLayout,
  type Cpu,
  type CpuModel,
  type CpuName,
  type ProtectionTable,
  protOf,
  type WordBits,
} from '../cpu.ts';
import { isBefore, NEWEST_RUN, type Release } from '../release.ts';
import { arm, armLpae, armM } from './arm.ts';
import { arm64 } from './arm64.ts';
import { mips } from './mips.ts';
import { riscv32, riscv64, riscv64Sv39, riscv64Sv48 } from './riscv.ts';
import { i386, x86_64 } from './x86.ts';
import { xtensa } from './xtensa.ts';

/** All CPUs. Where two run the same programs, the one to assume comes first. */
export const CPU_MODELS: readonly CpuModel[] = [
  x86_64,
  i386,
  arm,
  armLpae,
  arm64,
  riscv64,
  riscv64Sv48,
  riscv64Sv39,
  riscv32,
  mips,
  xtensa,
  armM,
];

/** The names that --cpu takes. */
export const CPU_NAMES: readonly CpuName[] = CPU_MODELS.map(({ name }) => name);

/** In Linux 6.2 `char` became unsigned on every CPU. */
const UNSIGNED_CHAR_SINCE: Release = [6, 2];

/**
 * The CPU of a name.
 *
 * @throws CramfsError USAGE for a name that no CPU has
 */
export function cpuModel(name: string): CpuModel {
  const model = CPU_MODELS.find((candidate) => candidate.name === name);
  if (model !== undefined) return model;
  throw new CramfsError('USAGE', { found: `no CPU is named "${name}"; there are ${CPU_NAMES.join(', ')}` });
}

/** The kernel that runs on a CPU, as far as it matters to it. */
export interface CpuKernel {
  readonly release?: Release | undefined;
  /** Whether it manages an MMU. Default: if the CPU has one. */
  readonly mmu?: boolean | undefined;
}

/** Without an MMU: all of the address space is user space, and nothing is protected. */
const UNPROTECTED: ProtectionTable = { none: '0x0', read: '0x0', readExec: '0x0', exec: '0x0' };

function flatLayout(wordBits: WordBits): AddressLayout {
  return { taskSize: 2 ** wordBits - 1, mmapBase: 0, mmapFloor: 0, execBase: 0, etDynBase: 0 };
}

/** A CPU of the given kind. */
export function makeCpu(name: CpuName, pageSize: number, littleEndian: boolean, kernel: CpuKernel = {}): Cpu {
  const { layout, protections, evidence: _, ...model } = cpuModel(name);
  const { release = NEWEST_RUN, mmu = model.mmu !== 'never' } = kernel;
  const table = mmu ? protections(pageSize, release) : UNPROTECTED;
  const { writeImpliesReadSince: since } = model;
  return {
    ...model,
    ...(mmu ? layout(pageSize, release) : flatLayout(model.wordBits)),
    pageSize,
    littleEndian,
    execOnlyReadable: !mmu || model.execOnlyReadable,
    flushesIcache: mmu && model.flushesIcache,
    charSigned: model.charSignedBefore62 && isBefore(release, UNSIGNED_CHAR_SINCE),
    writeImpliesRead: since !== null && !isBefore(release, since),
    pageProt: (vmFlags) => protOf(vmFlags, table),
  };
}

/** The CPU to assume for a page size where nothing else tells: x86-64 has 4 KiB pages only. */
export function defaultCpuName(pageSize: number): CpuName {
  return pageSize === 4096 ? 'x86-64' : 'arm64';
}

/** Whether a CPU runs programs for a machine (elf_check_arch(), and that of 32-bit programs on a 64-bit kernel). */
export function cpuRuns(name: CpuName, machine: number, bits: WordBits): boolean {
  return cpuModel(name).programs.some((program) => program.machine === machine && program.bits === bits);
}

/**
 * The CPU to assume for programs of a machine; null where none is known. A 32-bit x86 program says nothing about its
 * kernel, and most are run by one of 64 bits.
 */
export function cpuFor(machine: number, bits: WordBits, withMmu: boolean): CpuName | null {
  const fits = ({ mmu, programs }: CpuModel): boolean =>
    mmu !== (withMmu ? 'never' : 'always') &&
    programs.some((program) => program.machine === machine && program.bits === bits);
  return CPU_MODELS.find(fits)?.name ?? null;
}
