/**
 * Writing the regular files of one directory, some at a time: a piece of work that any thread can do.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  futimesSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { CramfsError } from '../base/errors.ts';
import type { CramfsImage, Inode } from '../image/image.ts';
import { type DiskPath, diskPathsIn } from './diskPath.node.ts';
import type { ContentReader } from './fileContent.ts';
import { type LeftOut, nothingLeftOut, type OwnerPolicy, permissions } from './ownership.ts';
import { type Blame, imageProblem, targetProblem } from './problem.ts';

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** How a finished file gets its name. */
export interface Publication {
  /** Whether a file of the same name may be there, which must not be replaced. */
  readonly mustNotReplace: boolean;
  /** Whether it may be replaced all the same. */
  readonly force: boolean;
}

/** Files of one directory. It can be sent to another thread. */
export interface FileBatch extends Publication {
  /** In front of "/name": the directory of unfinished files, and that of finished ones. */
  readonly stage: string;
  readonly directory: string;
  /** Begins the names of unfinished files. */
  readonly unfinished: string;
  /** Whether unfinished files have their own names at once: the directory does not have its name yet. */
  readonly isUnseen: boolean;
  /** Byte offsets of the inodes in the image. */
  readonly positions: readonly number[];
  /** Names of the files, in the same order. */
  readonly names: readonly string[];
}

/** One file that was not written. */
export interface FileFailure {
  /** Which of the batch. */
  readonly index: number;
  readonly blame: Blame;
  readonly code: string;
  readonly message: string;
  readonly offset: number | null;
}

/** What became of a batch. */
export interface FileBatchResult {
  readonly files: number;
  readonly bytes: number;
  readonly failures: readonly FileFailure[];
  readonly leftOut: LeftOut;
  /** Which of the batch Linux reads otherwise than they are stored. */
  readonly differing: readonly number[];
}

/** What all batches have in common. */
export interface FileBatchContext {
  readonly image: CramfsImage;
  readonly read: ContentReader;
  readonly policy: OwnerPolicy;
  /** Whether to stop before the next file. */
  readonly isStopped: () => boolean;
}

/** Error numbers after which further files cannot be written either. */
export const FATAL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO']);

/** Writes a batch. Files that cannot be read or written are told in the result. */
export function runFileBatch(context: FileBatchContext, batch: FileBatch): FileBatchResult {
  const failures: FileFailure[] = [];
  const differing: number[] = [];
  const leftOut = nothingLeftOut();
  const made: NewFiles = { owner: null, modes: new Map() };
  const paths: Paths = { finished: diskPathsIn(batch.directory), unfinished: diskPathsIn(batch.stage) };
  let files = 0;
  let bytes = 0;
  for (const [index, name] of batch.names.entries()) {
    if (context.isStopped()) break;
    try {
      const written = writeWhole(context, batch, paths, name, index, leftOut, made);
      files += 1;
      bytes += written.bytes;
      if (written.differs) differing.push(index);
    } catch (error) {
      const failure = fileFailure(error, index);
      failures.push(failure);
      if (failure.blame === 'target' && FATAL.has(failure.code)) break;
    }
  }
  return { files, bytes, failures, leftOut, differing };
}

/** What an error makes of a file of a batch. Errors that are no one's but ours are thrown on. */
export function fileFailure(error: unknown, index: number): FileFailure {
  if (error instanceof CramfsError) {
    if (error.code === 'IO') throw error;
    const { blame, code, message, offset } = imageProblem(error, '');
    return { index, blame, code, message, offset };
  }
  if (typeof (error as { errno?: unknown }).errno !== 'number') throw error;
  const { blame, code, message, offset } = targetProblem(error, '');
  return { index, blame, code, message, offset };
}

/**
 * What the new files of a batch are like, which are made in one directory by one process: whose they are, null before the
 * first; and for each mode that was asked for the one that they got, less the umask or what the directory says.
 */
interface NewFiles {
  owner: { readonly uid: number; readonly gid: number } | null;
  readonly modes: Map<number, number>;
}

/** Makes the paths of a batch's files from their names. */
interface Paths {
  readonly finished: (name: string) => DiskPath;
  readonly unfinished: (name: string) => DiskPath;
}

/** Permissions without set-id bits and the sticky bit, which open() is not asked for. */
const PLAIN_BITS = 0o777;

/** A file that is being written: it, or the directory around it, gets its final name when it is complete. */
class UnfinishedFile {
  readonly #path: DiskPath;
  readonly #mode: number;
  #fd: number | null = null;
  /** Bytes written. */
  bytes = 0;

