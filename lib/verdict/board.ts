/**
 * A board: a CPU and a kernel, with an image in its physical memory, mounted. Requests go in, verdicts come out.
 */
import { roundUp } from '../base/pages.ts';
import { CramfsError } from '../base/errors.ts';
import { CRAMFS_FLAG_FSID_VERSION_2 } from '../format/constants.ts';
import { blockCount } from '../image/blocks.ts';
import type { CramfsImage, Inode } from '../image/image.ts';
import { PathWalker } from '../driver/lookup.ts';
import { DEFAULT_MODEL } from '../driver/models/default.ts';
import type { KernelModel } from '../driver/models/kernelModel.ts';
import { fallbackLog, mountCramfs, type MountedCramfs, type MountResult } from '../driver/mount.ts';
import type { Cpu, CpuName } from '../mm/cpu.ts';
import { cpuModel, makeCpu } from '../mm/cpus/index.ts';
import type { IcacheKernel } from '../mm/icache.ts';
import type { Release } from '../mm/release.ts';
import { type AddressRange, PhysicalMemory } from '../physmem/physicalMemory.ts';
import { type CpuChoice, usualCpu } from './usualCpu.ts';
import { adviseOn } from './adviseOn.ts';
import { ContentIndex } from './contentIndex.ts';
import { mapFile } from './mapFile.ts';
import { checkInvariants } from './invariants.ts';
import type { Machine } from './machine.ts';
import type { MapVerdict } from './mapVerdict.ts';
import { misplacedPages } from './misplaced.ts';
import type { BoardFile, MountedBoard } from './mountedBoard.ts';
import type { MapDetail, MapRequest } from './request.ts';

export type { BoardFile } from './mountedBoard.ts';

/** The physical address that is assumed where none is given. */
export const DEFAULT_PHYS_BASE = 0x1000_0000;
/** A region is the image's size rounded up to a multiple of this, unless it is given. */
export const REGION_GRANULE = 64 * 1024;

/** What the board is like. */
export interface BoardOptions {
  /** Physical address of the image; 0 for "none". Default 0x10000000. */
  readonly physBase?: number | undefined;
  /** Bytes of the region that the image lies in. Default: the image's size rounded up to 64 KiB. */
  readonly regionSize?: number | undefined;
  /** What stands behind the image in the region. Default 0x00. */
  readonly fill?: number | undefined;
  /** Default: the one that the programs of the image are for; see usualCpu(). */
  readonly cpu?: CpuName | undefined;
  /** Byte order of the CPU. Default: the image's own. */
  readonly littleEndian?: boolean | undefined;
  readonly kernel?: KernelModel | undefined;
  /** The kernel's release, where the port to the CPU depends on it. Default: that of the model. */
  readonly release?: Release | undefined;
  /** Where RAM is; see PhysicalMemory. */
  readonly ram?: readonly AddressRange[] | undefined;
  /** RISC-V: how the kernel's flush_icache_pte() answers for frames without a struct page. Default: unfixed, memory model unknown. */
  readonly riscvIcache?: IcacheKernel | undefined;
  /** Physical address bits of the CPU; see PhysicalMemory. */
  readonly physBits?: number | undefined;
  /** What automatic variables hold that nobody set, an unsigned 32-bit number. Default 0. */
  readonly stackInit?: number | undefined;
  /** LD_LIBRARY_PATH of the programs that are started. Default: not set. */
  readonly libraryPath?: string | undefined;
  /** Name of the MTD device in the log. Default "physmap-flash.0". */
  readonly mtdName?: string | undefined;
  /**
   * Whether inodes stay in memory from one request to the next, as in a kernel that answers many: those of one number are
   * like the one that was met first. Default false: each request is the first after the mount.
   */
  readonly keepsInodes?: boolean | undefined;
}

/** What a variant of a board may differ in. Keys that are absent stay as they are. */
export interface BoardVariant {
  readonly kernel?: KernelModel;
  readonly physBits?: number;
  readonly stackInit?: number;
}

/** Opened files that are remembered, so that a batch resolves each path once. */
const MAX_REMEMBERED = 4096;

