/**
 * The way through the directory tree. Every directory is read once, whoever lists it, and no byte is read as an entry
 * twice, so the work is bounded by the image's size whatever it claims.
 */
import { CramfsError } from '../base/errors.ts';
import { type RawEntry, rawEntries } from '../image/directory.ts';
import type { Inode } from '../image/image.ts';
import { BitSet } from './bitSet.ts';
import type { CheckContext } from './context.ts';
import type { DirectoryState, Node } from './rule.ts';
import { Uint32List } from './uint32List.ts';
import type { Visitors } from './visitors.ts';

/** Findings of cycles that are told from mere reuse; telling them apart takes a walk to the root. */
const MAX_CYCLES = 1000;
const MAX_CYCLE_STEPS = 1 << 16;

/** Regular files and symlinks with data: where the inode stands, and the index of the directory. */
export interface FileIndex {
  readonly position: Uint32List;
  readonly directory: Uint32List;
}

const NO_NAME = new Uint8Array(0);

/** Goes through the tree, tells the visitors, and gives the files whose data is to be looked at. */
export function surveyTree(context: CheckContext, visitors: Visitors): FileIndex {
  const survey = new TreeSurvey(context, visitors);
  survey.run();
  return survey.files;
}

class TreeSurvey {
  readonly files: FileIndex = { position: new Uint32List(), directory: new Uint32List() };
  readonly #context: CheckContext;
  readonly #visitors: Visitors;
  /** Offsets of directories that are read, in units of 4 bytes. */
  readonly #seen = new BitSet();
  readonly #pending = new Uint32List();
  #cycles = 0;

  constructor(context: CheckContext, visitors: Visitors) {
    this.#context = context;
    this.#visitors = visitors;
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
    let next = inode.offset;
    try {
      for (const raw of rawEntries(image, inode)) {
        next = raw.inode.position + image.inodeLayout.size + raw.inode.namelen;
        if (!this.#entry(raw, directory, index)) break;
      }
    } catch (error) {
      if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
      context.treeDamaged = true;
      this.#visitors.entryCut(next, this.#entryEnd(next), directory);
    }
    this.#visitors.directoryEnd(directory);
    reverse(this.#pending, pendingBefore);
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
    const node: Node = {
      inode,
      nameBytes,
      directoryPathBytes: context.directories.pathBytes.at(index),
      directory: index,
      path: () => context.entryPath(index, position),
    };
    const first = position / 4;
    const last = first + length / 4;
    const occupied = context.inodes.firstIn(first, last);
    this.#visitors.entry(node, directory, occupied === -1 ? -1 : occupied * 4);
    if (occupied !== -1 || nameBytes.length === 0) {
      context.treeDamaged = true;
      return false;
    }
    context.inodes.addRange(first, last);
    this.#count(inode);
    this.#visitors.node(node);
    if (inode.type === 'directory') this.#meet(node, index);
    else if ((inode.type === 'file' || inode.type === 'symlink') && inode.size !== 0 && inode.offset !== 0) {
      this.files.position.push(position);
      this.files.directory.push(index);
    }
    return true;
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
