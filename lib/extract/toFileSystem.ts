/**
 * Extraction into anything that looks like node:fs: memfs, or another file system in memory.
 */
import { CramfsError } from '../base/errors.ts';
import { readLink } from '../image/content.ts';
import type { CramfsImage } from '../image/image.ts';
import type { WalkEntry } from '../inspect/walk.ts';
import { contentReader } from './fileContent.ts';
import { linkProblem } from './linkTarget.ts';
import { nothingLeftOut, permissions } from './ownership.ts';
import { imageProblem, ProblemList, targetProblem } from './problem.ts';
import type { ExtractResult } from './result.ts';
import { type Choice, safeWalk, survey } from './safeWalk.ts';

/** The part of node:fs that is used. */
export interface FileSystemLike {
  mkdirSync(path: string, options?: { mode?: number; recursive?: boolean }): unknown;
  lstatSync(path: string): { isDirectory(): boolean };
  writeFileSync(path: string, data: Uint8Array, options: { flag: string; mode: number }): void;
  symlinkSync(target: string, path: string): void;
  chmodSync(path: string, mode: number): void;
  lchownSync?(path: string, uid: number, gid: number): void;
  utimesSync?(path: string, atime: number, mtime: number): void;
}

/** How to extract. */
export interface ExtractToOptions extends Choice {
  /** Set the owners of the image. Default: false. */
  readonly owners?: boolean | undefined;
  /** Keep setuid and setgid bits. Default: false. */
  readonly setuid?: boolean | undefined;
  /** Write what Linux's read(2) gives in place of what is stored. Default: false. */
  readonly asLinuxReads?: boolean | undefined;
  /**
   * Take names that are no UTF-8, with lone surrogates (see format/names) where memory holds any string. Default: false,
   * and such entries are problems: a file system of the disk would change the names.
   */
  readonly anyNames?: boolean | undefined;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Extracts an image, or a part of it, into a directory of a file system. Nothing that is there is replaced, and no link
 * is followed below the directory. For the disk, extractToDirectory() is safer and faster.
 *
 * @param directory made, with its parents, if it is not there; it gets mode and time of the image's root
 * @throws CramfsError LIMIT, NOT_FOUND, USAGE, BAD_STRUCTURE, MOUNT_REFUSED before anything is written; IO
 */
export function extractTo(
  fs: FileSystemLike,
  directory: string,
  image: CramfsImage,
  options: ExtractToOptions = {},
): ExtractResult {
  const read = contentReader(image, options.asLinuxReads === true);
  survey(image, options);
  const problems = new ProblemList();
  const leftOut = nothingLeftOut();
  const differing: string[] = [];
  const counts = { files: 0, directories: 0, symlinks: 0, specials: 0, bytes: 0 };
  const base = directory.replace(/[/]+$/, '');
  const where = (entry: WalkEntry): string => (entry.parent === null ? `${base}/` : `${base}${entry.path}`);
  const finish = (entry: WalkEntry): void => {
    const { mode, uid, gid, type } = entry.inode;
    const path = where(entry);
    if (options.owners === true) fs.lchownSync?.(path, uid, gid);
    else if (uid !== 0 || gid !== 0) leftOut.owners += 1;
    if (type === 'symlink') return;
    fs.chmodSync(path, permissions(mode, {}, options.setuid === true, leftOut));
    fs.utimesSync?.(path, 0, 0);
  };
  const made: WalkEntry[] = [];
  let entered: WalkEntry | null = null;

  const write = (entry: WalkEntry): void => {
    const { inode } = entry;
    switch (inode.type) {
      case 'directory':
        if (makeDirectory(fs, where(entry), entry.parent === null)) made.push(entry);
        counts.directories += 1;
        entered = entry;
        return;
      case 'file': {
        const { bytes, differs } = read(inode);
        fs.writeFileSync(where(entry), bytes.slice(), { flag: 'wx', mode: 0o600 });
        finish(entry);
        if (differs) differing.push(entry.path);
        counts.files += 1;
        counts.bytes += bytes.length;
        return;
      }
      case 'symlink': {
        const target = readLink(image, inode);
        const wrong = linkProblem(inode, target);
        if (wrong !== null) problems.add(imageProblem(wrong, entry.path));
        if (target === '') return;
        if (options.anyNames !== true && LONE_SURROGATE.test(target)) throw notText(entry, 'a target');
        fs.symlinkSync(target, where(entry));
        finish(entry);
        counts.symlinks += 1;
        return;
      }
      case 'chardev':
      case 'blockdev':
        leftOut.devicesImpossible += 1;
        return;
      case 'fifo':
        leftOut.fifos += 1;
        return;
      case 'socket':
        leftOut.sockets += 1;
        return;
      default:
        throw new CramfsError('BAD_STRUCTURE', {
          what: 'an inode',
          offset: inode.position,
          expected: 'a known file type',
          found: `the mode 0${inode.mode.toString(8)}`,
        });
    }
  };

  const walked = safeWalk(image, {
    ...options,
    onProblem: (problem) => {
      problems.add(problem);
    },
    enter: (entry) => entry === entered,
  });
  for (const entry of walked) {
    try {
      if (options.anyNames !== true && LONE_SURROGATE.test(entry.name)) throw notText(entry, 'a name');
      write(entry);
    } catch (error) {
      if (error instanceof CramfsError && error.code !== 'IO') problems.add(imageProblem(error, entry.path));
      else if (typeof (error as { code?: unknown }).code === 'string' && !(error instanceof CramfsError)) {
        problems.add(targetProblem(error, entry.path));
      } else throw error;
    }
  }
  // Modes and times of directories come last: writing into them changes their time, and may be forbidden by their mode.
  for (const entry of made.reverse()) finish(entry);
  return { ...counts, problems: problems.kept, problemCounts: problems.counts, leftOut, differing, ended: 'complete' };
}

/** Makes a directory, or accepts one that is there. Whether it was made. */
function makeDirectory(fs: FileSystemLike, path: string, isTop: boolean): boolean {
  try {
    fs.mkdirSync(path, isTop ? { recursive: true } : { mode: 0o700 });
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EEXIST' || !fs.lstatSync(path).isDirectory()) throw error;
    return false;
  }
}

function notText(entry: WalkEntry, what: string): CramfsError {
  return new CramfsError('BAD_STRUCTURE', {
    what: 'a directory entry',
    offset: entry.inode.position,
    expected: `${what} in UTF-8, which is all that this file system takes`,
    found: 'other bytes',
  });
}