/** A CPU, its memory with the image in it, and a kernel. The page size is the image's. */
export class Board implements MountedBoard {
  readonly image: CramfsImage;
  readonly machine: Machine;
  readonly cpu: Cpu;
  /** The kernel's release. */
  readonly release: Release;
  /** Why it is this CPU. */
  readonly cpuChoice: CpuChoice;
  readonly memory: PhysicalMemory;
  readonly kernel: KernelModel;
  readonly stackInit: number;
  readonly riscvIcache: IcacheKernel;
  /** Where RAM is; null where it is not known. */
  readonly ram: readonly AddressRange[] | null;
  /** LD_LIBRARY_PATH of the programs that are started; "" where it is not set. */
  readonly libraryPath: string;
  readonly #options: BoardOptions;
  /** How the mount went; a board whose mount failed answers every request with MOUNT_REFUSED. */
  readonly mount: MountResult;
  /** Made at the first use. */
  #walker: PathWalker | null = null;
  #contentIndex: ContentIndex | null = null;
  readonly #opened = new Map<string, BoardFile>();

  /** @throws CramfsError USAGE for an impossible memory, IO */
  constructor(image: CramfsImage, options: BoardOptions = {}) {
    const { physBase = DEFAULT_PHYS_BASE, fill = 0, littleEndian = image.littleEndian } = options;
    const regionSize = options.regionSize ?? roundUp(image.size, REGION_GRANULE);
    this.image = image;
    this.#options = options;
    this.stackInit = options.stackInit ?? 0;
    this.riscvIcache = options.riscvIcache ?? 'unknown';
    this.ram = options.ram ?? null;
    this.libraryPath = options.libraryPath ?? '';
    this.kernel = options.kernel ?? DEFAULT_MODEL;
    const mmu = this.kernel.nommu === undefined;
    const { cpu } = options;
    this.cpuChoice =
      cpu === undefined ? usualCpu(image, mmu) : { name: cpu, from: 'given', machine: null, needsNommu: false };
    requireMmu(this.cpuChoice.name, this.kernel);
    this.release = options.release ?? this.kernel.release;
    this.cpu = makeCpu(this.cpuChoice.name, image.pageSize, littleEndian, {
      release: this.release,
      mmu,
    });
    this.memory = new PhysicalMemory(image.source, {
      base: physBase,
      size: regionSize,
      fill,
      littleEndian,
      ram: options.ram,
      physBits: options.physBits ?? this.cpu.physBits ?? undefined,
    });
    this.machine = {
      kernel: this.kernel.name,
      cpu: this.cpu.name,
      littleEndian,
      pageSize: this.cpu.pageSize,
      physBase,
      regionSize,
      hasMmu: mmu,
      programsFor: this.cpuChoice.from === 'page size' ? this.cpuChoice.machine : null,
      programsNeedNommu: this.cpuChoice.needsNommu,
    };
    const { mtdName } = options;
    this.mount = mountCramfs(this.memory, this.cpu, {
      mtdName,
      entryReadSize: this.kernel.entryReadSize,
      verifiesFileType: this.kernel.verifiesFileType,
      linearXip: this.kernel.linearXip,
      fallbackLog: this.kernel.hasBlockDevices ? fallbackLog(this.release) : null,
    });
  }

  /** Which file a page of bytes belongs to. Made at the first use. */
  get contentIndex(): ContentIndex {
    this.#contentIndex ??= new ContentIndex(this.image);
    return this.#contentIndex;
  }

