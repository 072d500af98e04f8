/**
 * What an audit takes along from the way through an image that a check goes: one pass serves both. It keeps some numbers for
 * each file, and notes the few files that are worth a closer look.
 */
import type { CheckContext } from '../check/context.ts';
import { BitSet } from '../check/bitSet.ts';
import type { FileIndex } from '../check/fileIndex.ts';
import { SPECIAL_MODE } from '../check/plainEntry.ts';
import type { PlainFile, PlainLayout } from '../check/plainLayout.ts';
import type { BlockVisit, FileNode, Node, Rule, TableVisit, Visitor } from '../check/rule.ts';
import { Uint32List } from '../check/uint32List.ts';
import type { CramfsImage, Inode } from '../image/image.ts';
import { withRoom } from '../base/bytes.ts';
import { S_IFMT, S_IFREG } from '../format/constants.ts';
import { blockCount } from '../image/blocks.ts';
import { DirectoryCursor } from '../image/directory.ts';
import { Accountant, type AccountLine } from '../inspect/account.ts';
import { isDirectPointer } from '../inspect/directRuns.ts';
import { canBeginWith } from './firstByte.ts';
import { DirectSample } from './flashCost.ts';
import { plainAccount } from './plainAccount.ts';

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
  readonly onlyOdd = true;
  /** Device nodes, and what has a mode that gives more than most files should have. */
  readonly special = new EntryList();
  /** Regular files with direct blocks, with an x, of which nobody has looked at the blocks, or that may be ELF files. */
  readonly candidates = new EntryList();
  /** All regular files whose blocks have been looked at, and of each: stored bytes, where they begin, and the last four. */
  readonly files = new EntryList();
  readonly storedBytes = new Uint32List();
  readonly dataStart = new Uint32List();
  readonly lastWord = new Uint32List();
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

  /** Whether the image is laid out plainly, see {@link PlainLayout}: each file has all of its blocks, none of them direct. */
  get isPlain(): boolean {
    return this.#checked.layout !== null;
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
    const plain = new PlainNumbers();
    return {
      node: (node) => {
        this.#node(node);
      },
      plainFile: (visited) => {
        plain.add(visited);
      },
      plain: (files, layout) => {
        this.#plain(files, layout, plain);
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
        if (context.layout !== null) {
          this.#account = plainAccount(context, context.layout);
          return;
        }
        forEachEntry(context, (entry) => {
          accountant.entry(entry);
        });
        this.#account = accountant.lines();
      },
    };
  }

  #node({ inode: { type, mode, position }, directory }: Node): void {
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

  /** Takes in the files of a plain image, as `table` and `blocksEnd` would. */
  #plain(files: FileIndex, { first, dataEnd }: PlainLayout, { lastWord, mayBeElf }: PlainNumbers): void {
    const { position, directory } = files;
    const { pageSize } = this.#checked.image;
    for (let index = 0; index < files.length; index++) {
      const own = first[index] ?? index;
      if (own === index) continue;
      this.sharing.push(position.at(index), directory.at(index));
      this.sharedWith.push(position.at(own), directory.at(own));
      if (!files.isLink(index)) this.candidates.push(position.at(index), directory.at(index));
    }
    for (let index = 0; index < files.length; index++) {
      if (first[index] !== index || files.isLink(index)) continue;
      const start = files.offset.at(index) + blockCount(files.size.at(index), pageSize) * 4;
      const stored = (dataEnd[index] ?? 0) - start;
      this.files.push(position.at(index), directory.at(index));
      this.storedBytes.push(stored);
      this.dataStart.push(stored === 0 ? 0 : start);
      this.lastWord.push(lastWord[index] ?? 0);
      if ((files.mode.at(index) & ANY_X) !== 0 || mayBeElf.has(index)) {
        this.candidates.push(position.at(index), directory.at(index));
      }
    }
  }

  #file(inode: Inode, directory: number, file: FileNumbers, image: CramfsImage): void {
    this.files.push(inode.position, directory);
    this.storedBytes.push(file.storedBytes);
    this.dataStart.push(file.start);
    this.lastWord.push(file.storedBytes === 0 ? 0 : image.words.u32(Math.max(0, file.end - 4)));
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

/** What the files of an image that may be plain look like, by their indices. */
class PlainNumbers {
  lastWord = new Uint32Array(0);
  readonly mayBeElf = new BitSet();

  add({ index, mode, dataStart, firstEnd, dataEnd, reader }: PlainFile): void {
    if ((mode & (S_IFMT | ANY_X)) === S_IFREG && firstEnd > dataStart) {
      const length = Math.min(firstEnd - dataStart, PEEK_BYTES);
      const isThere = reader.reach(dataStart, length);
      if (!isThere || canBeginWith(reader.bytes(dataStart, length), ELF_FIRST))
        this.mayBeElf.addRange(index, index + 1);
    }
    this.lastWord = withRoom(this.lastWord, index + 1);
    this.lastWord[index] = dataEnd > dataStart && reader.reach(dataEnd - 4, 4) ? reader.u32(dataEnd - 4) : 0;
  }
}

/** Whether a file could be an ELF file, by its first block. */
function mayBeElf(block: BlockVisit | null, image: CramfsImage): boolean {
  if (block?.problem !== null || block.kind === 'hole') return false;
  const bytes = image.source.read(block.start, Math.min(block.length, PEEK_BYTES));
  const isCompressed = block.kind === 'zlib' || block.kind === 'direct-zlib';
  return isCompressed ? canBeginWith(bytes, ELF_FIRST) : bytes[0] === ELF_FIRST;
}

/** Calls a function with every entry that a check has taken. */
function forEachEntry(
  { image, directories }: CheckContext,
  visit: (entry: { readonly position: number; readonly namelen: number }) => void,
): void {
  for (let index = 0; index < directories.position.length; index++) {
    const end = directories.end.at(index);
    const inode = index === 0 ? image.root : image.inodeAt(directories.position.at(index));
    const cursor = new DirectoryCursor(image, inode);
    while (cursor.next < end && cursor.advance()) visit({ position: cursor.position, namelen: cursor.fields.namelen });
  }
}
