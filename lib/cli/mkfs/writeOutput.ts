/**
 * Writing a file so that it is there whole or not at all.
 */
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { CramfsError } from '../../base/errors.ts';

/** Bytes written between two looks at signals. */
const STEP = 8 << 20;

/**
 * Writes `bytes` to a file: to a temporary file beside it that is renamed in the end, so that a failure or a signal leaves
 * nothing behind and an older file untouched. A device or a pipe is written directly.
 *
 * @throws CramfsError IO
 */
export async function writeOutput(file: string, bytes: Uint8Array): Promise<void> {
  const existing = fs.statSync(file, { throwIfNoEntry: false });
  if (existing?.isDirectory() === true) throw failure(file, new Error('it is a directory'));
  if (existing !== undefined && !existing.isFile()) {
    await attempt(file, () => writeTo(fs.openSync(file, 'w'), bytes));
    return;
  }
  // The file behind a symlink is replaced, not the link.
  const target = existing === undefined ? file : fs.realpathSync(file);
  const temporary = join(dirname(target), `.${String(process.pid)}.${Date.now().toString(36)}.cramfs-tmp`);
  const remove = (): void => {
    fs.rmSync(temporary, { force: true });
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    remove();
    process.removeListener(signal, onSignal);
    process.kill(process.pid, signal);
  };
  const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.once(signal, onSignal);
  try {
    await attempt(file, async () => {
      await writeTo(fs.openSync(temporary, 'wx', existing === undefined ? 0o666 : existing.mode & 0o777), bytes);
      fs.renameSync(temporary, target);
    });
  } finally {
    for (const signal of signals) process.removeListener(signal, onSignal);
    remove();
  }
}

async function writeTo(fd: number, bytes: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < bytes.length;) {
      at += fs.writeSync(fd, bytes, at, Math.min(STEP, bytes.length - at), null);
      // Signals are handled between two steps.
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    fs.closeSync(fd);
  }
}

async function attempt(file: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (cause) {
    throw failure(file, cause);
  }
}

function failure(file: string, cause: unknown): CramfsError {
  return new CramfsError('CANNOT_WRITE', {
    what: file,
    found: cause instanceof Error ? cause.message : String(cause),
    cause,
  });
}
