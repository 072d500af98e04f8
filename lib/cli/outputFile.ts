/**
 * Writing files: each appears whole or not at all.
 *
 * The bytes go to a temporary file beside the target, which gets the target's name in the end. A link is followed, the
 * mode of a file that is replaced is kept, and neither a failure nor a signal leaves anything behind. Devices and pipes
 * are written as they are.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { basename, dirname, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { errnoName } from '../base/errnoWords.ts';
import { CramfsError } from '../base/errors.ts';
import { publish } from '../extract/fileBatch.node.ts';
import type { Storage } from '../mkfs/storedCanvas.ts';
import { cannotWrite } from './cannotWrite.ts';
import { cleanUpAtExit } from './interrupt.ts';

/** Links to links that Linux follows (MAXSYMLINKS). */
const MAX_LINKS = 40;
/** Bytes written between two looks at signals. */
const STEP = 8 << 20;

/** A file in the making: commit() or discard() in the end. */
export interface Output {
  /** Adds bytes. @throws CramfsError CANNOT_WRITE */
  write(bytes: Uint8Array): void;
  /** Gives the file its name. @throws CramfsError CANNOT_WRITE; USAGE for a name that was taken meanwhile */
  commit(): void;
  /** Leaves nothing of it, unless it was committed. */
  discard(): void;
}

/** A file in the making that is written and read at random. */
export interface StoredOutput extends Output {
  /** Its bytes. @throws CramfsError CANNOT_WRITE */
  readonly storage: Storage;
}

/** What an output may do to files that are there. */
export interface OutputRules {
  /** Whether a file of that name may be there. */
  readonly replaces: boolean;
  /** Files that are read, or written, by the same command: it must not replace them, by whatever name. */
  readonly inputs: readonly string[];
}

/**
 * Begins a file. Whether it can be written there is known afterwards, before there is anything to write.
 *
 * @throws CramfsError CANNOT_WRITE; USAGE for a file that is there and must not be replaced
 */
export function openOutput(path: string, rules: OutputRules): Output {
  return openStoredOutput(path, rules) ?? attempt(path, () => new DirectOutput(path));
}

/** @throws CramfsError USAGE where a report would take the place of what it is about */
function requireOther(path: string, input: string): void {
  const [output, read] = [statsOf(path), statsOf(input)];
  if (output?.isFile() !== true || output.dev !== read?.dev || output.ino !== read.ino) return;
  throw new CramfsError('USAGE', {
    found: `cannot write ${path}: it is ${path === input ? 'the input' : `the input, ${input}`}`,
  });
}

/**
 * Requires the outputs of a command to be different files, by whatever name.
 *
 * @throws CramfsError USAGE
 */
export function requireDistinct(...paths: readonly (string | undefined)[]): void {
  const given = paths.filter((path) => path !== undefined);
  if (given.length < 2) return;
  const seen = new Set<string>();
  for (const path of given) {
    if (statsOf(path)?.isFile() === false) continue;
    const place = placeOf(path);
    if (seen.has(place)) {
      throw new CramfsError('USAGE', { found: `cannot write ${path}: it is another output of the same command` });
    }
    seen.add(place);
  }
}

/** Where a file is or will be, without links; the path itself where that cannot be known. */
function placeOf(path: string): string {
  try {
    const target = linkTarget(path);
    return join(realpathSync(dirname(target)), basename(target));
  } catch {
    return path;
  }
}

/**
 * Begins a file that is written at random; null for anything but a regular file, such as a device or a pipe.
 *
 * @throws CramfsError as {@link openOutput}
 */
export function openStoredOutput(path: string, { replaces, inputs }: OutputRules): StoredOutput | null {
  for (const input of inputs) requireOther(path, input);
  return attempt(path, () => {
    const there = statSync(path, { throwIfNoEntry: false });
    if (there?.isDirectory() === true) throw Object.assign(new Error('EISDIR'), { code: 'EISDIR' });
    if (there !== undefined && !there.isFile()) return null;
    if (!replaces && lstatSync(path, { throwIfNoEntry: false }) !== undefined) {
      throw Object.assign(new Error('EEXIST'), { code: 'EEXIST' });
    }
    return new WholeFile(path, there, replaces);
  });
}

/**
 * Writes a whole file.
 *
 * @throws CramfsError as {@link openOutput} and {@link Output}
 */
export async function writeOutput(path: string, bytes: Uint8Array, options: OutputRules): Promise<void> {
  const output = openOutput(path, options);
  try {
    for (let at = 0; at < bytes.length; at += STEP) {
      output.write(bytes.subarray(at, at + STEP));
      // Signals are handled between two steps.
      await setImmediate();
    }
    output.commit();
  } finally {
    output.discard();
  }
}

/**
 * Makes a folder and those above it, where they are missing.
 *
 * @throws CramfsError CANNOT_WRITE
 */
