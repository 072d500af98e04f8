/** Writing a file that appears whole or not at all. */
import {
  closeSync,
  constants,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { CramfsError } from '../base/errors.ts';

/**
 * Writes a file under another name beside it, then gives it its name. When `fill` ends early or fails, nothing stays.
 *
 * @param force whether a file of that name may be replaced
 * @throws CramfsError USAGE for a file that cannot be written
 */
export async function writeWholeFile<T extends { readonly ended: string }>(
  file: string,
  force: boolean,
  fill: (write: (bytes: Uint8Array) => void) => Promise<T>,
): Promise<T> {
  const attempt = <R>(action: () => R): R => {
    try {
      return action();
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      const found = code === 'EEXIST' ? 'it exists already (--force replaces it)' : message.replace(/,.*/s, '');
      throw new CramfsError('USAGE', { found: `${file}: ${found}`, cause });
    }
  };
  const there = statSync(file, { throwIfNoEntry: false });
  if (there?.isCharacterDevice() === true || there?.isFIFO() === true) return intoDevice(file, attempt, fill);
  if (!force && lstatSync(file, { throwIfNoEntry: false }) !== undefined) {
    throw new CramfsError('USAGE', { found: `${file}: it exists already (--force replaces it)` });
  }
  const unfinished = `${file}.${randomBytes(6).toString('hex')}`;
  const fd = attempt(() => openSync(unfinished, 'wx', 0o666));
  let isFinished = false;
  try {
    let result: T;
    try {
      result = await fill((bytes) => {
        attempt(() => {
          writeAll(fd, bytes);
        });
      });
    } finally {
      closeSync(fd);
    }
    if (result.ended !== 'complete') return result;
    attempt(() => {
      if (force) renameSync(unfinished, file);
      else linkOrRename(unfinished, file);
    });
    isFinished = true;
    return result;
  } finally {
    if (!isFinished) removeQuietly(unfinished);
  }
}

/** A terminal, /dev/null or a fifo: written as it is. */
async function intoDevice<T>(
  file: string,
  attempt: <R>(action: () => R) => R,
  fill: (write: (bytes: Uint8Array) => void) => Promise<T>,
): Promise<T> {
  const fd = attempt(() => openSync(file, constants.O_WRONLY));
  try {
    return await fill((bytes) => {
      attempt(() => {
        writeAll(fd, bytes);
      });
    });
  } finally {
    closeSync(fd);
  }
}

/** link() fails where a rename would replace what came there meanwhile; some file systems have no links. */
function linkOrRename(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
    renameSync(from, to);
    return;
  }
  unlinkSync(from);
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}

function removeQuietly(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // It is not there, which is what was wanted.
  }
}
