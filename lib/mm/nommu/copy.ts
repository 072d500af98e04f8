/**
 * The content of a copy: kernel_read() into memory that was just allocated, and zeros behind what it gives.
 */
import type { Errno } from '../errno.ts';
import type { OpenFile } from '../fileOperations.ts';
import type { Kernel } from '../kernel.ts';

/** Where positions in a file end (loff_t). */
const POSITIONS = 2 ** 63;

/**
 * `length` bytes from page `pgoff` of a file, zeros where the file ends or a later page cannot be read.
 *
 * @returns EINVAL for positions that no file has, EIO when the first page cannot be read
 */
export function readIntoCopy(file: OpenFile, pgoff: number, length: number, kernel: Kernel): Uint8Array | Errno {
  const position = pgoff * kernel.cpu.pageSize;
  if (position + length >= POSITIONS) return 'EINVAL';
  const copy = new Uint8Array(length);
  const errno = kernelRead(file, position, copy, kernel);
  return errno ?? copy;
}

/**
 * kernel_read(): fills `target` from byte `position` of the file on, as far as the file and its readable pages go.
 *
 * @returns an errno when nothing at all could be read
 */
export function kernelRead(file: OpenFile, position: number, target: Uint8Array, kernel: Kernel): Errno | null {
  const { pageSize } = kernel.cpu;
  const end = Math.min(file.size, position + target.length);
  for (let at = position; at < end;) {
    const index = Math.floor(at / pageSize);
    const read = file.operations.readFolio(index);
    if ('error' in read) {
      kernel.log.push(...read.log);
      return at === position ? read.error : null;
    }
    const stop = Math.min(end, (index + 1) * pageSize);
    target.set(read.bytes.subarray(at - index * pageSize, stop - index * pageSize), at - position);
    at = stop;
  }
  return null;
}
