/**
 * Extraction into a directory of the disk.
 *
 * One thread walks the image and makes directories, links and special files; regular files go in batches to a crew of
 * other threads, or are written here. No link is ever followed below the target, whoever made it; a file appears whole or
 * not at all; nothing is replaced unless that was asked for.
 */
import { randomBytes } from 'node:crypto';
import { lchownSync, lutimesSync, symlinkSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CramfsError } from '../base/errors.ts';
import { encodeName } from '../format/names.ts';
import { readLink } from '../image/content.ts';
import type { CramfsImage } from '../image/image.ts';
import { shownPath } from '../format/shownPath.ts';
import type { WalkEntry } from '../inspect/walk.ts';
import {
  FATAL,
  type FileBatchContext,
  type FileBatchResult,
  publish,
  removeQuietly,
  runFileBatch,
  setOwner,
} from './fileBatch.node.ts';
import type { Crew } from './crew.ts';
import { type DiskPath, diskPath } from './diskPath.node.ts';
import type { FileBatch } from './fileBatch.node.ts';
import { contentReader } from './fileContent.ts';
import { linkProblem } from './linkTarget.ts';
import { OpenDirectory } from './openDirectory.node.ts';
import { addLeftOut, nothingLeftOut, type OwnerPolicy } from './ownership.ts';
import { imageProblem, ProblemList, targetProblem } from './problem.ts';
import type { ExtractResult, Progress } from './result.ts';
import { type Choice, safeWalk, survey, type Survey } from './safeWalk.ts';
import { makeSpecialFile, type SpecialType } from './specialFiles.node.ts';
import { TargetDirectory } from './targetDirectory.node.ts';
import { errnoName, errnoWords } from '../base/errnoWords.ts';

/** Directories on the way to where the walk is that are kept open, besides those with files under way. */
const HELD_OPEN = 8;

/** How to extract. */
export interface ExtractOptions extends Choice {
  /** Replace files and links that are there. Directories are never replaced. Default: false. */
  readonly force?: boolean | undefined;
  /** Make device nodes. Default: false. */
  readonly devices?: boolean | undefined;
  /** Keep setuid and setgid bits. Default: false. */
  readonly setuid?: boolean | undefined;
  /** Give files to the owners of the image. Default: if this process is root's. */
  readonly owners?: boolean | undefined;
  /** Write what Linux's read(2) gives in place of what is stored. Default: false. */
  readonly asLinuxReads?: boolean | undefined;
  /** Starts threads that write files, once it is known what there is to do. Default: this thread does it. */
  readonly crew?: ((total: Survey) => Crew<FileBatch, FileBatchResult> | null) | undefined;
  /** Is told how far it got. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Ends the extraction between two files. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Extracts an image, or a part of it.
 *
 * @param directory made if it is not there. A new or empty one gets owner, mode and time of the image's root
 * @throws CramfsError LIMIT, NOT_FOUND, USAGE, CANNOT_WRITE for a directory that cannot be made or opened, BAD_STRUCTURE for a
 *   root that is no directory, MOUNT_REFUSED with asLinuxReads, IO; nothing is written then, but for IO
 */
export async function extractToDirectory(
  image: CramfsImage,
  directory: string,
  options: ExtractOptions = {},
): Promise<ExtractResult> {
  const read = contentReader(image, options.asLinuxReads === true);
  const total = survey(image, options);
  return new Extraction(image, options, total, {
    image,
    read,
    policy: ownerPolicy(options),
    isStopped: () => options.signal?.aborted === true,
  }).run(directory);
}

/** What owners and modes files get. */
export function ownerPolicy(options: Pick<ExtractOptions, 'owners' | 'setuid'>): OwnerPolicy {
  const [uid, gid] = [process.geteuid?.(), process.getegid?.()];
  return {
    owners: options.owners ?? uid === 0,
    setuid: options.setuid === true,
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- asked for once, before other threads make files
    umask: process.geteuid?.() === 0 ? 0 : process.umask(),
    self: uid === undefined || gid === undefined ? undefined : { uid, gid },
  };
}

/** One extraction, from the first entry to the last. */
class Extraction {
  readonly #image: CramfsImage;
  readonly #options: ExtractOptions;
  readonly #total: Survey;
  readonly #crew: Crew<FileBatch, FileBatchResult> | null;
  readonly #context: FileBatchContext;
  readonly #problems = new ProblemList();
  readonly #leftOut = nothingLeftOut();
  readonly #differing: string[] = [];
  readonly #counts = { files: 0, directories: 0, symlinks: 0, specials: 0, bytes: 0 };
  /** The directories from the root to where the walk is. */
  readonly #stack: OpenDirectory[] = [];
  readonly #prefix = `.cramfs-${randomBytes(8).toString('hex')}`;
  #serial = 0;
  #isFailed = false;

