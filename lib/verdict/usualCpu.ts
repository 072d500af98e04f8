/**
 * The CPU to assume where none is named: the one that most programs of the image are for.
 */
import { CramfsError } from '../base/errors.ts';
import { machineName } from '../elf/machines.ts';
import { S_IFMT, S_IFREG } from '../format/constants.ts';
import { fileBlock } from '../image/blocks.ts';
import { readBlock } from '../image/content.ts';
import type { CramfsImage, Inode } from '../image/image.ts';
import { type SeenInode, visitInodes } from '../inspect/visitInodes.ts';
import type { CpuName, WordBits } from '../mm/cpu.ts';
import { cpuFor, cpuModel, defaultCpuName } from '../mm/cpus/index.ts';

/** A CPU, and why it is this one. */
export interface CpuChoice {
  readonly name: CpuName;
  /** `given`: it was named; `programs`: the image's programs are for it; `page size`: nothing told, or nothing known. */
  readonly from: 'given' | 'programs' | 'page size';
  /** The machine that most programs are for, by its usual name; null without programs. */
  readonly machine: string | null;
  /** Whether the kernel has an MMU, and the CPU of the programs none. */
  readonly needsNommu: boolean;
}

/** Entries of the tree that are looked at, and files of them whose first bytes are read. */
const MAX_ENTRIES = 8192;
const MAX_FILES = 256;
/** Bytes of an ELF file up to e_machine. */
const HEAD = 20;
const DOT = 0x2e;

interface Vote {
  readonly machine: number;
  readonly bits: WordBits;
  count: number;
}

const VOTES = new WeakMap<CramfsImage, readonly Vote[]>();

/**
 * The CPU of an image's programs, for a kernel with or without an MMU.
 *
 * @throws CramfsError IO when the image's source fails
 */
export function usualCpu(image: CramfsImage, withMmu: boolean): CpuChoice {
  let votes = VOTES.get(image);
  if (votes === undefined) {
    votes = countPrograms(image);
    VOTES.set(image, votes);
  }
  const [first] = votes;
  const machine = first === undefined ? null : machineName(first.machine);
  const name = first === undefined ? null : cpuFor(first.machine, first.bits, withMmu);
  if (name !== null && cpuModel(name).pageSizes.includes(image.pageSize)) {
    return { name, from: 'programs', machine, needsNommu: false };
  }
  const needsNommu = withMmu && first !== undefined && cpuFor(first.machine, first.bits, false) !== null;
  return { name: withMmu ? defaultCpuName(image.pageSize) : 'riscv64', from: 'page size', machine, needsNommu };
}

/** The machines of the image's ELF files, the most frequent first, as far as that takes. What is damaged has no vote. */
function countPrograms(image: CramfsImage): Vote[] {
  const votes = new Map<string, Vote>();
  let files = 0;
  visitInodes(image, MAX_ENTRIES, (seen) => {
    const { mode, size } = seen.fields;
    if ((mode & S_IFMT) !== S_IFREG || size < HEAD || ((mode & 0o111) === 0 && !isLibrary(seen))) return true;
    if (++files > MAX_FILES) return false;
    const found = machineOf(firstBytes(image, seen.entry().inode));
    if (found === null) return true;
    const key = `${String(found.machine)} ${String(found.bits)}`;
    const vote = votes.get(key) ?? { ...found, count: 0 };
    votes.set(key, vote);
    // With more than half of all votes there can be, it is the most frequent one.
    return ++vote.count <= MAX_FILES / 2;
  });
  return [...votes.values()].sort((a, b) => b.count - a.count);
}

/** Whether a name has ".so", with a dot or nothing after it. */
function isLibrary({ bytes, nameStart, nameLength }: SeenInode): boolean {
  const end = nameStart + nameLength;
  for (let at = nameStart; at + 2 < end; at++) {
    const isSo = bytes[at] === DOT && bytes[at + 1] === 0x73 && bytes[at + 2] === 0x6f;
    if (isSo && (at + 3 === end || bytes[at + 3] === DOT)) return true;
  }
  return false;
}

function firstBytes(image: CramfsImage, inode: Inode): Uint8Array {
  try {
    const block = fileBlock(image, inode, 0);
    const stored = block.kind === 'direct' || block.kind === 'stored';
    return stored ? image.source.read(block.start, HEAD) : readBlock(image, block);
  } catch (error) {
    if (error instanceof CramfsError && error.code !== 'IO') return new Uint8Array(0);
    throw error;
  }
}

/** e_machine and the class of an ELF file; null for other files. */
function machineOf(head: Uint8Array): { readonly machine: number; readonly bits: WordBits } | null {
  const [m0, m1, m2, m3, elfClass, data] = head;
  if (head.length < HEAD || m0 !== 0x7f || m1 !== 0x45 || m2 !== 0x4c || m3 !== 0x46) return null;
  const view = new DataView(head.buffer, head.byteOffset, HEAD);
  return { machine: view.getUint16(18, data === 1), bits: elfClass === 2 ? 64 : 32 };
}
