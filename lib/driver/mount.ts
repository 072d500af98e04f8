/**
 * Mounting an image that lies in memory: cramfs_mtd_fill_super() and cramfs_read_super() of fs/cramfs/inode.c.
 */
import {
  BOOT_PAD,
  CRAMFS_FLAG_EXT_BLOCK_POINTERS,
  CRAMFS_FLAG_FSID_VERSION_2,
  CRAMFS_FLAG_SHIFTED_ROOT_OFFSET,
  CRAMFS_MAGIC,
  CRAMFS_MAGIC_WEND,
  CRAMFS_SUPPORTED_FLAGS,
  ENTRY_READ_SIZE,
  SIZE_WITHOUT_FSID,
  SUPERBLOCK_SIZE,
} from '../format/constants.ts';
import { decodeSuperblock, type Superblock } from '../format/superblock.ts';
import { fileType } from '../format/inode.ts';
import { type Cpu, physAddrDigits } from '../mm/cpu.ts';
import type { Errno } from '../mm/errno.ts';
import { isBefore, NEWEST_RUN, type Release } from '../mm/release.ts';
import type { PhysicalMemory } from '../physmem/physicalMemory.ts';

/** A mounted cramfs: what the kernel keeps in struct cramfs_sb_info, and the machine around it. */
export interface MountedCramfs {
  /** Bytes of the file system: superblock.size, or 256 MiB without FSID_VERSION_2. */
  readonly size: number;
  readonly flags: number;
  readonly superblock: Superblock;
  readonly memory: PhysicalMemory;
  readonly cpu: Cpu;
  /** Whether regular files get the file operations with direct mapping. */
  readonly canMapDirectly: boolean;
  /** Whether files with the sticky bit are read as linear XIP: models/linearXip.ts. */
  readonly linearXip: boolean;
  /** Bytes that the kernel reads for each directory entry. */
  readonly entryReadSize: number;
  /** Whether the kernel refuses inodes of a type that it does not know. */
  readonly verifiesFileType: boolean;
}

/** How a mount ended. */
export interface MountResult {
  /** What mount(2) returns, or null. Without a block device to fall back to it would be the error of the MTD mount. */
  readonly errno: Errno | null;
  /** Lines of the kernel log. */
  readonly log: readonly string[];
  /** Byte offset in the image of the field that the kernel did not like. */
  readonly offset: number | null;
  /** Why it failed: the kernel's line without the name of the file system in front; null where it did not. */
  readonly refusal: string | null;
  readonly mounted: MountedCramfs | null;
}

/** How the kernel is set up. */
export interface MountOptions {
  /** Name of the MTD device in the log. Default "physmap-flash.0". */
  readonly mtdName?: string | undefined;
  /**
   * What the kernel logs after it fell back from the MTD to a block device of that name, or null for a kernel without
   * block device support, which then returns the MTD mount's own error. Default: what the newest Linux logs.
   */
  readonly fallbackLog?: string | null | undefined;
  /** Whether the MTD device tells its physical address: whether its driver has point(). Default true. */
  readonly point?: boolean | undefined;
  /** Bytes that the kernel reads for each directory entry. Default: ENTRY_READ_SIZE. */
  readonly entryReadSize?: number | undefined;
  /** Whether inodes of a type that Linux does not know are refused. Default true, as in the newest Linux. */
  readonly verifiesFileType?: boolean | undefined;
  /** Whether it is a vendor's kernel with linear XIP, of the time before EXT_BLOCK_POINTERS. Default false. */
  readonly linearXip?: boolean | undefined;
}

/** Flags that kernels before 4.15 mount. */
const FLAGS_BEFORE_EXTENSIONS = CRAMFS_SUPPORTED_FLAGS & ~CRAMFS_FLAG_EXT_BLOCK_POINTERS;

/**
 * get_tree_bdev() looks a block device up before it opens it from this release on. Run: 6.1, which opens, and 6.12, which looks
 * up; where between them it changed was not verified.
 */
const LOOKUP_BDEV_SINCE: Release = [6, 6];

/** The line of the block device fallback. */
export function fallbackLog(release: Release): string {
  return `mtd0: Can't ${isBefore(release, LOOKUP_BDEV_SINCE) ? 'open' : 'lookup'} blockdev`;
}