  constructor(path: DiskPath, mode: number) {
    this.#path = path;
    this.#mode = mode;
  }

  /** Adds a piece, at the first of which the file is made. Returns its descriptor. */
  add(piece: Uint8Array): number {
    this.#fd ??= openSync(this.#path, CREATE, this.#mode);
    for (let at = 0; at < piece.length;) at += writeSync(this.#fd, piece, at, piece.length - at);
    this.bytes += piece.length;
    return this.#fd;
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
  }

  /** Removes it, if it was made. */
  remove(): void {
    if (this.#fd !== null) removeQuietly(this.#path);
  }
}

/**
 * Writes a file out of sight, under another name if need be, gives it owner, mode and time, and then its name. It appears
 * whole or not at all.
 */
function writeWhole(
  context: FileBatchContext,
  batch: FileBatch,
  paths: Paths,
  name: string,
  index: number,
  leftOut: LeftOut,
  made: NewFiles,
): { readonly bytes: number; readonly differs: boolean } {
  const { image, read, policy } = context;
  const inode = image.inodeAt(batch.positions[index] ?? 0);
  const finished = paths.finished(name);
  const unfinished = batch.isUnseen ? finished : paths.unfinished(`${batch.unfinished}-${String(index)}`);
  const file = new UnfinishedFile(unfinished, inode.mode & PLAIN_BITS);
  try {
    let differs: boolean;
    try {
      const content = read(inode, undefined, (piece) => file.add(piece));
      dressFile(file.add(content.bytes), inode, policy, leftOut, made);
      ({ differs } = content);
    } finally {
      file.close();
    }
    if (!batch.isUnseen) publish(unfinished, finished, batch);
    return { bytes: file.bytes, differs };
  } catch (error) {
    file.remove();
    throw error;
  }
}

/** Sets owner, mode and time of a new file. */
function dressFile(fd: number, inode: Inode, policy: OwnerPolicy, leftOut: LeftOut, made: NewFiles): void {
  const asked = inode.mode & PLAIN_BITS;
  if (made.owner === null || !made.modes.has(asked)) {
    const { uid, gid, mode } = fstatSync(fd);
    made.owner = { uid, gid };
    made.modes.set(asked, mode & 0o7777);
  }
  // Changing the owner clears set-id bits, of which a new file has none.
  const isOwner = made.owner.uid === inode.uid && made.owner.gid === inode.gid;
  const owned = setOwner(policy, inode, leftOut, () => {
    if (!isOwner) fchownSync(fd, inode.uid, inode.gid);
  });
  const mode = permissions(inode.mode, policy, policy.setuid && owned, leftOut);
  if (made.modes.get(asked) !== mode) fchmodSync(fd, mode);
  futimesSync(fd, 0, 0);
}

/** Gives a file to its owner, if that is wanted and possible. Whether it belongs to the owner of the image's word now. */
export function setOwner(policy: OwnerPolicy, inode: Inode, leftOut: LeftOut, chown: () => void): boolean {
  if (!policy.owners) {
    if (policy.self?.uid === inode.uid && policy.self.gid === inode.gid) return true;
    leftOut.owners += 1;
    return false;
  }
  try {
    chown();
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EPERM' && code !== 'EINVAL') throw error;
    leftOut.owners += 1;
    return false;
  }
}

/**
 * Gives an unfinished file its name. link() fails where a rename would replace.
 *
 * @throws errors of node:fs, among them EEXIST
 */
export function publish(unfinished: DiskPath, finished: DiskPath, publication: Publication): void {
  if (!publication.mustNotReplace) {
    renameSync(unfinished, finished);
    return;
  }
  if (publication.force) {
    if (lstatSync(finished, { throwIfNoEntry: false })?.isDirectory() === true) throw errno('EISDIR');
    renameSync(unfinished, finished);
    return;
  }
  try {
    linkSync(unfinished, finished);
  } catch (error) {
    // File systems without links, as FAT.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
    if (lstatSync(finished, { throwIfNoEntry: false }) !== undefined) throw errno('EEXIST');
    renameSync(unfinished, finished);
    return;
  }
  unlinkSync(unfinished);
}

function errno(code: string): Error {
  return Object.assign(new Error(code), { code, errno: -1 });
}

/** Removes an unfinished file, if it is there. */
export function removeQuietly(path: DiskPath): void {
  try {
    unlinkSync(path);
  } catch {
    // There is none, which is what was wanted.
  }
}
