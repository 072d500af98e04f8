/**
 * Where every block goes, and the pointers that say so.
 *
 * Blocks that are addressed by their end follow each other. Direct blocks stand among them, aligned (`inline`, as
 * mkcramfs has it), or all together behind everything else (`packed`), where alignment is paid for once.
 */
import { roundUp } from '../base/pages.ts';
import { CramfsError } from '../base/errors.ts';
import { encodeBlockPointer } from '../format/blockPointer.ts';
import type { BlockKind } from '../image/blocks.ts';
import { type Canvas } from './canvas.ts';
import type { EncodedBlock } from './encodeFile.ts';
import type { LongTables } from './vendorFormat.ts';

/** Where direct blocks go. */
export interface DirectPlacement {
  /** Alignment in bytes: 8 for NOMMU, a page for mapping with an MMU. */
  readonly alignment: number;
  /** What to add to an image offset before it is aligned: the image's physical address. */
  readonly base: number;
  readonly layout: 'inline' | 'packed';
  /**
   * Zeros up to the end of its page behind a last block that is shorter: Linux does not map a page in which something
   * else stands. Always so when packed.
   */
  readonly padTail?: boolean | undefined;
}

/** Inodes count offsets in 26 bits of 4 bytes. */
export const MAX_OFFSET = (1 << 28) - 4;

/** A pointer that depends on where the packed blocks will be. */
interface LatePointer {
  readonly at: number;
  readonly kind: 'direct' | 'hole';
  /** Bytes from the start of the packed region: of the block, for a hole of its end. */
  readonly within: number;
}

/** Places files one after the other. */
export class Placer {
  /** Where the next byte goes. */
  cursor: number;
  /** Whether a pointer with a flag bit was written. */
  usesExtension = false;
  /** Whether there is a hole. */
  usesHoles = false;
  /** Bytes of direct blocks, and bytes left free to align them or behind their last bytes. */
  directBytes = 0;
  paddingBytes = 0;
  directBlocks = 0;
  /** Offsets of the pointer tables of files with direct blocks. */
  readonly directTables = new Set<number>();
  readonly #canvas: Canvas;
  readonly #littleEndian: boolean;
  readonly #pageSize: number;
  readonly #direct: DirectPlacement;
  readonly #longTables: LongTables | null;
  readonly #packed: Uint8Array[] = [];
  #packedLength = 0;
  readonly #late: LatePointer[] = [];
  /** The pointer table of the file that is placed, and its byte offset. */
  #table = new DataView(new ArrayBuffer(0));
  #tableAt = 0;

  /** @param longTables tables of a vendor with entries to spare */
  constructor(
    canvas: Canvas,
    cursor: number,
    littleEndian: boolean,
    pageSize: number,
    direct: DirectPlacement,
    longTables: LongTables | null = null,
  ) {
    this.#canvas = canvas;
    this.cursor = cursor;
    this.#littleEndian = littleEndian;
    this.#pageSize = pageSize;
    this.#direct = direct;
    this.#longTables = longTables;
  }

  /**
   * Writes a file's pointer table and blocks.
   *
   * @param size bytes of the file
   * @returns byte offset of the table
   * @throws CramfsError UNFIT when it would stand beyond what an inode can address, LIMIT
   */
  place(path: string, blocks: readonly EncodedBlock[], size: number): number {
    const table = this.#nextOffset(path);
    const spare = this.#spareEntries(size);
    const pointersEnd = table + blocks.length * 4;
    this.cursor = pointersEnd + spare * 4;
    if (blocks.some(({ kind }) => kind === 'direct')) this.directTables.add(table);
    this.#canvas.reserve(this.cursor);
    const isFilled = this.#longTables?.filler === 'end';
    const pointers = new Uint8Array((blocks.length + (isFilled ? spare : 0)) * 4);
    this.#table = new DataView(pointers.buffer);
    this.#tableAt = table;
    // Where a block that is addressed by its end starts: in the image, or in the packed region, or neither.
    let chain: { readonly at: number; readonly packed: boolean } = { at: this.cursor, packed: false };
    blocks.forEach((block, index) => {
      chain = this.#block(block, table + index * 4, chain);
    });
    if (isFilled) {
      for (let at = pointersEnd; at < pointersEnd + spare * 4; at += 4) this.#pointer(at, 'zlib', this.cursor);
    }
    this.#canvas.put(table, pointers);
    return table;
  }

  /**
   * Writes the bytes of a file without block pointers (linear XIP), from the next page boundary on.
   *
   * @returns byte offset for the inode: where the file before ended
   * @throws CramfsError UNFIT, LIMIT
   */
  placeRaw(path: string, bytes: Uint8Array): number {
    const offset = this.#nextOffset(path);
    const start = roundUp(offset, this.#pageSize);
    this.#canvas.put(start, bytes);
    this.cursor = start + bytes.length;
    return offset;
  }

  /** Where the data of the next file begin. @throws CramfsError UNFIT */
  #nextOffset(path: string): number {
    const offset = roundUp(this.cursor, 4);
    if (offset <= MAX_OFFSET) return offset;
    throw new CramfsError('UNFIT', {
      path,
      found: `data at byte ${offset} of the image`,
      expected: 'offsets below 256 MiB (only the last file may reach beyond)',
    });
  }