  /** The same board with another kernel, other address bits or another stack content. */
  variant(changes: BoardVariant): Board {
    return new Board(this.image, { ...this.#options, ...changes });
  }

  /** Whether the file that the image was read from is shorter than the superblock says. */
  get isTruncated(): boolean {
    return this.image.hasFlag(CRAMFS_FLAG_FSID_VERSION_2) && this.image.source.size < this.image.superblock.size;
  }

  /**
   * The mounted file system.
   *
   * @throws CramfsError MOUNT_REFUSED, or KERNEL_OOPS for an image that mounts and crashes Linux on the first look-up
   */
  mounted(): MountedCramfs {
    const { mounted, log, offset, refusal } = this.mount;
    if (mounted === null) {
      throw new CramfsError('MOUNT_REFUSED', {
        offset: offset ?? undefined,
        log,
        found: `${refusal ?? ''}${this.#mountHint(refusal ?? '')}`,
      });
    }
    if (mounted.size === 0) {
      throw new CramfsError('KERNEL_OOPS', {
        offset: this.image.superblock.position + 4,
        found: 'the superblock says that the file system is 0 bytes long; it mounts, and the first look-up is an oops',
      });
    }
    return mounted;
  }

  #mountHint(reason: string): string {
    if (reason.includes('wrong endianness')) {
      const of = (little: boolean): string => (little ? 'little' : 'big');
      return `, the image is ${of(this.image.littleEndian)} endian and the CPU ${of(this.cpu.littleEndian)} endian`;
    }
    if (reason.includes('direct memory access')) {
      return `, the superblock wants ${String(this.image.size)} bytes and the region has ${String(this.memory.size)}`;
    }
    return '';
  }

  /**
   * Opens a file by its path, symlinks followed.
   *
   * @throws CramfsError as mounted() and PathWalker.resolve(), and NOT_A_REGULAR_FILE for devices, fifos and sockets;
   *   TRUNCATED or OUTSIDE_IMAGE when its block pointers are not in the image
   */
  open(path: string): BoardFile {
    const known = this.#opened.get(path);
    if (known !== undefined) return known;
    this.#walker ??= new PathWalker(this.mounted(), this.image, this.#options.keepsInodes);
    const resolved = this.#walker.resolve(path);
    const { inode } = resolved;
    if (inode.type === 'file') this.requirePointers(inode, resolved.path);
    else if (inode.type !== 'directory') {
      throw new CramfsError('NOT_A_REGULAR_FILE', {
        path: resolved.path,
        offset: inode.position,
        found: `it is a ${NOUNS[inode.type] ?? 'file of unknown type'}, and mapping it is not up to cramfs`,
      });
    }
    const file = { resolved, inode };
    if (this.#opened.size >= MAX_REMEMBERED) this.#opened.clear();
    this.#opened.set(path, file);
    return file;
  }

  /** Requires that a file's block pointers are there. @throws CramfsError TRUNCATED or OUTSIDE_IMAGE */
  requirePointers(inode: Inode, path: string): void {
    const length = blockCount(inode.size, this.cpu.pageSize) * 4;
    // One byte at the end shows whether the table is there, whatever the inode claims.
    if (length > 0 && this.image.source.read(inode.ino + length - 1, 1).length === 0) {
      throw this.image.missing(inode.ino, length, 'the block pointer table', path);
    }
  }

  /**
   * Emulates one mapping from open() on. A path that cannot be opened is an errno in the verdict; damage and trouble
   * with the source are errors.
   *
   * @throws CramfsError for damage where it matters, IO, MOUNT_REFUSED, KERNEL_OOPS, NOT_A_REGULAR_FILE
   */
  map(request: MapRequest, detail: MapDetail = {}): MapVerdict {
    const verdict = mapFile(this, request, detail);
    // Filled in, not copied: see failedVerdict.ts.
    const filled = verdict as { -readonly [Key in 'violations' | 'advice' | 'misplaced']: MapVerdict[Key] };
    if (verdict.trace !== null) filled.violations = checkInvariants(verdict, this);
    if (detail.advice !== true) return verdict;
    if (detail.misplaced !== false) filled.misplaced = misplacedPages(verdict, this);
    filled.advice = adviseOn(verdict, this);
    return verdict;
  }
}

/** Refuses a kernel with an MMU on a CPU that has none, and the other way round. */
function requireMmu(cpuName: CpuName, kernel: KernelModel): void {
  const { mmu } = cpuModel(cpuName);
  const wanted = kernel.nommu === undefined;
  if (mmu === 'either' || (mmu === 'always') === wanted) return;
  const found = wanted
    ? `the CPU ${cpuName} has no MMU, and ${kernel.name} needs one: add --kernel nommu`
    : `the kernel model ${kernel.name} is for CPUs without an MMU, and is not modelled on ${cpuName}`;
  throw new CramfsError('USAGE', { found });
}

const NOUNS: Partial<Record<Inode['type'], string>> = {
  chardev: 'character device',
  blockdev: 'block device',
  fifo: 'fifo',
  socket: 'socket',
};
