/**
 * Whether a mapping may be attempted, and of what sort it would be: validate_mmap_request() and determine_vm_flags() of
 * mm/nommu.c.
 */
import { roundUp } from '../../base/pages.ts';
import type { Errno } from '../errno.ts';
import type { OpenFile } from '../fileOperations.ts';
import type { Kernel } from '../kernel.ts';
import {
  VM_EXEC,
  VM_MAYEXEC,
  VM_MAYOVERLAY,
  VM_MAYREAD,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_READ,
  VM_SHARED,
  VM_WRITE,
} from '../vmFlags.ts';
import {
  NOMMU_MAP_COPY,
  NOMMU_MAP_DIRECT,
  NOMMU_MAP_EXEC,
  NOMMU_MAP_READ,
  NOMMU_MAP_WRITE,
  NOMMU_VMFLAGS,
} from './capabilities.ts';

/** A file that a process has opened read-only. */
export interface NommuFile extends OpenFile {
  /** Inode number: files with the same one share regions. */
  readonly ino: number;
  /** The path that /proc/PID/maps shows. */
  readonly path: string;
  /** The file system is mounted noexec. */
  readonly noexec: boolean;
}

/** The arguments of mmap(), and what of the caller matters. MAP_POPULATE and MAP_LOCKED change nothing here. */
export interface NommuMmapRequest {
  /** Bytes, an unsigned 64-bit number; a negative one is taken as its two's complement. */
  readonly length: number;
  /** Byte offset in the file; a negative one is taken as its two's complement. */
  readonly offset: number;
  readonly read: boolean;
  readonly write: boolean;
  readonly exec: boolean;
  /** MAP_TYPE. `none` is neither MAP_PRIVATE nor MAP_SHARED. */
  readonly type: 'private' | 'shared' | 'none' | 'shared_validate';
  /** MAP_FIXED. */
  readonly fixed?: boolean | undefined;
  /** The calling thread is being traced (ptrace). */
  readonly traced?: boolean | undefined;
}

/** What do_mmap() goes on with. */
export interface Validated {
  /** Bytes, whole pages. */
  readonly length: number;
  /** Pages. */
  readonly pgoff: number;
  /** NOMMU_MAP_* bits that are left. */
  readonly capabilities: number;
  readonly vmFlags: number;
}

const TWO_64 = 2 ** 64;

/** A number as the unsigned 64-bit register holds it (to the precision of a double). */
const unsigned = (value: number): number => (value < 0 ? value + TWO_64 : value);

/** The tests of sys_mmap() and validate_mmap_request(), in their order; an errno at the first that fails. */
export function validateMmapRequest(file: NommuFile, request: NommuMmapRequest, kernel: Kernel): Validated | Errno {
  const { read, write, exec, type } = request;
  const { cpu } = kernel;
  const { pageSize } = cpu;
  if (request.offset % pageSize !== 0) return 'EINVAL';
  if (request.fixed === true) return 'EINVAL';
  if (type !== 'private' && type !== 'shared') return 'EINVAL';
  if (request.length === 0) return 'EINVAL';
  const length = roundUp(unsigned(request.length), pageSize);
  // PAGE_ALIGN() of a length in the last page of the address space is 0. A double tells such a length from the last
  // that is whole pages only by way of rounding, so that one is taken for them, too.
  if (length >= TWO_64 - pageSize || length > cpu.taskSize) return 'ENOMEM';
  if (file.operations.mmap === null) return 'ENODEV';

  let capabilities = capabilitiesOf(file);
  if (type === 'shared') {
    if (write) return 'EACCES'; // the file is open read-only
    if ((capabilities & NOMMU_MAP_DIRECT) === 0) return 'ENODEV';
    capabilities &= ~NOMMU_MAP_COPY;
  } else {
    if ((capabilities & NOMMU_MAP_COPY) === 0) return 'ENODEV';
    if (write) capabilities &= ~NOMMU_MAP_DIRECT;
  }
  if ((capabilities & NOMMU_MAP_DIRECT) !== 0) {
    const wanted = (read ? NOMMU_MAP_READ : 0) | (write ? NOMMU_MAP_WRITE : 0) | (exec ? NOMMU_MAP_EXEC : 0);
    if ((wanted & ~capabilities) !== 0) {
      capabilities &= ~NOMMU_MAP_DIRECT;
      if (type === 'shared') return 'EINVAL';
    }
  }
  if (file.noexec) {
    if (exec) return 'EPERM';
  } else if (read && exec && (capabilities & NOMMU_MAP_EXEC) === 0) {
    capabilities &= ~NOMMU_MAP_DIRECT;
  }
  const vmFlags = determineVmFlags(request, capabilities, kernel.mayOverlay === true);
  return { length, pgoff: Math.floor(unsigned(request.offset) / pageSize), capabilities, vmFlags };
}

/** What the file says it can do, less what it has no operation for; a regular file that says nothing can be copied. */
function capabilitiesOf({ operations: { nommu } }: NommuFile): number {
  return nommu === undefined ? NOMMU_MAP_COPY : nommu.capabilities;
}

/**
 * determine_vm_flags(): read-only copies of a file may be shared, and nothing with a process that is traced.
 *
 * @param mayOverlay private mappings that may be shared are VM_MAYOVERLAY instead of VM_MAYSHARE
 */
function determineVmFlags(request: NommuMmapRequest, capabilities: number, mayOverlay: boolean): number {
  const { read, write, exec, type } = request;
  let vmFlags = (read ? VM_READ : 0) | (write ? VM_WRITE : 0) | (exec ? VM_EXEC : 0);
  const direct = (capabilities & NOMMU_MAP_DIRECT) !== 0;
  vmFlags |= direct ? capabilities & NOMMU_VMFLAGS : VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
  if (type === 'shared') return vmFlags | VM_SHARED | VM_MAYSHARE;
  if (request.traced === true || (write && !direct)) return vmFlags;
  return vmFlags | (mayOverlay ? VM_MAYOVERLAY : VM_MAYSHARE);
}
