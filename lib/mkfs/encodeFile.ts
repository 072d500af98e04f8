/**
 * From a file's bytes to its blocks: which are holes, which are stored so that they can be mapped, which are compressed.
 */
import type { BlockKind } from '../image/blocks.ts';
import { inflate, isFailure } from '../image/codec.ts';
import { classicDeflate, type Deflate } from './deflate.ts';
import type { UnflaggedRule } from './vendorFormat.ts';

/** A block to be placed. */
export interface EncodedBlock {
  /** `zlib` may become `direct-zlib` where it is placed; `unflagged` is stored as it is, and its pointer does not say so. */
  readonly kind: Exclude<BlockKind, 'direct-zlib'> | 'unflagged';
  /** Stored bytes; none for a hole. */
  readonly bytes: Uint8Array;
  /** Bytes left behind the block's end; what comes next is written over them. */
  readonly remnant?: Uint8Array | undefined;
}

/** How blocks are encoded. */
export interface EncodeOptions {
  /** Bytes of a block. */
  readonly pageSize: number;
  /** Blocks of zeros become holes (`-z`). */
  readonly holes: boolean;
  /** Blocks that do not shrink are stored (`-x`). */
  readonly storeIncompressible: boolean;
  /**
   * mkcramfs compresses into the image and, when that does not pay, copies the block over it: what the zlib stream is
   * longer stays behind where nothing else is written, in the bytes that align the next file.
   */
  readonly keepRemnants?: boolean | undefined;
  /** A full last page is compressed even where it does not shrink: stored by its start, read(2) would give zeros. */
  readonly compressFullLastPage?: boolean | undefined;
  /** Blocks that a vendor stores without a flag; default none. */
  readonly unflagged?: UnflaggedRule | undefined;
}

/** The level of mkcramfs. */
const BEST_COMPRESSION = 9;

/** Compresses the blocks of a file. */
export interface BlockCompressor {
  /** One zlib stream for each piece, in their order. The pieces are taken at once: they may change afterwards. */
  compress(pieces: readonly Uint8Array[]): Promise<Uint8Array[]>;
}

/** Compresses in this thread. */
export function directCompressor(deflate: Deflate): BlockCompressor {
  return { compress: (pieces) => Promise.resolve(pieces.map((piece) => deflate(piece).slice())) };
}

/** What compresses where nothing else is given: the bytes of mkcramfs, in this thread. */
export function defaultCompressor(): BlockCompressor {
  return directCompressor(classicDeflate(BEST_COMPRESSION));
}

/**
 * Encodes a file.
 *
 * @param bytes kept where blocks are not compressed: they may change afterwards only if all are compressed or
 *   holes
 * @param isDirect for each block whether it is to be direct; null for none
 * @param isUnflagged for each block whether it is to be stored without a flag; null where `options.unflagged` decides
 */
export async function encodeFile(
  bytes: Uint8Array,
  isDirect: readonly boolean[] | null,
  options: EncodeOptions,
  compressor: BlockCompressor,
  isUnflagged: readonly boolean[] | null = null,
): Promise<EncodedBlock[]> {
  const { pageSize, holes, storeIncompressible, unflagged = 'none' } = options;
  const count = Math.ceil(bytes.length / pageSize);
  const blocks: (EncodedBlock | null)[] = [];
  const pieces: Uint8Array[] = [];
  for (let index = 0; index < count; index++) {
    const piece = bytes.subarray(index * pageSize, (index + 1) * pageSize);
    if (isDirect?.[index] === true) blocks.push({ kind: 'direct', bytes: piece });
    else if (holes && isZero(piece)) blocks.push({ kind: 'hole', bytes: piece.subarray(0, 0) });
    else if ((isUnflagged?.[index] ?? unflagged === 'all') && !isStream(piece, pageSize)) {
      blocks.push({ kind: 'unflagged', bytes: piece });
    } else {
      blocks.push(null);
      pieces.push(piece);
    }
  }
  const streams = pieces.length === 0 ? [] : await compressor.compress(pieces);
  let next = 0;
  return blocks.map((block, index): EncodedBlock => {
    if (block !== null) return block;
    const piece = pieces[next] ?? EMPTY;
    const stream = streams[next++] ?? EMPTY;
    const store = isUnflagged === null && unflagged === 'incompressible' && stream.length >= piece.length;
    if (store && !isStream(piece, pageSize)) return { kind: 'unflagged', bytes: piece };
    const keep = options.compressFullLastPage === true && index === count - 1 && piece.length === pageSize;
    if (storeIncompressible && !keep && stream.length >= piece.length) {
      const remnant = options.keepRemnants === true ? stream.subarray(piece.length) : undefined;
      return { kind: 'stored', bytes: piece, remnant };
    }
    return { kind: 'zlib', bytes: stream };
  });
}

const EMPTY = new Uint8Array(0);

/** Whether content is a zlib stream itself: without a flag it would be inflated. */
function isStream(piece: Uint8Array, pageSize: number): boolean {
  return !isFailure(inflate(piece, pageSize));
}

function isZero(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== 0) return false;
  return true;
}
