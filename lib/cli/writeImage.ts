/** Writing bytes of a source to a file of its own: it appears whole or not at all. */
import { closeSync, linkSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { CramfsError } from '../base/errors.ts';
import type { ByteSource } from '../source/byteSource.ts';

const CHUNK = 1 << 20;

/**
 * Writes the first `size` bytes of a source to DIRECTORY/NAME; the directory is made if need be.
 *
 * @returns the path written
 * @throws CramfsError USAGE when the file is there and `force` is not set, or cannot be written; IO
 */
export function writeImage(source: ByteSource, size: number, directory: string, name: string, force: boolean): string {
  const path = join(directory, name);
  const partial = join(directory, `.${name}.${String(process.pid)}.partial`);
  try {
    mkdirSync(directory, { recursive: true });
    const fd = openSync(partial, 'wx');
    try {
      copy(source, size, fd);
    } finally {
      closeSync(fd);
    }
    // A hard link fails where the name is taken, whatever took it; a rename replaces it.
    if (force) renameSync(partial, path);
    else linkSync(partial, path);
  } catch (cause) {
    if (cause instanceof CramfsError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    const found =
      code === 'EEXIST' ? `${path} is there already (--force overwrites it)` : `cannot write ${path}: ${message}`;
    throw new CramfsError('USAGE', { found, cause });
  } finally {
    rmSync(partial, { force: true });
  }
  return path;
}

function copy(source: ByteSource, size: number, fd: number): void {
  for (let at = 0; at < size;) {
    const bytes = source.read(at, Math.min(CHUNK, size - at));
    if (bytes.length === 0) return;
    for (let written = 0; written < bytes.length;) written += writeSync(fd, bytes, written);
    at += bytes.length;
  }
}
