/**
 * Directories that are written to, held so that no link can lead a write elsewhere.
 *
 * A directory is opened once, without following a link, and from then on addressed by its descriptor
 * (/proc/PID/fd/N/name, which is what openat() would do): whatever happens to the path meanwhile, the write goes to the
 * directory that was opened. Where there is no /proc the path is used, and every directory on it is compared with the one
 * that was opened before each use.
 *
 * What is not whole has no name of its own yet. A directory that is new in one that others can write to is filled under
 * another name, and takes the place of an empty one that holds its name when it is full; so the files in it need no other
 * names, nor a rename each.
 */
import {
  type BigIntStats,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  unlinkSync,
} from 'node:fs';
import { diskPath } from './diskPath.node.ts';

const OPEN_DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** What the place written to is like. */
export interface TargetTraits {
  /** Begins the names of unfinished files. Random, so that no image can have such a name. */
  readonly prefix: string;
  /** Whether a name in other letter case is the same name. Then a rename might replace a file of the image. */
  foldsCase: boolean;
  /** The directory of this process's descriptors, /proc/N/fd: its links lead to what is open. Null where it cannot be used. */
  readonly descriptors: string | null;
}

/** An opened directory to write to. */
export class TargetDirectory {
  #fd: number | null;
  readonly #path: string;
  /** Whether this program made it just now: then nobody else can write in it, and names in it are known. */
  readonly isOwn: boolean;
  readonly #parent: TargetDirectory | null;
  readonly #traits: TargetTraits;
  readonly #identity: BigIntStats;
  #stage: TargetDirectory | null = null;
  /** Whether it, or one that it is in, has another name until it is full. What is in it has its own name at once. */
  #isUnseen: boolean;
  /** The empty directory that holds its name. */
  #holder: TargetDirectory | null = null;
  /** Directories that were filled under another name in {@link stage}. */
  #unseen = 0;

  private constructor(path: string, fd: number, isOwn: boolean, parent: TargetDirectory | null, traits: TargetTraits) {
    this.#fd = fd;
    this.#path = path;
    this.isOwn = isOwn;
    this.#parent = parent;
    this.#traits = traits;
    this.#identity = fstatSync(fd, { bigint: true });
    this.#isUnseen = parent?.isUnseen === true;
  }

  /** Whether files may have their names in it before they are whole: it, or one that it is in, lacks its own until it is full. */
  get isUnseen(): boolean {
    return this.#isUnseen;
  }