export function makeFolder(path: string): void {
  attempt(path, () => {
    const there = statSync(path, { throwIfNoEntry: false });
    if (there !== undefined && !there.isDirectory()) throw Object.assign(new Error('ENOTDIR'), { code: 'ENOTDIR' });
    mkdirSync(path, { recursive: true });
  });
}

/** Null where there is nothing, or nothing that can be looked at: opening it says why. */
function statsOf(file: string): Stats | null {
  try {
    return statSync(file);
  } catch {
    return null;
  }
}

/** A file that text is added to. */
export interface Appended {
  /** @throws CramfsError CANNOT_WRITE */
  append(text: string): void;
  close(): void;
}

/**
 * Opens a file to add text at its end; it is made if it is not there.
 *
 * @throws CramfsError CANNOT_WRITE
 */
export function openAppended(path: string): Appended {
  const fd = attempt(path, () => openSync(path, 'a'));
  return {
    append: (text) => {
      attempt(path, () => {
        writeAll(fd, Buffer.from(text, 'utf8'));
      });
    },
    close: () => {
      closeSync(fd);
    },
  };
}

/** A regular file, written beside its place. */
class WholeFile implements StoredOutput {
  readonly storage: Storage;
  readonly #path: string;
  readonly #target: string;
  readonly #there: Stats | undefined;
  readonly #replaces: boolean;
  readonly #temporary: string;
  #fd: number | null = null;
  #forget: (() => void) | null = null;

  constructor(path: string, there: Stats | undefined, replaces: boolean) {
    this.#path = path;
    this.#target = there === undefined ? linkTarget(path) : realpathSync(path);
    this.#there = there;
    this.#replaces = replaces;
    this.#temporary = join(dirname(this.#target), `.cramfs-${randomBytes(8).toString('hex')}.tmp`);
    // A folder that takes no file says so now; a file that stays until the first write would have to be watched over.
    this.#open();
    this.discard();
    this.storage = {
      write: (bytes, offset) => {
        attempt(path, () => {
          writeAll(this.#open(), bytes, offset);
        });
      },
      read: (target, offset) => attempt(path, () => readSync(this.#open(), target, 0, target.length, offset)),
      truncate: (length) => {
        attempt(path, () => {
          ftruncateSync(this.#open(), length);
        });
      },
    };
  }

  #open(): number {
    if (this.#fd !== null) return this.#fd;
    const there = this.#there;
    const fd = openSync(this.#temporary, 'wx+', there === undefined ? 0o666 : 0o600);
    this.#fd = fd;
    this.#forget = cleanUpAtExit(() => {
      removeQuietly(this.#temporary);
    });
    if (there !== undefined) keepOwnerAndMode(fd, there);
    return fd;
  }

  write(bytes: Uint8Array): void {
    attempt(this.#path, () => {
      writeAll(this.#open(), bytes);
    });
  }

  commit(): void {
    attempt(this.#path, () => {
      const fd = this.#open();
      this.#fd = null;
      closeSync(fd);
      publish(this.#temporary, this.#target, {
        mustNotReplace: !this.#replaces,
        force: false,
      });
      this.#forget?.();
      this.#forget = null;
    });
  }

  discard(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
    if (this.#forget === null) return;
    removeQuietly(this.#temporary);
    this.#forget();
    this.#forget = null;
  }
}

/** A terminal, /dev/null or a fifo. */
class DirectOutput implements Output {
  readonly #path: string;
  #fd: number | null;

  constructor(path: string) {
    this.#path = path;
    this.#fd = openSync(path, constants.O_WRONLY);
  }

  write(bytes: Uint8Array): void {
    attempt(this.#path, () => {
      if (this.#fd !== null) writeAll(this.#fd, bytes);
    });
  }

  commit(): void {
    this.discard();
  }

  discard(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }
}

/** Where a path leads that no file has yet: links may lead to nothing. */
function linkTarget(path: string): string {
  let at = resolve(path);
  for (let links = 0; links <= MAX_LINKS; links++) {
    if (lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return at;
    at = resolve(dirname(at), readlinkSync(at));
  }
  throw Object.assign(new Error('ELOOP'), { code: 'ELOOP' });
}

/** Root gives a file that it replaces to its owner; for others that is what it is already, or not allowed. */
function keepOwnerAndMode(fd: number, { uid, gid, mode }: Stats): void {
  try {
    fchownSync(fd, uid, gid);
  } catch (error) {
    if (errnoName(error) !== 'EPERM') throw error;
  }
  fchmodSync(fd, mode & 0o777);
}

/** @param offset where; where the last write ended if it is left out */
function writeAll(fd: number, bytes: Uint8Array, offset?: number): void {
  for (let at = 0; at < bytes.length;) {
    at += writeSync(fd, bytes, at, bytes.length - at, offset === undefined ? null : offset + at);
  }
}

function removeQuietly(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // It is not there, which is what was wanted.
  }
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    if (errnoName(cause) !== 'EEXIST') throw cannotWrite(path, cause);
    throw new CramfsError('USAGE', {
      found: `cannot write ${path}: it exists already (--force replaces it)`,
      cause,
    });
  }
}
