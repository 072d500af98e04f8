/**
 * Replaces node:fs for `lib` in the fuzzer's bundle, and keeps the inputs of cases in memory: writing, opening, reading and
 * closing a real file takes a large part of a quick command. On disk an input is an empty file until writeInputs() is called.
 */
import * as fs from 'node:fs';

export {
  accessSync,
  chmodSync,
  constants,
  fchmodSync,
  fchownSync,
  ftruncateSync,
  futimesSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  type Stats,
  writeSync,
} from 'node:fs';

/** An input in memory. */
interface InputFile {
  bytes: Uint8Array;
  /** Of the file on disk; only its size differs. */
  readonly stats: fs.Stats;
  /** Whether the file on disk has these bytes. */
  isOnDisk: boolean;
}

/** An open input; `at`: the offset of the next read without a position. */
interface OpenInput {
  readonly bytes: Uint8Array;
  readonly stats: fs.Stats;
  at: number;
}

const inputs = new Map<string, InputFile>();
const open = new Map<number, OpenInput>();
/** Above any real descriptor. */
const FIRST_DESCRIPTOR = 1 << 24;
let nextDescriptor = FIRST_DESCRIPTOR;
/** O_ACCMODE: the bits of the flags that choose reading or writing. */
const ACCESS_MODE = 3;

/** Sets the bytes of an input; descriptors that are open keep the old ones. */
export function setInput(path: string, bytes: Uint8Array): void {
  const file = inputs.get(path);
  if (file === undefined) {
    fs.writeFileSync(path, '');
    inputs.set(path, { bytes, stats: fs.lstatSync(path), isOnDisk: false });
  } else if (file.bytes !== bytes) {
    file.bytes = bytes;
    file.isOnDisk = false;
  }
}

/** The bytes of an input; null where there is none. */
export const inputBytes = (path: string): Uint8Array | null => inputs.get(path)?.bytes ?? null;

/** Writes the inputs to disk, for threads and other programs. */
export function writeInputs(): void {
  for (const [path, file] of inputs) {
    if (!file.isOnDisk) fs.writeFileSync(path, file.bytes);
    file.isOnDisk = true;
  }
}

function withSize(stats: fs.Stats, size: number): fs.Stats {
  return Object.assign(Object.create(Object.getPrototypeOf(stats) as object) as fs.Stats, stats, { size });
}

export const openSync = (path: fs.PathLike, flags: fs.OpenMode = 'r', mode?: fs.Mode | null): number => {
  const file = inputs.get(path as string);
  if (file === undefined) return fs.openSync(path, flags, mode);
  const reads = flags === 'r' || (typeof flags === 'number' && (flags & ACCESS_MODE) === fs.constants.O_RDONLY);
  if (!reads) {
    // From now on the file on disk is the only one.
    writeInputs();
    inputs.delete(path as string);
    return fs.openSync(path, flags, mode);
  }
  const fd = nextDescriptor++;
  open.set(fd, { bytes: file.bytes, stats: file.stats, at: 0 });
  return fd;
};

export const readSync = ((
  fd: number,
  target: Uint8Array,
  offset: number,
  length: number,
  position: number | null,
): number => {
  const file = open.get(fd);
  if (file === undefined) return fs.readSync(fd, target, offset, length, position);
  const from = position ?? file.at;
  const piece = file.bytes.subarray(from, from + length);
  target.set(piece, offset);
  if (position === null) file.at += piece.length;
  return piece.length;
}) as typeof fs.readSync;

export const fstatSync = ((fd: number, options?: fs.StatOptions) => {
  const file = open.get(fd);
  return file === undefined ? fs.fstatSync(fd, options) : withSize(file.stats, file.bytes.length);
}) as typeof fs.fstatSync;

export function closeSync(fd: number): void {
  if (!open.delete(fd)) fs.closeSync(fd);
}

/** How many inputs are open. */
export const openInputs = (): number => open.size;

function statOf(path: unknown, options: fs.StatSyncOptions | undefined): fs.Stats | null {
  const file = inputs.get(path as string);
  return file === undefined || options?.bigint === true ? null : withSize(file.stats, file.bytes.length);
}

export const statSync = ((path: fs.PathLike, options?: fs.StatSyncOptions) =>
  statOf(path, options) ?? fs.statSync(path, options)) as typeof fs.statSync;

export const lstatSync = ((path: fs.PathLike, options?: fs.StatSyncOptions) =>
  statOf(path, options) ?? fs.lstatSync(path, options)) as typeof fs.lstatSync;

export const existsSync = (path: fs.PathLike): boolean => inputs.has(path as string) || fs.existsSync(path);

export const readFileSync = ((path: fs.PathLike, encoding?: BufferEncoding) => {
  const file = inputs.get(path as string);
  if (file === undefined) return fs.readFileSync(path, encoding);
  const bytes = Buffer.from(file.bytes);
  return encoding === undefined ? bytes : bytes.toString(encoding);
}) as typeof fs.readFileSync;

const files: typeof fs = {
  ...fs,
  closeSync,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
};
export default files;
