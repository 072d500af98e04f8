/**
 * Lines of /proc/PID/maps (mappings of a process) and /proc/maps (regions of the machine) without an MMU.
 */
import { hexDigits } from '../../base/hex.ts';
import { VM_EXEC, VM_MAYSHARE, VM_READ, VM_SHARED, VM_WRITE } from '../vmFlags.ts';
import type { NommuRegion } from './regions.ts';
import type { NommuVma } from './vmaTree.ts';

/** `p`: of this process alone; `s`: others may share it; `S`: MAP_SHARED. */
export type MapsType = 'p' | 's' | 'S';

/** Column of the path, on a 64-bit kernel. */
const PATH_COLUMN = 73;

/** The letter that tells what may share a mapping. */
export function mapsType(vmFlags: number): MapsType {
  if ((vmFlags & VM_MAYSHARE) === 0) return 'p';
  return (vmFlags & VM_SHARED) !== 0 ? 'S' : 's';
}

/**
 * The line of a mapping or a region of a file.
 *
 * @param device major and minor number of the file system's device
 */
export function procMapsLine(
  entry: NommuVma | NommuRegion,
  pageSize: number,
  device: { readonly major: number; readonly minor: number },
): string {
  const { vmFlags, file } = entry;
  const letters =
    ((vmFlags & VM_READ) !== 0 ? 'r' : '-') +
    ((vmFlags & VM_WRITE) !== 0 ? 'w' : '-') +
    ((vmFlags & VM_EXEC) !== 0 ? 'x' : '-') +
    mapsType(vmFlags);
  const range = `${hexDigits(entry.start, 8)}-${hexDigits(entry.end, 8)}`;
  if (file === null) return `${range} ${letters} 00000000 00:00 0 `;
  const where = `${hexDigits(entry.pgoff * pageSize, 8)} ${hexDigits(device.major, 2)}:${hexDigits(device.minor, 2)}`;
  return `${range} ${letters} ${where} ${String(file.ino)} `.padEnd(PATH_COLUMN) + file.path;
}
