/**
 * What an audit takes along from the way through an image that a check goes: one pass serves both. It keeps some numbers for
 * each file, and notes the few files that are worth a closer look.
 */
import type { CheckContext } from '../check/context.ts';
import type { BlockVisit, FileNode, Node, Rule, TableVisit, Visitor } from '../check/rule.ts';
import { Uint32List } from '../check/uint32List.ts';
import type { CramfsImage, Inode } from '../image/image.ts';
import { Accountant, type AccountLine } from '../inspect/account.ts';
import { isDirectPointer } from '../inspect/directRuns.ts';
import { canBeginWith } from './firstByte.ts';
import { DirectSample } from './flashCost.ts';

/** Bits of a mode that give more than most files should have: set-user-ID, set-group-ID, writable by others. */
const SPECIAL_MODE = 0o6002;
const ANY_X = 0o111;
/** The first byte of an ELF file. */
const ELF_FIRST = 0x7f;
/** Bytes of a compressed block that tell what it begins with: all codes of its literals. */
const PEEK_BYTES = 160;

/** Entries of the tree, eight bytes each. */
export class EntryList {
  readonly #position = new Uint32List();
  readonly #directory = new Uint32List();

  get length(): number {
    return this.#position.length;
  }

  push(position: number, directory: number): void {
    this.#position.push(position);
    this.#directory.push(directory);
  }

  /** Byte offset of the inode. */
  position(index: number): number {
    return this.#position.at(index);
  }

  /** Index of the directory. */
  directory(index: number): number {
    return this.#directory.at(index);
  }
}

/** An entry of the tree. */
export interface SurveyedEntry {
  readonly inode: Inode;
  readonly path: () => string;
}

/** A rule of a check that reports nothing and remembers what an audit needs. Good for one check. */
export class AuditSurvey implements Rule {
  readonly findings = [];
  /** Device nodes, and what has a mode that gives more than most files should have. */
  readonly special = new EntryList();
  /** Regular files with direct blocks, with an x, of which nobody has looked at the blocks, or that may be ELF files. */
  readonly candidates = new EntryList();
  /** All regular files whose blocks have been looked at, and of each: stored bytes, where they begin and end. */
  readonly files = new EntryList();
  readonly storedBytes = new Uint32List();
  readonly dataStart = new Uint32List();
  readonly dataEnd = new Uint32List();
  /** Files with data that another file, the one of the same index in `sharedWith`, has too: by the place of the data. */
  readonly sharing = new EntryList();
  readonly sharedWith = new EntryList();
  /** Direct blocks, those of shared tables once. */
  readonly direct = new DirectSample();
  /** The files with data by where it stands, the first of each place. */
  readonly #firstAt = new Map<number, number>();
  readonly #first = new EntryList();
  #context: CheckContext | null = null;
  #account: readonly AccountLine[] | null = null;

  /** What has been counted. */
  get tally(): CheckContext['tally'] {
    return this.#checked.tally;
  }

  /** What each byte of the image is for. */
  get account(): readonly AccountLine[] {
    return this.#account ?? [];
  }

  get #checked(): CheckContext {
    if (this.#context === null) throw new TypeError('the survey has not been part of a check');
    return this.#context;
  }

  /** Whether a check of this image has taken the survey along. */
  isOf(image: CramfsImage): boolean {
    return this.#context?.image === image && this.#account !== null;
  }

  /** An entry of a list. */
  entry(list: EntryList, index: number): SurveyedEntry {
    const context = this.#checked;
    const position = list.position(index);
    // The root has no directory, and stands in the superblock.
    if (position === context.image.root.position) return { inode: context.image.root, path: () => '/' };
    const directory = list.directory(index);
    return { inode: context.image.inodeAt(position), path: () => context.entryPath(directory, position) };
  }

  begin(context: CheckContext): Visitor {
    this.#context = context;
    const { image } = context;
    const accountant = new Accountant(image);
    const file = new FileNumbers();
    return {
      node: (node) => {
        this.#node(node, accountant, image.root.position);
      },
      table: (visited, table) => {
        this.#table(visited, table, accountant);
      },
      block: (_, block) => {
        if (block.problem === null || block.problem === 'outside') accountant.block(block, isDirectPointer(block));
        if (block.kind === 'direct' && block.problem === null) this.direct.add(block.start, block.length);
        file.add(block);
      },
      blocksEnd: ({ inode, directory }) => {
        if (inode.type === 'file') this.#file(inode, directory, file, image);
        file.reset();
      },
      end: () => {
        this.#account = accountant.lines();
      },
    };
  }

  #node({ inode, directory }: Node, accountant: Accountant, root: number): void {
    const { type, mode, position } = inode;
    if (position !== root) accountant.entry(inode);
    const isDevice = type === 'chardev' || type === 'blockdev';
    if (isDevice || ((mode & SPECIAL_MODE) !== 0 && type !== 'symlink')) this.special.push(position, directory);
  }

  #table({ inode, directory }: FileNode, { problem, again, length }: TableVisit, accountant: Accountant): void {
    const first = this.#firstAt.get(inode.ino);
    if (first === undefined) {
      this.#firstAt.set(inode.ino, this.#first.length);
      this.#first.push(inode.position, directory);
    } else {
      this.sharing.push(inode.position, directory);
      this.sharedWith.push(this.#first.position(first), this.#first.directory(first));
    }
    if (problem === null && !again) accountant.pointers(inode, length);
    else if (problem !== 'outside' && inode.type === 'file') this.candidates.push(inode.position, directory);
  }

  #file(inode: Inode, directory: number, file: FileNumbers, image: CramfsImage): void {
    this.files.push(inode.position, directory);
    this.storedBytes.push(file.storedBytes);
    this.dataStart.push(file.start);
    this.dataEnd.push(file.end);
    if (file.hasDirect || (inode.mode & ANY_X) !== 0 || mayBeElf(file.first, image)) {
      this.candidates.push(inode.position, directory);
    }
  }
}

/** What is counted of one file. */
class FileNumbers {
  first: BlockVisit | null = null;
  hasDirect = false;
  storedBytes = 0;
  start = 0;
  end = 0;

  add(block: BlockVisit): void {
    const { kind, start, length, problem } = block;
    this.first ??= block;
    if (kind === 'direct') this.hasDirect = true;
    if (kind === 'hole' || problem !== null) return;
    if (this.storedBytes === 0) this.start = start;
    this.storedBytes += length;
    this.end = start + length;
  }

  reset(): void {
    this.first = null;
    this.hasDirect = false;
    this.storedBytes = 0;
    this.start = 0;
    this.end = 0;
  }
}

/** Whether a file could be an ELF file, by its first block. */
function mayBeElf(block: BlockVisit | null, image: CramfsImage): boolean {
  if (block?.problem !== null || block.kind === 'hole') return false;
  const bytes = image.source.read(block.start, Math.min(block.length, PEEK_BYTES));
  const isCompressed = block.kind === 'zlib' || block.kind === 'direct-zlib';
  return isCompressed ? canBeginWith(bytes, ELF_FIRST) : bytes[0] === ELF_FIRST;
}
