/**
 * The way through the directory tree. Every directory is read once, whoever lists it, and no byte is read as an entry
 * twice, so the work is bounded by the image's size whatever it claims.
 */
import { CramfsError } from '../base/errors.ts';
import { ENTRY_READ_SIZE, S_IFDIR, S_IFMT, S_IFREG } from '../format/constants.ts';
import { LINUX_INODE } from '../format/inode.ts';
import { DirectoryCursor, type RawEntry } from '../image/directory.ts';
import type { Inode } from '../image/image.ts';
import { BitSet } from './bitSet.ts';
import { type CheckContext, MAX_PATH } from './context.ts';
import { FileIndex } from './fileIndex.ts';
import { isPlainInode, PlainNames } from './plainEntry.ts';
import type { DirectoryState, Node } from './rule.ts';
import { Uint32List } from './uint32List.ts';
import type { Visitors } from './visitors.ts';

/** Findings of cycles that are told from mere reuse; telling them apart takes a walk to the root. */
const MAX_CYCLES = 1000;
const MAX_CYCLE_STEPS = 1 << 16;

const NO_NAME = new Uint8Array(0);

/**
 * Goes through the tree, calls the visitors, and gives the files whose data is to be looked at.
 *
 * @param onlyOdd whether the visitors do without plain entries
 */
export function surveyTree(context: CheckContext, visitors: Visitors, onlyOdd: boolean): FileIndex {
  const survey = new TreeSurvey(context, visitors, onlyOdd);
  survey.run();
  return survey.files;
}

class TreeSurvey {
  readonly files = new FileIndex();
  readonly #context: CheckContext;
  readonly #visitors: Visitors;
  /** Offsets of directories that are read, in units of 4 bytes. */
  readonly #seen = new BitSet();
  readonly #pending = new Uint32List();
  readonly #names = new PlainNames();
  /** Whether the visitors do without plain entries. */
  readonly #onlyOdd: boolean;
  /** Up to where entries of the directory being read can be plain; 0 once one was not. */
  #plainEnd = 0;
  #cycles = 0;

  constructor(context: CheckContext, visitors: Visitors, onlyOdd: boolean) {
    this.#context = context;
    this.#visitors = visitors;
    this.#onlyOdd = onlyOdd && context.image.inodeLayout === LINUX_INODE;
  }

  run(): void {
    const { root } = this.#context.image;
    const node: Node = { inode: root, nameBytes: NO_NAME, directoryPathBytes: 0, directory: 0, path: () => '/' };
    this.#count(root);
    this.#visitors.node(node);
    if (root.type !== 'directory') {
      this.#context.treeDamaged = true;
      return;
    }
    this.#meet(node, 0);
    for (let index = this.#pending.pop(); index !== undefined; index = this.#pending.pop()) this.#read(index);
  }

  /** A directory was met: it is put on the list of those to read, if it can be. */
  #meet(node: Node, parent: number): void {
    const { directories } = this.#context;
    const { inode } = node;
    const state = this.#stateOf(inode, parent);
    this.#visitors.directory(node, state);
    if (state === 'read') {
      this.#seen.addRange(inode.offset / 4, inode.offset / 4 + 1);
      this.#pending.push(directories.position.length);
      directories.position.push(inode.position);
      directories.parent.push(parent);
      directories.offset.push(inode.offset);
      directories.end.push(inode.offset);
      directories.pathBytes.push(node.nameBytes.length === 0 ? 0 : node.directoryPathBytes + 1 + node.nameBytes.length);
    } else if (state !== 'empty') this.#context.treeDamaged = true;
  }

