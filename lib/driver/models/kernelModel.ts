/**
 * A kernel model: how one kernel maps a cramfs file. Models are values; whoever maps takes one.
 */
import type { MmapHooks, NommuOperations } from '../../mm/fileOperations.ts';
import type { Evidence } from '../../mm/evidence.ts';
import type { Release } from '../../mm/release.ts';
import type { Decision } from '../decision.ts';
import type { KernelInode } from '../inode.ts';
import type { MountedCramfs } from '../mount.ts';

/** A file of a mounted cramfs, as a model's hooks see it. */
export interface CramfsFile {
  readonly fs: MountedCramfs;
  readonly inode: KernelInode;
  readonly name: string;
  /** What an automatic variable holds that nobody set: an unsigned 32-bit number. */
  readonly stackInit: number;
  /** Told what is decided. */
  readonly observe?: ((decision: Decision) => void) | undefined;
}

/** How one kernel, or one family of kernels, maps files. */
export interface KernelModel {
  /** The name that --kernel takes. */
  readonly name: string;
  /** Other names for it. */
  readonly aliases: readonly string[];
  /** What it is, in one line. */
  readonly title: string;
  /** The release whose port to a CPU is taken, where ports differ from one release to the next. */
  readonly release: Release;
  /** Releases that behave so. */
  readonly releases: string;
  /** What differs from the default model. */
  readonly differences: string;
  /** What was run, and what was only read. */
  readonly evidence: Evidence;
  /** Whether x86 PAT reservations show in VmFlags ("ar"). */
  readonly vmPat: boolean;
  /**
   * Whether mincore() looks at the entries of mappings of page frames. Run: 6.1 and 6.12 do not, 7.3 does; where between them
   * it changed was not verified. Default true.
   */
  readonly mincoreSeesPageFrames?: boolean | undefined;
  /**
   * Whether elf_load() goes on where it cannot zero what is behind a program's data, since the file ends before. 6.1.192
   * does, and 6.12.117 refuses to start the program; both were run.
   */
  readonly ignoresBssFault: boolean;
  /**
   * Whether load_elf_interp() maps an interpreter by elf_map(), with one bss at the end, instead of by elf_load(): a segment
   * without bytes in the file that begins inside a page then maps a page of the file. 6.1.192 does, and 6.12.117 does not.
   */
  readonly interpreterByElfMap?: boolean;
  /** Bytes that it reads for each directory entry. Default: what all Linux reads, ENTRY_READ_SIZE. */
  readonly entryReadSize?: number | undefined;
  /** Whether get_cramfs_inode() refuses a file type that Linux does not know; see {@link verifiesFileType}. */
  readonly verifiesFileType: boolean;
  /** Without an MMU: private read-only mappings of files are shown as private (VM_MAYOVERLAY). Default false. */
  readonly mayOverlay?: boolean | undefined;
  /** Whether it reads and maps files with the sticky bit as linear XIP, and knows nothing of EXT_BLOCK_POINTERS. Default false. */
  readonly linearXip?: boolean | undefined;
  /** Whether it falls back to a block device after a failed mount from MTD. */
  readonly hasBlockDevices: boolean;
  /** The mmap hooks of a regular file that can be mapped directly. */
  hooks(file: CramfsFile): MmapHooks;
  /** What such a file offers besides to a kernel without an MMU; undefined for kernels with one. */
  readonly nommu?: ((file: Pick<CramfsFile, 'fs' | 'inode' | 'name'>) => NommuOperations) | undefined;
}