  /** @throws an error if it is parked */
  get fd(): number {
    if (this.#fd === null) throw new Error('a parked directory is used');
    return this.#fd;
  }

  /** What stands in front of "/name". */
  get base(): string {
    const { descriptors } = this.#traits;
    return descriptors === null ? this.#path : `${descriptors}/${String(this.fd)}`;
  }

  /** Gives its descriptor back for a while: a deep tree would need one for each level. */
  park(): void {
    if (this.#fd === null || this.#stage !== null) return;
    closeSync(this.#fd);
    this.#fd = null;
  }

  /**
   * Opens it again, as the directory above one that is open in it: no name is looked up that others could replace.
   *
   * @throws an error with the code ELOOP if it is another one by now; other errors of node:fs
   */
  unpark(child: TargetDirectory): void {
    if (this.#fd !== null) return;
    const path = this.#traits.descriptors === null ? this.#path : child.path('..');
    const fd = openSync(diskPath(path), OPEN_DIRECTORY);
    if (!this.#isAt(fstatSync(fd, { bigint: true }))) {
      closeSync(fd);
      throw replaced();
    }
    this.#fd = fd;
  }

  /**
   * Opens the directory to extract into, and makes it if it is not there. Links on the way to it are the user's own.
   *
   * @throws errors of node:fs
   */
  static openRoot(path: string, prefix: string): { directory: TargetDirectory; isNew: boolean } {
    let isNew = true;
    try {
      mkdirSync(path, { mode: 0o700 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      isNew = false;
    }
    const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
    const traits: TargetTraits = { prefix, foldsCase: false, descriptors: findDescriptors(fd) };
    return { directory: new TargetDirectory(path, fd, false, null, traits), isNew };
  }

  /** Whether there is nothing in it. */
  isEmpty(): boolean {
    return readdirSync(diskPath(this.base)).length === 0;
  }

  /** The path of a file in it, for a call of node:fs that does not follow a link there. */
  path(name: string): string {
    return `${this.base}/${name}`;
  }

  /**
   * Fails if the path leads to another directory by now. With descriptors it cannot.
   *
   * @throws an error with the code ELOOP
   */
  verify(): void {
    if (this.#traits.descriptors !== null) return;
    this.#parent?.verify();
    const now = lstatSync(diskPath(this.#path), { bigint: true });
    // The topmost one may be named through a link of the user's.
    if (!this.#isAt(now) && !(this.#parent === null && now.isSymbolicLink())) throw replaced();
  }

  /**
   * Makes a directory in this one and opens it, or opens the one that is there. {@link publish} must follow.
   *
   * @param replace whether something that is not a directory may be removed
   * @throws errors of node:fs, among them EEXIST
   */
  enter(name: string, replace: boolean): TargetDirectory {
    const directory = this.#enter(name, replace);
    if (this.isOwn || !directory.isOwn || this.#traits.descriptors === null) return directory;
    try {
      return this.#unseenFor(directory);
    } finally {
      directory.close();
    }
  }

  /** The directory to fill in place of an empty one in this directory. */
  #unseenFor(holder: TargetDirectory): TargetDirectory {
    const { stage } = this;
    // Another spelling of its name would lead to the empty one.
    if (this.#traits.foldsCase) return this.#open(holder.#path, true);
    const directory = stage.#enter(stage.unfinishedName(`directory-${String(this.#unseen++)}`), false);
    directory.#isUnseen = true;
    directory.#holder = holder;
    return directory;
  }

  /**
   * Gives a directory that is full its name, if it has another one. It is removed where its name was taken away.
   *
   * @throws an error with the code ELOOP if its name leads to another directory by now; other errors of node:fs
   */
  publish(): void {
    const holder = this.#holder;
    if (holder === null) return;
    this.#holder = null;
    try {
      if (!holder.#isAt(lstatSync(diskPath(holder.#path), { bigint: true }))) throw replaced();
      renameSync(diskPath(this.#path), diskPath(holder.#path));
    } catch (error) {
      rmSync(diskPath(this.#path), { recursive: true, force: true });
      throw error;
    }
  }

  #isAt({ ino, dev }: BigIntStats): boolean {
    return ino === this.#identity.ino && dev === this.#identity.dev;
  }

  #enter(name: string, replace: boolean): TargetDirectory {
    this.verify();
    const path = this.path(name);
    const made = diskPath(path);
    let isOwn = true;
    try {
      mkdirSync(made, { mode: 0o700 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      isOwn = false;
      if (!lstatSync(made).isDirectory()) {
        if (!replace) throw error;
        unlinkSync(made);
        mkdirSync(made, { mode: 0o700 });
        isOwn = true;
      }
    }
    return this.#open(path, isOwn);
  }

  /** Opens a directory in this one, which was made just now or was there. */
  #open(path: string, isOwn: boolean): TargetDirectory {
    const fd = openSync(diskPath(path), OPEN_DIRECTORY);
    try {
      if (isOwn) this.#requireOurs(fd);
      return new TargetDirectory(path, fd, isOwn, this, this.#traits);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** Between mkdir() and open() somebody who can write here could have put another directory in its place. */
  #requireOurs(fd: number): void {
    if (this.isOwn) return;
    const owner = process.geteuid?.();
    if (owner !== undefined && fstatSync(fd).uid !== owner) throw replaced();
    // A directory in a setgid one inherits the bit.
    fchmodSync(fd, 0o700);
  }

  /**
   * Where unfinished files stand: here, if nobody else can write here; otherwise in a directory of our own within. Either
   * way a rename leads from there to here.
   */
  get stage(): TargetDirectory {
    if (this.isOwn) return this;
    if (this.#stage === null) {
      const { prefix } = this.#traits;
      this.#stage = this.#enter(prefix, false);
      this.#traits.foldsCase ||= exists(this.path(prefix.toUpperCase()));
    }
    return this.#stage;
  }

  /** Whether what has a name here already must be kept from being replaced by a rename. */
  get mustNotReplace(): boolean {
    return !this.isOwn || this.#traits.foldsCase;
  }

  /** The name of an unfinished file, in {@link stage}. `number` must be new each time. */
  unfinishedName(number: string): string {
    return `${this.#traits.prefix}-${number}`;
  }

  /** Removes the directory of unfinished files, if there is one. */
  removeStage(): void {
    if (this.#stage === null) return;
    this.#stage.close();
    this.#stage = null;
    try {
      rmdirSync(diskPath(this.path(this.#traits.prefix)));
    } catch {
      // Something was put there by others, or it is gone already.
    }
  }

  /** Closes it. */
  close(): void {
    this.removeStage();
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }
}

function replaced(): Error {
  return Object.assign(new Error('ELOOP: the directory was replaced while it was written to'), {
    code: 'ELOOP',
    errno: -1,
  });
}

function exists(path: string): boolean {
  return lstatSync(diskPath(path), { throwIfNoEntry: false }) !== undefined;
}

/**
 * Where the links are that lead to what this process has open. Asked once by the number that /proc has for this process:
 * looking /proc/self up again for each file takes as long as looking the file up.
 *
 * @param fd an open directory; null where its link leads elsewhere
 */
function findDescriptors(fd: number): string | null {
  if (process.platform !== 'linux') return null;
  try {
    const descriptors = `/proc/${readlinkSync('/proc/self')}/fd`;
    const [here, there] = [
      fstatSync(fd, { bigint: true }),
      lstatSync(`${descriptors}/${String(fd)}/.`, { bigint: true }),
    ];
    return here.ino === there.ino && here.dev === there.dev ? descriptors : null;
  } catch {
    return null;
  }
}