  constructor(image: CramfsImage, options: ExtractOptions, total: Survey, context: FileBatchContext) {
    this.#image = image;
    this.#options = options;
    this.#total = total;
    this.#crew = options.crew?.(total) ?? null;
    this.#context = context;
  }

  async run(directory: string): Promise<ExtractResult> {
    const { signal } = this.#options;
    const crew = this.#crew;
    let entered: WalkEntry | null = null;
    const entries = safeWalk(this.#image, {
      ...this.#options,
      onProblem: (problem) => {
        this.#problems.add(problem);
      },
      enter: (entry) => entry === entered,
    });
    try {
      for (const entry of entries) {
        while (this.#top !== undefined && this.#top.entry !== entry.parent) await this.#leave();
        if (entry.inode.type === 'directory') {
          if (this.#enter(entry, directory)) entered = entry;
        } else {
          await this.#add(entry);
        }
        if (this.#isFailed || signal?.aborted === true) break;
      }
    } finally {
      if (this.#isFailed || signal?.aborted === true) crew?.stop();
      while (this.#top !== undefined) await this.#leave();
      await crew?.idle();
    }
    return this.#result();
  }

  get #top(): OpenDirectory | undefined {
    return this.#stack[this.#stack.length - 1];
  }

  #result(): ExtractResult {
    const { kept: problems, counts: problemCounts } = this.#problems;
    const ended = this.#isFailed ? 'failed' : this.#options.signal?.aborted === true ? 'interrupted' : 'complete';
    const [leftOut, differing] = [this.#leftOut, this.#differing];
    return { ...this.#counts, problems, problemCounts, leftOut, differing, ended };
  }

  /** Makes or opens a directory. Whether its entries can be written. */
  #enter(entry: WalkEntry, root: string): boolean {
    const { force = false } = this.#options;
    const parent = this.#top;
    if (parent === undefined) {
      this.#stack.push(this.#openRoot(entry, root));
      this.#counts.directories += 1;
      return true;
    }
    try {
      const target = parent.target.enter(entry.name, force);
      this.#stack.push(new OpenDirectory(entry, target, parent, target.isOwn || force));
      this.#counts.directories += 1;
      this.#stack[this.#stack.length - 1 - HELD_OPEN]?.park();
      return true;
    } catch (error) {
      this.#targetFault(error, entry);
      return false;
    }
  }

  /** @throws CramfsError CANNOT_WRITE */
  #openRoot(entry: WalkEntry, root: string): OpenDirectory {
    try {
      const { directory, isNew } = TargetDirectory.openRoot(root, this.#prefix);
      const getsMetadata = isNew || this.#options.force === true || directory.isEmpty();
      return new OpenDirectory(entry, directory, null, getsMetadata);
    } catch (error) {
      const isMissing = errnoName(error) === 'ENOENT';
      const found = isMissing ? 'there is no such folder' : errnoWords(error);
      throw new CramfsError('CANNOT_WRITE', { what: root, found, cause: error });
    }
  }

  /** Ends work in the current directory. It is released when its last file is written. */
  async #leave(): Promise<void> {
    const directory = this.#stack.pop();
    if (directory === undefined) return;
    await this.#flush(directory);
    this.#return(directory);
    directory.isLeft = true;
    this.#release(directory);
  }

  /** Goes back to the directory above. One that was replaced meanwhile is no place to write to. */
  #return(from: OpenDirectory): void {
    if (from.parent === null) return;
    try {
      from.parent.target.unpark(from.target);
    } catch (error) {
      this.#targetFault(error, from.parent.entry);
      this.#isFailed = true;
    }
  }

  #release(directory: OpenDirectory): void {
    for (let at: OpenDirectory | null = directory; at?.isDone() === true; at = at.parent) {
      try {
        at.finish(this.#context.policy, this.#leftOut);
      } catch (error) {
        this.#targetFault(error, at.entry);
      }
    }
  }

  async #add(entry: WalkEntry): Promise<void> {
    const directory = this.#top;
    if (directory === undefined) return;
    switch (entry.inode.type) {
      case 'file':
        if (directory.add(entry)) await this.#flush(directory);
        return;
      case 'symlink':
        await this.#attempt(entry, () => this.#link(directory, entry));
        return;
      case 'chardev':
      case 'blockdev':
        if (this.#options.devices !== true) this.#leftOut.devices += 1;
        else await this.#special(directory, entry, entry.inode.type);
        return;
      case 'fifo':
        await this.#special(directory, entry, 'fifo');
        return;
      case 'socket':
        this.#leftOut.sockets += 1;
        return;
      default:
        this.#problems.add(imageProblem(unknownType(entry), entry.path));
    }
  }

  async #link(directory: OpenDirectory, entry: WalkEntry): Promise<void> {
    const text = readLink(this.#image, entry.inode);
    const wrong = linkProblem(entry.inode, text);
    if (wrong !== null) this.#problems.add(imageProblem(wrong, entry.path));
    if (text === '') return;
    await this.#place(directory.target, entry, (path) => {
      symlinkSync(Buffer.from(encodeName(text)), path);
      setOwner(this.#context.policy, entry.inode, this.#leftOut, () => {
        lchownSync(path, entry.inode.uid, entry.inode.gid);
      });
      lutimesSync(path, 0, 0);
    });
    this.#counts.symlinks += 1;
  }

  #special(directory: OpenDirectory, entry: WalkEntry, type: SpecialType): Promise<void> {
    return this.#attempt(entry, async () => {
      try {
        await this.#place(directory.target, entry, async (path) => {
          await makeSpecialFile(path.toString('latin1'), type, entry.inode);
          directory.dress(path, entry.inode, this.#context.policy, this.#leftOut);
        });
        this.#counts.specials += 1;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code !== 'EPERM' && code !== 'ENOSYS') throw error;
        this.#leftOut[type === 'fifo' ? 'fifos' : 'devicesImpossible'] += 1;
      }
    });
  }

  /** Makes something under another name where nobody else can write, then gives it its own name. */
  async #place(
    target: TargetDirectory,
    entry: WalkEntry,
    make: (path: DiskPath) => void | Promise<void>,
  ): Promise<void> {
    target.verify();
    const { stage } = target;
    const path = diskPath(stage.path(stage.unfinishedName(String(this.#serial++))));
    try {
      await make(path);
      publish(path, diskPath(target.path(entry.name)), {
        mustNotReplace: target.mustNotReplace,
        force: this.#options.force === true,
      });
    } catch (error) {
      removeQuietly(path);
      throw error;
    }
  }

  /** Hands the waiting files of a directory to the crew, or writes them here if nobody has time. */
  async #flush(directory: OpenDirectory): Promise<void> {
    const files = directory.take();
    if (files.length === 0) return;
    let batch: FileBatch;
    try {
      batch = directory.batch(files, String(this.#serial++), this.#options.force === true);
    } catch (error) {
      for (const file of files) this.#targetFault(error, file);
      return;
    }
    const done = (result: FileBatchResult): void => {
      this.#collect(files, result);
      directory.pending -= 1;
      directory.batches -= 1;
      this.#release(directory);
    };
    directory.pending += 1;
    directory.batches += 1;
    if (this.#crew?.tryStart(batch, done) !== true) done(runFileBatch(this.#context, batch));
    // Messages of the crew and signals of the user come in here.
    await nextTurn();
  }

  #collect(files: readonly WalkEntry[], result: FileBatchResult): void {
    this.#counts.files += result.files;
    this.#counts.bytes += result.bytes;
    addLeftOut(this.#leftOut, result.leftOut);
    for (const { index, ...failure } of result.failures) {
      this.#problems.add({ ...failure, path: shownPath(files[index]?.path ?? '') });
      if (failure.blame === 'target' && FATAL.has(failure.code)) this.#isFailed = true;
    }
    for (const index of result.differing) this.#differing.push(files[index]?.path ?? '');
    this.#options.onProgress?.({ bytes: this.#counts.bytes, total: this.#total });
  }

  async #attempt(entry: WalkEntry, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (error instanceof CramfsError && error.code !== 'IO') this.#problems.add(imageProblem(error, entry.path));
      else this.#targetFault(error, entry);
    }
  }

  #targetFault(error: unknown, entry: WalkEntry): void {
    if (typeof (error as { errno?: unknown }).errno !== 'number') throw error;
    const problem = targetProblem(error, shownPath(entry.path));
    this.#problems.add(problem);
    if (FATAL.has(problem.code)) this.#isFailed = true;
  }
}

function unknownType(entry: WalkEntry): CramfsError {
  return new CramfsError('BAD_STRUCTURE', {
    what: 'an inode',
    offset: entry.inode.position,
    expected: 'a known file type',
    found: `the mode 0${entry.inode.mode.toString(8)}`,
  });
}
