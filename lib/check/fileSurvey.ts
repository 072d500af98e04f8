/**
 * The way through the files: their block pointer tables, then their blocks, and the compressed blocks in batches.
 *
 * An honest image refers to each byte once or, where files share data, again through the same table or the same direct
 * pointers, which are looked at once. What hostile images make of that (thousands of tables over one another, a thousand
 * pointers to one bomb) ends at two bounds: pointers looked at, and compressed bytes inflated.
 */
import { CramfsError } from '../base/errors.ts';
import { decodeBlockPointer } from '../format/blockPointer.ts';
import { type Block, blockCount, blockProblem, fileBlock, tableBytes } from '../image/blocks.ts';
import type { Inode } from '../image/image.ts';
import type { AnyDefinition } from '../findings/definition.ts';
import type { Added } from '../findings/findingList.ts';
import { BitSet } from './bitSet.ts';
import { BLOCK_FIELDS, type BlockBatch, type BlockProblem } from './blockBatch.ts';
import type { CheckContext } from './context.ts';
import type { FileIndex } from './fileIndex.ts';
import { type Boundless, CHECK_INCOMPLETE } from './incomplete.ts';
import { surveyLayout } from './layoutSurvey.ts';
import type { PlainLayout } from './plainLayout.ts';
import type { BlockVisit, FileNode } from './rule.ts';
import { EXTENSIONS_UNANNOUNCED, HOLES_UNANNOUNCED } from './rules/announcements.ts';
import { Uint32List } from './uint32List.ts';
import type { Visitors } from './visitors.ts';

/** Blocks of a batch: few enough that other threads get to work early. */
const BATCH_BLOCKS = 1 << 13;
/** What every image may make us look at beyond its own size, so that small ones may share freely. */
const FREE_POINTERS = 1 << 17;
const FREE_BYTES = 1 << 18;
/** Tables, and direct compressed blocks, that are remembered to be looked at once. */
const MAX_REMEMBERED = 1 << 20;

/** Findings that are repeated for files that share tables. */
const MAX_REPEATED = 1 << 17;
/** Findings that stand for the whole image. */
const ONCE: ReadonlySet<AnyDefinition> = new Set<AnyDefinition>([HOLES_UNANNOUNCED, EXTENSIONS_UNANNOUNCED]);

/** A batch, and which blocks of which files it is made of. */
export interface FileBatch extends BlockBatch {
  /** Index of the file in the {@link FileIndex}. */
  readonly file: Uint32Array;
  /** Index of the block in the file. */
  readonly block: Uint32Array;
}

/** One pass over the files of an image. */
export class FileSurvey {
  readonly #context: CheckContext;
  readonly #visitors: Visitors;
  readonly #files: FileIndex;
  /** Whether the visitors do without what is plain. */
  readonly #onlyOdd: boolean;
  /** Files whose blocks are to be looked at. */
  readonly #readable = new BitSet();
  /** Direct compressed blocks: start → stored bytes and expected bytes in one number. */
  readonly #directZlib = new Map<number, number>();
  readonly #maxPointers: number;
  readonly #maxBytes: number;
  /** Files with the table of an earlier one, which has the index `first`; those; and what was found in their blocks. */
  readonly #sharers: { readonly index: number; readonly first: number }[] = [];
  readonly #shared = new BitSet();
  readonly #found = new Map<number, Added[]>();
  /** Files whose blocks all lie where blocks can. */
  readonly #sound = new BitSet();
  #kept = 0;
  #pointers = 0;
  #bytes = 0;
  #full = false;

  constructor(context: CheckContext, visitors: Visitors, files: FileIndex, onlyOdd: boolean) {
    this.#context = context;
    this.#visitors = visitors;
    this.#files = files;
    this.#onlyOdd = onlyOdd;
    this.#maxPointers = Math.ceil(context.end / 4) + FREE_POINTERS;
    this.#maxBytes = 2 * context.end + FREE_BYTES;
  }

  /** Looks at the tables of all files. Only then is it known what metadata is. */
  surveyTables(): void {
    const layout = this.#onlyOdd ? surveyLayout(this.#context, this.#files, this.#visitors.plainFile) : null;
    if (layout !== null) {
      this.#takePlain(layout);
      return;
    }
    const seen = new Map<number, number>();
    for (let index = 0; index < this.#files.length; index++) {
      const file = this.#file(index);
      this.#surveyTable(file, index, seen);
    }
  }