interface Refusal {
  readonly errno: Errno;
  readonly line: string;
  readonly offset: number;
}

/**
 * Mounts the image at the start of the memory's region. Byte order and page size are the CPU's.
 *
 * @throws CramfsError IO when the image's source fails
 */
export function mountCramfs(memory: PhysicalMemory, cpu: Cpu, options: MountOptions = {}): MountResult {
  const {
    mtdName = 'physmap-flash.0',
    fallbackLog: fallback = fallbackLog(NEWEST_RUN),
    point = true,
    entryReadSize = ENTRY_READ_SIZE,
    verifiesFileType = true,
    linearXip = false,
  } = options;
  const log: string[] = [];
  const fail = (refusal: Refusal): MountResult => {
    log.push(`cramfs: ${refusal.line}`);
    if (fallback !== null) log.push(fallback);
    const errno = fallback === null ? refusal.errno : 'ENOENT';
    return { errno, log, offset: refusal.offset, refusal: refusal.line, mounted: null };
  };
  const noAccess = (offset: number, errno: Errno = 'EINVAL'): Refusal => ({
    errno,
    line: `unable to get direct memory access to mtd:${mtdName}`,
    offset,
  });
  if (!point) return fail(noAccess(0, 'EOPNOTSUPP'));
  // One page is mapped first; the rest when the size is known.
  if (memory.size < cpu.pageSize) return fail(noAccess(0));
  log.push(`cramfs: checking physical address 0x${physAddrDigits(cpu, memory.base)} for linear cramfs image`);
  const found = readSuper(memory, log, linearXip ? FLAGS_BEFORE_EXTENSIONS : CRAMFS_SUPPORTED_FLAGS);
  if ('errno' in found) return fail(found);
  const size = (found.flags & CRAMFS_FLAG_FSID_VERSION_2) !== 0 ? found.size : SIZE_WITHOUT_FSID;
  log.push(`cramfs: linear cramfs image on mtd:${mtdName} appears to be ${String(Math.floor(size / 1024))} KB in size`);
  if (size > memory.size) return fail(noAccess(found.position + 4));
  const canMapDirectly = (linearXip || (found.flags & CRAMFS_FLAG_EXT_BLOCK_POINTERS) !== 0) && memory.base !== 0;
  const { flags } = found;
  const kernel = { entryReadSize, verifiesFileType, linearXip };
  const mounted = { size, flags, superblock: found, memory, cpu, canMapDirectly, ...kernel };
  return { errno: null, log, offset: null, refusal: null, mounted };
}

/** cramfs_read_super(): the checks, in their order. */
function readSuper(memory: PhysicalMemory, log: string[], supported: number): Superblock | Refusal {
  const { linear, littleEndian } = memory;
  const refuse = (line: string, offset: number): Refusal => ({ errno: 'EINVAL', line, offset });
  let position = 0;
  for (const candidate of [0, BOOT_PAD]) {
    position = candidate;
    const magic = linear.u32(candidate);
    if (magic === CRAMFS_MAGIC) break;
    if (magic === CRAMFS_MAGIC_WEND) return refuse('wrong endianness', candidate);
    if (candidate === BOOT_PAD) return refuse('wrong magic', 0);
  }
  const head = linear.bytes(0, position + SUPERBLOCK_SIZE);
  const superblock = decodeSuperblock(head, { position, littleEndian });
  if ((superblock.flags & ~supported) !== 0) {
    return refuse('unsupported filesystem features', position + 8);
  }
  if (fileType(superblock.root.mode) !== 'directory') return refuse('root is not a directory', position + 64);
  const { offset } = superblock.root;
  if (offset === 0) {
    log.push('cramfs: empty filesystem');
  } else if (
    (superblock.flags & CRAMFS_FLAG_SHIFTED_ROOT_OFFSET) === 0 &&
    offset !== SUPERBLOCK_SIZE &&
    offset !== BOOT_PAD + SUPERBLOCK_SIZE
  ) {
    return refuse(`bad root offset ${String(offset)}`, position + 72);
  }
  return superblock;
}
