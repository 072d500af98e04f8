/**
 * A board as whatever runs on it sees it: an image in memory, mounted by a kernel. Board is one, and maps files besides.
 */
import type { Resolved } from '../driver/lookup.ts';
import type { KernelModel } from '../driver/models/kernelModel.ts';
import type { MountedCramfs, MountResult } from '../driver/mount.ts';
import type { CramfsImage, Inode } from '../image/image.ts';
import type { Cpu } from '../mm/cpu.ts';
import type { IcacheKernel } from '../mm/icache.ts';
import type { Release } from '../mm/release.ts';
import type { AddressRange, PhysicalMemory } from '../physmem/physicalMemory.ts';
import type { ContentIndex } from './contentIndex.ts';
import type { Machine } from './machine.ts';

/** A file of the image, opened for mapping. */
export interface BoardFile {
  readonly resolved: Resolved;
  readonly inode: Inode;
}

/** What there is on a board; see Board for each. */
export interface MountedBoard {
  readonly image: CramfsImage;
  /** The board in values. */
  readonly machine: Machine;
  readonly cpu: Cpu;
  readonly release: Release;
  readonly memory: PhysicalMemory;
  readonly kernel: KernelModel;
  readonly stackInit: number;
  readonly riscvIcache: IcacheKernel;
  readonly ram: readonly AddressRange[] | null;
  readonly mount: MountResult;
  readonly contentIndex: ContentIndex;
  readonly isTruncated: boolean;
  mounted(): MountedCramfs;
  open(path: string): BoardFile;
}