  #spareEntries(size: number): number {
    const tables = this.#longTables;
    return tables === null || (tables.wholeOnly && size % this.#pageSize !== 0) ? 0 : tables.extra;
  }

  #block(
    block: EncodedBlock,
    pointerAt: number,
    chain: { readonly at: number; readonly packed: boolean },
  ): { readonly at: number; readonly packed: boolean } {
    const { kind, bytes } = block;
    if (kind === 'direct') return this.#directBlock(bytes, pointerAt);
    if (kind === 'hole') {
      this.usesHoles = true;
      if (chain.packed) this.#late.push({ at: pointerAt, kind: 'hole', within: chain.at });
      else this.#pointer(pointerAt, 'hole', chain.at);
      return chain;
    }
    if (!chain.packed && chain.at === this.cursor) {
      this.#canvas.put(this.cursor, bytes);
      this.cursor += bytes.length;
      if (block.remnant !== undefined) this.#canvas.put(this.cursor, block.remnant);
      this.#pointer(pointerAt, kind === 'unflagged' ? 'zlib' : kind, this.cursor);
      return { at: this.cursor, packed: false };
    }
    // A pointer to its start has room for the flag.
    return this.#detached(kind === 'unflagged' ? 'stored' : kind, bytes, pointerAt);
  }

  /** A block behind a packed one cannot be addressed by its end: it gets a pointer to its start. */
  #detached(kind: 'zlib' | 'stored', bytes: Uint8Array, pointerAt: number): { at: number; packed: boolean } {
    const at = roundUp(this.cursor, 4);
    if (kind === 'stored') {
      this.#canvas.put(at, bytes);
      this.#pointer(pointerAt, 'direct', at);
      this.cursor = at + bytes.length;
      return { at: at + this.#pageSize, packed: false };
    }
    this.#canvas.putU16(at, bytes.length, this.#littleEndian);
    this.#canvas.put(at + 2, bytes);
    this.#pointer(pointerAt, 'direct-zlib', at);
    this.cursor = at + 2 + bytes.length;
    return { at: this.cursor, packed: false };
  }

  #directBlock(bytes: Uint8Array, pointerAt: number): { at: number; packed: boolean } {
    this.directBytes += bytes.length;
    this.directBlocks++;
    if (this.#direct.layout === 'packed') {
      const within = this.#packedLength;
      this.#packed.push(bytes);
      this.#packedLength += roundUp(bytes.length, this.#pageSize);
      this.#late.push({ at: pointerAt, kind: 'direct', within });
      return { at: within + this.#pageSize, packed: true };
    }
    const at = this.#aligned(this.cursor);
    this.paddingBytes += at - this.cursor;
    this.#canvas.put(at, bytes);
    this.#pointer(pointerAt, 'direct', at);
    this.cursor = at + bytes.length;
    if (this.#direct.padTail === true) {
      this.cursor = at + this.#pageSize;
      this.paddingBytes += this.#pageSize - bytes.length;
      this.#canvas.reserve(this.cursor);
    }
    return { at: at + this.#pageSize, packed: false };
  }

  #aligned(offset: number): number {
    const { alignment, base } = this.#direct;
    return roundUp(base + offset, alignment) - base;
  }

  /** Writes the packed blocks and the pointers to them. */
  finish(): void {
    if (this.#packedLength === 0) return;
    const start = this.#aligned(roundUp(this.cursor, 4));
    this.paddingBytes += start - this.cursor;
    let at = start;
    for (const bytes of this.#packed) {
      this.#canvas.put(at, bytes);
      const taken = roundUp(bytes.length, this.#pageSize);
      this.paddingBytes += taken - bytes.length;
      at += taken;
    }
    this.#canvas.reserve(at);
    this.cursor = at;
    for (const { at: pointerAt, kind, within } of this.#late) {
      this.#canvas.putU32(pointerAt, this.#encode(kind, start + within), this.#littleEndian);
    }
  }

  #pointer(at: number, kind: BlockKind, address: number): void {
    this.#table.setUint32(at - this.#tableAt, this.#encode(kind, address), this.#littleEndian);
  }

  #encode(kind: BlockKind, address: number): number {
    const direct = kind === 'direct' || kind === 'direct-zlib';
    const uncompressed = kind === 'direct' || kind === 'stored';
    if (direct || uncompressed) this.usesExtension = true;
    return encodeBlockPointer({ direct, uncompressed, address });
  }
}