  #stateOf(inode: Inode, parent: number): DirectoryState {
    if (inode.size === 0) return 'empty';
    if (inode.offset === 0) return 'offset zero';
    if (!this.#seen.has(inode.offset / 4)) return 'read';
    const { directories } = this.#context;
    if (this.#cycles >= MAX_CYCLES) return 'again';
    this.#cycles++;
    for (let at = parent, steps = 0; steps < MAX_CYCLE_STEPS; at = directories.parent.at(at), steps++) {
      if (directories.offset.at(at) === inode.offset) return 'cycle';
      if (at === 0) break;
    }
    return 'again';
  }

  #read(index: number): void {
    const context = this.#context;
    const { directories, image } = context;
    const inode = index === 0 ? image.root : image.inodeAt(directories.position.at(index));
    const directory: Node = {
      inode,
      nameBytes: NO_NAME,
      directoryPathBytes: directories.pathBytes.at(index),
      directory: directories.parent.at(index),
      path: () => context.directoryPath(index),
    };
    if (inode.offset + inode.size > context.end) context.treeDamaged = true;
    const pendingBefore = this.#pending.length;
    this.#names.begin();
    this.#plainEnd = this.#onlyOdd ? this.#plainUpTo(inode) : 0;
    const cursor = new DirectoryCursor(image, inode);
    try {
      while (cursor.advance()) {
        const isPlain = this.#plainEnd !== 0 && this.#plainEntry(cursor, directory, index);
        if (!isPlain && !this.#entry(cursor.entry(), directory, index)) break;
      }
    } catch (error) {
      if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
      this.#endPlain(index, cursor.next);
      context.treeDamaged = true;
      this.#visitors.entryCut(cursor.next, this.#entryEnd(cursor.next), directory);
    }
    this.#endPlain(index, cursor.next);
    this.#visitors.directoryEnd(directory);
    reverse(this.#pending, pendingBefore);
  }

  /** Up to where a directory can have plain entries: as far as it is free, and Linux sees all of an entry; 0 for none. */
  #plainUpTo({ offset, size }: Inode): number {
    const { inodes, end, hasSize, image } = this.#context;
    if (offset + size > end || inodes.firstIn(offset / 4, Math.ceil((offset + size) / 4)) !== -1) return 0;
    return Math.min(offset + size, hasSize ? image.size - ENTRY_READ_SIZE + LINUX_INODE.size : Infinity);
  }

  /** Takes in the bytes of a directory's plain entries; what follows them is not plain. */
  #endPlain(index: number, end: number): void {
    if (this.#plainEnd === 0) return;
    this.#plainEnd = 0;
    const { directories, inodes } = this.#context;
    inodes.addRange(directories.offset.at(index) / 4, end / 4);
    directories.end.set(index, end);
  }

  /**
   * Takes in an entry of which no visitor wants to know more than its inode, and that only where it is not plain.
   *
   * @returns false for an entry that visitors are to be shown, as those after it in the directory
   */
  #plainEntry(cursor: DirectoryCursor, directory: Node, index: number): boolean {
    const context = this.#context;
    const { fields, position, next, nameLength } = cursor;
    if (next > this.#plainEnd || nameLength === 0 || !this.#names.take(cursor.bytes, cursor.nameStart, nameLength)) {
      this.#endPlain(index, position);
      return false;
    }
    const { mode, size, offset } = fields;
    const type = mode & S_IFMT;
    const isOdd = !isPlainInode(fields) || directory.directoryPathBytes + nameLength >= MAX_PATH;
    if (isOdd || type === S_IFDIR) {
      const node = this.#node(cursor.entry(), index);
      this.#count(node.inode);
      if (isOdd) this.#visitors.node(node);
      this.#follow(node, index);
      return true;
    }
    const { tally } = context;
    tally.inodes++;
    if (type === S_IFREG) tally.files++;
    else tally.symlinks++;
    tally.contentBytes += size;
    if (offset !== 0) this.files.push(position, index, fields);
    return true;
  }

  /** Where an entry would end that is not all there. */
  #entryEnd(position: number): number {
    const { image } = this.#context;
    const { size } = image.inodeLayout;
    const isInodeThere = image.source.read(position, size).length === size;
    return position + size + (isInodeThere ? image.inodeAt(position).namelen : 0);
  }

  /** @returns false when the rest of the directory is not to be read */
  #entry(raw: RawEntry, directory: Node, index: number): boolean {
    const context = this.#context;
    const { inode, nameBytes } = raw;
    const { position } = inode;
    const length = context.image.inodeLayout.size + inode.namelen;
    if (position + length > context.end) {
      context.treeDamaged = true;
      this.#visitors.entryCut(position, position + length, directory);
      return false;
    }
    // Where a directory's size is wrong, what follows the last entry is no entry.
    if (inode.type === 'unknown' && directory.inode.offset + directory.inode.size > context.end) return false;
    const node = this.#node(raw, index);
    const first = position / 4;
    const last = first + length / 4;
    const occupied = context.inodes.firstIn(first, last);
    this.#visitors.entry(node, directory, occupied === -1 ? -1 : occupied * 4);
    if (occupied !== -1 || nameBytes.length === 0) {
      context.treeDamaged = true;
      return false;
    }
    context.inodes.addRange(first, last);
    context.directories.end.set(index, position + length);
    this.#count(inode);
    this.#visitors.node(node);
    this.#follow(node, index);
    return true;
  }

  #node({ inode, nameBytes }: RawEntry, directory: number): Node {
    const context = this.#context;
    const { position } = inode;
    const directoryPathBytes = context.directories.pathBytes.at(directory);
    return { inode, nameBytes, directoryPathBytes, directory, path: () => context.entryPath(directory, position) };
  }

  /** What an inode leads to is looked at later. */
  #follow(node: Node, index: number): void {
    const { inode } = node;
    if (inode.type === 'directory') this.#meet(node, index);
    else if ((inode.type === 'file' || inode.type === 'symlink') && inode.size !== 0 && inode.offset !== 0) {
      this.files.push(inode.position, index, inode);
    }
  }

  #count({ type, size }: Inode): void {
    const { tally } = this.#context;
    tally.inodes++;
    if (type === 'directory') tally.directories++;
    else if (type === 'file') tally.files++;
    else if (type === 'symlink') tally.symlinks++;
    else tally.others++;
    if (type === 'file' || type === 'symlink') tally.contentBytes += size;
  }
}

/** Turns the end of a stack around, so that what came first is taken first. */
function reverse(stack: Uint32List, from: number): void {
  const taken: number[] = [];
  while (stack.length > from) taken.push(stack.pop() ?? 0);
  for (const value of taken) stack.push(value);
}
