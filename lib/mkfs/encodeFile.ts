/**
 * From a file's bytes to its blocks: which are holes, which are stored so that they can be mapped, which are compressed.
 */
import type { BlockKind } from '../image/blocks.ts';
import { classicDeflate } from './deflate.ts';

/** A block to be placed. */
export interface EncodedBlock {
  /** `zlib` may become `direct-zlib` where it is placed. */
  readonly kind: Exclude<BlockKind, 'direct-zlib'>;
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
}

/** The level of mkcramfs. */
const BEST_COMPRESSION = 9;

/** Compresses the blocks of a file. */
export interface BlockCompressor {
  /** One zlib stream for each piece, in their order. The pieces must not be changed before the promise settles. */
  compress(pieces: readonly Uint8Array[]): Promise<Uint8Array[]>;
}

/** Compresses in this thread. */
export function directCompressor(deflate: (block: Uint8Array) => Uint8Array): BlockCompressor {
  return { compress: (pieces) => Promise.resolve(pieces.map(deflate)) };
}

/** What compresses where nothing else is given: the bytes of mkcramfs, in this thread. */
export function defaultCompressor(): BlockCompressor {
  return directCompressor(classicDeflate(BEST_COMPRESSION));
}

/**
 * Encodes a file.
 *
 * @param isDirect for each block whether it is to be direct; null for none
 */
export async function encodeFile(
  bytes: Uint8Array,
  isDirect: readonly boolean[] | null,
  options: EncodeOptions,
  compressor: BlockCompressor,
): Promise<EncodedBlock[]> {
  const { pageSize, holes, storeIncompressible } = options;
  const count = Math.ceil(bytes.length / pageSize);
  const blocks: (EncodedBlock | null)[] = [];
  const pieces: Uint8Array[] = [];
  for (let index = 0; index < count; index++) {
    const piece = bytes.subarray(index * pageSize, (index + 1) * pageSize);
    if (isDirect?.[index] === true) blocks.push({ kind: 'direct', bytes: piece });
    else if (holes && isZero(piece)) blocks.push({ kind: 'hole', bytes: piece.subarray(0, 0) });
    else {
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
    const keep = options.compressFullLastPage === true && index === count - 1 && piece.length === pageSize;
    if (storeIncompressible && !keep && stream.length >= piece.length) {
      const remnant = options.keepRemnants === true ? stream.subarray(piece.length) : undefined;
      return { kind: 'stored', bytes: piece, remnant };
    }
    return { kind: 'zlib', bytes: stream };
  });
}

const EMPTY = new Uint8Array(0);

function isZero(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== 0) return false;
  return true;
}