  #takePlain(layout: PlainLayout): void {
    const { tally } = this.#context;
    this.#context.layout = layout;
    tally.blocks += layout.blocks;
    tally.blocksClaimed += layout.blocksClaimed;
    for (let index = 0; index < this.#files.length; index++) {
      const first = layout.first[index] ?? index;
      if (first !== index) this.#addSharer(index, first);
    }
    this.#visitors.plain(this.#files, layout);
  }

  #addSharer(index: number, first: number): void {
    this.#sharers.push({ index, first });
    this.#shared.addRange(first, first + 1);
  }

  #surveyTable(file: FileNode, index: number, seen: Map<number, number>): void {
    const context = this.#context;
    const { ino, size } = file.inode;
    const count = blockCount(size, context.image.pageSize);
    // A file without block pointers has no table: its blocks say where it is.
    const length = tableBytes(context.image, file.inode);
    // Superblocks count blocks that have pointers.
    const counted = length === 0 ? 0 : count;
    context.tally.blocksClaimed += counted;
    if (ino + length > context.end) {
      this.#visitors.table(file, { length, problem: 'outside', occupied: -1, again: false });
      return;
    }
    // Sizes have 24 bits, offsets 28, of which two are always 0.
    const key = ino * 0x400000 + size;
    const first = seen.get(key);
    const again = first !== undefined;
    if (!again && seen.size < MAX_REMEMBERED) seen.set(key, index);
    const [from, to] = [ino / 4, (ino + length) / 4];
    const overlap = context.inodes.firstIn(from, to);
    if (overlap !== -1) {
      this.#visitors.table(file, { length, problem: 'overlap', occupied: overlap * 4, again });
      return;
    }
    const shared = again ? -1 : context.tables.firstIn(from, to);
    this.#visitors.table(file, { length, problem: null, occupied: shared === -1 ? -1 : shared * 4, again });
    context.tables.addRange(from, to);
    if (first !== undefined) {
      this.#addSharer(index, first);
      return;
    }
    context.tally.blocks += counted;
    this.#readable.addRange(index, index + 1);
  }

  /** Looks at the blocks of all files, and hands out the compressed ones in batches unless `inflate` is false. */
  *surveyBlocks(inflate: boolean): Generator<FileBatch, void> {
    const { findings, layout } = this.#context;
    if (layout !== null) {
      yield* this.#plainBlocks(layout, inflate);
      return;
    }
    let batch = new BatchBuilder();
    for (let index = 0; index < this.#files.length && !this.#full; index++) {
      if (!this.#readable.has(index)) continue;
      const file = this.#file(index);
      const count = blockCount(file.inode.size, this.#context.image.pageSize);
      let sound = true;
      for (let block = 0; block < count; block++) {
        if (++this.#pointers > this.#maxPointers) {
          this.#giveUp(file, 'block pointers', this.#maxPointers);
          yield* batch.take();
          return;
        }
        const visit = this.#blockVisit(file.inode, block, count);
        this.#record(index);
        this.#visitors.block(file, visit);
        findings.listener = null;
        if (visit.problem !== null) sound = false;
        else if (inflate && this.#wants(visit)) {
          this.#bytes += visit.length;
          if (this.#bytes > this.#maxBytes) {
            this.#giveUp(file, 'compressed data', this.#maxBytes);
            yield* batch.take();
            return;
          }
          this.#context.tally.inflated++;
          batch.add(visit.start, visit.length, visit.bytes, index, block);
          if (batch.isFull) {
            yield* batch.take();
            batch = new BatchBuilder();
          }
        }
      }
      this.#visitors.blocksEnd(file, sound);
      if (sound) this.#sound.addRange(index, index + 1);
    }
    yield* batch.take();
  }

  /** The same for a plain image: there are batches, and symlinks to be shown. */
  *#plainBlocks(layout: PlainLayout, inflate: boolean): Generator<FileBatch, void> {
    const files = this.#files;
    const { image, tally } = this.#context;
    const { pageSize, words } = image;
    let batch = new BatchBuilder();
    for (let index = 0; index < files.length; index++) {
      if (layout.first[index] !== index) continue;
      const size = inflate ? files.size.at(index) : 0;
      const table = files.offset.at(index);
      const count = blockCount(size, pageSize);
      let start = table + count * 4;
      for (let block = 0; block < count; block++) {
        const end = words.u32(table + block * 4);
        if (end === start) continue;
        tally.inflated++;
        batch.add(start, end - start, Math.min(pageSize, size - block * pageSize), index, block);
        start = end;
        if (batch.isFull) {
          yield* batch.take();
          batch = new BatchBuilder();
        }
      }
      if (files.isLink(index)) this.#visitors.blocksEnd(this.#file(index), true);
    }
    yield* batch.take();
  }

  /** Tells what was found out about a batch. */
  tell(batch: FileBatch, problems: readonly BlockProblem[]): void {
    for (const { index, problem } of [...problems].sort((a, b) => a.index - b.index)) {
      const start = batch.fields[index * BLOCK_FIELDS] ?? 0;
      const file = batch.file[index] ?? 0;
      this.#record(file);
      this.#visitors.zlib(this.#file(file), batch.block[index] ?? 0, start, problem);
      this.#context.findings.listener = null;
    }
  }

  /** Reports of files that share a table what was found in its blocks, once all batches have been told. */
  endSharers(): void {
    let left = MAX_REPEATED;
    for (const { index, first } of this.#sharers) {
      const file = this.#file(index);
      for (const { definition, offset, args } of this.#found.get(first) ?? []) {
        if (left-- > 0) this.#context.findings.add(definition, { path: file.path, offset }, args);
      }
      this.#visitors.sharer(file, this.#context.layout !== null || this.#sound.has(first));
    }
  }

  /** Keeps later findings until the listener is gone, if other files share this file's table. */
  #record(index: number): void {
    if (!this.#shared.has(index)) return;
    this.#context.findings.listener = (found) => {
      if (ONCE.has(found.definition) || this.#kept >= MAX_REPEATED) return;
      this.#kept++;
      const known = this.#found.get(index);
      if (known === undefined) this.#found.set(index, [found]);
      else known.push(found);
    };
  }

  #file(index: number): FileNode {
    const context = this.#context;
    const position = this.#files.position.at(index);
    const directory = this.#files.directory.at(index);
    return { inode: context.image.inodeAt(position), directory, path: () => context.entryPath(directory, position) };
  }

  #blockVisit(inode: Inode, index: number, count: number): BlockVisit {
    const { image, end } = this.#context;
    let block: Block;
    try {
      block = fileBlock(image, inode, index);
    } catch (error) {
      if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
      // The length field of a direct compressed block, this one or the one before, is not there.
      const pointer = image.words.u32(inode.ino + index * 4);
      const { address } = decodeBlockPointer(pointer);
      const bytes = index === count - 1 ? inode.size - index * image.pageSize : image.pageSize;
      const kind = 'direct-zlib';
      return { index, pointer, kind, start: address, length: 2, bytes, problem: 'outside', extentStart: address };
    }
    const { kind, start, length, pointer, bytes } = block;
    const extentStart = kind === 'direct-zlib' ? start - 2 : start;
    let problem: BlockVisit['problem'] = null;
    if (kind !== 'hole') {
      if ((kind === 'zlib' || kind === 'stored') && decodeBlockPointer(pointer).address < start) {
        problem = 'backwards';
      } else if (blockProblem(block, image.pageSize) !== null) problem = 'too long';
      else if (start + length > end) problem = 'outside';
    }
    return { index, pointer, kind, start, length, bytes, problem, extentStart };
  }

  /** Whether a block is to be inflated; direct ones that many pointers share are inflated once. */
  #wants(block: BlockVisit): boolean {
    if (block.kind === 'zlib') return true;
    if (block.kind !== 'direct-zlib') return false;
    const key = block.length * 0x20000 + block.bytes;
    if (this.#directZlib.get(block.start) === key) return false;
    if (this.#directZlib.size < MAX_REMEMBERED) this.#directZlib.set(block.start, key);
    return true;
  }

  #giveUp(file: FileNode, what: Boundless, limit: number): void {
    this.#full = true;
    this.#context.findings.add(CHECK_INCOMPLETE, { path: file.path, offset: file.inode.position }, { what, limit });
  }
}

class BatchBuilder {
  readonly #start = new Uint32List();
  readonly #length = new Uint32List();
  readonly #bytes = new Uint32List();
  readonly #file = new Uint32List();
  readonly #block = new Uint32List();

  get isFull(): boolean {
    return this.#start.length >= BATCH_BLOCKS;
  }

  /** Adds a block: its place, stored bytes, bytes of content, the index of its file, and its index in that. */
  add(start: number, length: number, bytes: number, file: number, block: number): void {
    this.#start.push(start);
    this.#length.push(length);
    this.#bytes.push(bytes);
    this.#file.push(file);
    this.#block.push(block);
  }

  /** The batch, unless it is empty. */
  *take(): Generator<FileBatch, void> {
    const count = this.#start.length;
    if (count === 0) return;
    const fields = new Uint32Array(count * BLOCK_FIELDS);
    for (let i = 0; i < count; i++) {
      fields[i * BLOCK_FIELDS] = this.#start.at(i);
      fields[i * BLOCK_FIELDS + 1] = this.#length.at(i);
      fields[i * BLOCK_FIELDS + 2] = this.#bytes.at(i);
    }
    yield { count, fields, file: this.#file.toArray(), block: this.#block.toArray() };
  }
}
