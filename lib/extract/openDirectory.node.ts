/**
 * A directory that is being extracted: what waits to be written in it, and what is not done yet.
 */
import { chmodSync, fchmodSync, fchownSync, futimesSync, lchownSync, lutimesSync } from 'node:fs';
import type { Inode } from '../image/image.ts';
import type { WalkEntry } from '../inspect/walk.ts';
import type { DiskPath } from './diskPath.node.ts';
import { type FileBatch, setOwner } from './fileBatch.node.ts';
import { type LeftOut, type OwnerPolicy, permissions } from './ownership.ts';
import type { TargetDirectory } from './targetDirectory.node.ts';

/** A batch is full with so many bytes or files: some milliseconds of work. */
const BATCH_BYTES = 1 << 20;
const BATCH_FILES = 256;

/** A directory of the image and its counterpart on the disk. */
export class OpenDirectory {
  readonly entry: WalkEntry;
  readonly target: TargetDirectory;
  readonly parent: OpenDirectory | null;
  /** Whether it gets owner, mode and time of the image. */
  readonly #getsMetadata: boolean;
  /** Batches under way, and directories within that are not done. */
  pending = 0;
  /** Batches under way. */
  batches = 0;
  /** Whether the walk is through with it. */
  isLeft = false;
  #isFinished = false;
  #files: WalkEntry[] = [];
  #bytes = 0;

  constructor(entry: WalkEntry, target: TargetDirectory, parent: OpenDirectory | null, getsMetadata: boolean) {
    this.entry = entry;
    this.target = target;
    this.parent = parent;
    this.#getsMetadata = getsMetadata;
    if (parent !== null) parent.pending += 1;
  }

  /** Adds a regular file to those that wait. Whether a batch is full. */
  add(file: WalkEntry): boolean {
    this.#files.push(file);
    this.#bytes += file.inode.size;
    return this.#bytes >= BATCH_BYTES || this.#files.length >= BATCH_FILES;
  }

  /** The files that wait; none wait afterwards. */
  take(): WalkEntry[] {
    const files = this.#files;
    this.#files = [];
    this.#bytes = 0;
    return files;
  }

  /** Gives the descriptor back, unless files are under way, whose paths go through it. Whoever comes back opens it again. */
  park(): void {
    if (this.#files.length === 0 && this.batches === 0) this.target.park();
  }

  /**
   * Files as a batch.
   *
   * @param number makes the names of unfinished files unique
   * @throws errors of node:fs
   */
  batch(files: readonly WalkEntry[], number: string, force: boolean): FileBatch {
    const { target } = this;
    target.verify();
    const { stage } = target;
    return {
      stage: stage.base,
      directory: target.base,
      unfinished: stage.unfinishedName(number),
      isUnseen: target.isUnseen,
      mustNotReplace: target.mustNotReplace,
      force,
      positions: files.map((file) => file.inode.position),
      names: files.map((file) => file.name),
    };
  }

  /** Whether everything in it is done, for the first time asked since it is. */
  isDone(): boolean {
    return this.isLeft && this.pending === 0 && !this.#isFinished;
  }

  /** Gives it its name, then owner, mode and time, which must come last, and closes it. */
  finish(policy: OwnerPolicy, leftOut: LeftOut): void {
    this.#isFinished = true;
    if (this.parent !== null) this.parent.pending -= 1;
    try {
      const { fd } = this.target;
      // A stage within must be gone before the time is set.
      this.target.removeStage();
      // Only who can write in a directory can move it.
      this.target.publish();
      if (!this.#getsMetadata) return;
      const { inode } = this.entry;
      const owned = setOwner(policy, inode, leftOut, () => {
        fchownSync(fd, inode.uid, inode.gid);
      });
      fchmodSync(fd, permissions(inode.mode, policy, policy.setuid && owned, leftOut));
      futimesSync(fd, 0, 0);
    } finally {
      this.target.close();
    }
  }

  /** Sets owner, mode and time of a special file. Nobody else can reach `path`. */
  dress(path: DiskPath, inode: Inode, policy: OwnerPolicy, leftOut: LeftOut): void {
    const owned = setOwner(policy, inode, leftOut, () => {
      lchownSync(path, inode.uid, inode.gid);
    });
    chmodSync(path, permissions(inode.mode, policy, policy.setuid && owned, leftOut));
    lutimesSync(path, 0, 0);
  }
}
