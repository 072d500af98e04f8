/**
 * Random-access byte sources: where an image's bytes come from.
 *
 * Everything above reads through this interface, so a file, an array in memory, standard input and a slice of a larger
 * file all work alike. Reads are synchronous: the kernel code that is emulated dereferences memory.
 */
import { LentRoom, readRoom } from '../base/bytes.ts';
import { CramfsError } from '../base/errors.ts';
import { errnoWords } from '../base/errnoWords.ts';

/** A random-access source of bytes. */
export interface ByteSource {
  /** Bytes in the source. Asking a stream for it may read the stream to its end. */
  readonly size: number;
  /**
   * The bytes [offset, offset + length), cut short where the source ends. The result may be a view of an internal buffer:
   * read it, do not write or keep it.
   *
   * @throws CramfsError IO when the source fails
   */
  read(offset: number, length: number): Uint8Array;
  /**
   * The bytes [start, end) around `offset` that a reader may ask for although it does not need all of them, within
   * `[start, end)` as given. Sources that have all their bytes leave it out.
   */
  around?(offset: number, start: number, end: number): { readonly start: number; readonly end: number };
  /**
   * Copies bytes from `offset` on to `target`, for readers that go through a whole source; fewer only at its end. Sources
   * that have nothing faster than `read` leave it out.
   *
   * @returns bytes copied
   * @throws CramfsError IO when the source fails
   */
  readInto?(target: Uint8Array, offset: number): number;
  /** Releases what the source holds; reading afterwards fails. */
  close(): void;
}

const EMPTY: Uint8Array = new Uint8Array(0);
const nothingToRelease = (): void => undefined;

/** A source over bytes in memory. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: (offset, length) => bytes.subarray(offset, offset + length),
    close: nothingToRelease,
  };
}

/** The part of a source from byte `start` on; closing it closes the source behind it. */
export function sliceSource(source: ByteSource, start: number): ByteSource {
  if (start === 0) return source;
  return {
    get size(): number {
      return Math.max(0, source.size - start);
    },
    read: (offset, length) => source.read(start + offset, length),
    readInto: (target, offset) => readInto(source, target, start + offset),
    ...shiftedAround(source, start),
    close: () => {
      source.close();
    },
  };
}

/** Copies bytes of a source to `target`: see {@link ByteSource.readInto}. */
export function readInto(source: ByteSource, target: Uint8Array, offset: number): number {
  if (source.readInto !== undefined) return source.readInto(target, offset);
  const bytes = source.read(offset, target.length);
  target.set(bytes);
  return bytes.length;
}

/** Reads bytes of a source: valid until the next call. For readers that go through much of it and keep nothing. */
export function passingReader(source: ByteSource): (offset: number, length: number) => Uint8Array {
  // A source in memory has nothing to copy.
  if (source.readInto === undefined) return (offset, length) => source.read(offset, length);
  let buffer = EMPTY;
  return (offset, length) => {
    if (length > buffer.length) buffer = readRoom(Math.max(length, 2 * buffer.length));
    return buffer.subarray(0, readInto(source, buffer.subarray(0, length), offset));
  };
}

/** `around` of a source whose byte 0 is byte `start` of another; nothing where that one has all its bytes. */
function shiftedAround(source: ByteSource, start: number): Pick<ByteSource, 'around'> {
  if (source.around === undefined) return {};
  return {
    around(offset, from, to) {
      const range = source.around?.(start + offset, start + from, start + to) ?? {
        start: start + from,
        end: start + to,
      };
      return { start: range.start - start, end: range.end - start };
    },
  };
}

/** Bytes of a chunk that {@link cachedSource} keeps. */
export const CHUNK_SIZE = 4 * 1024;
/** Chunks that are read together where one follows another: of scattered reads most of a longer one would be in vain. */
const CHUNKS_AHEAD = 4;
/** Chunks kept at most: 16 MiB. */
const MAX_CHUNKS = 4096;
/** Bytes from which on a read passes the cache by. */
const LARGE = 64 * 1024;

/** What {@link cachedSource} reads from: like a ByteSource, but free to fail in its own way. */
export interface RawSource {
  size(): number;
  /** Reads into `target`; the count of bytes read, fewer than asked only at the end. */
  readInto(target: Uint8Array, offset: number): number;
  close(): void;
}

/**
 * Reads a raw source lazily in aligned chunks and keeps those that were read last, so that small reads are cheap and
 * memory stays bounded. Failures of the raw source become CramfsError IO.
 */
export function cachedSource(raw: RawSource): ByteSource {
  const chunks = new Map<number, Uint8Array>();
  let size: number | undefined;
  const attempt = <T>(action: () => T, offset: number | undefined): T => {
    try {
      return action();
    } catch (cause) {
      if (cause instanceof CramfsError) throw cause;
      throw new CramfsError('IO', { offset, found: errnoWords(cause), cause });
    }
  };
  const keep = (index: number, bytes: Uint8Array): void => {
    if (chunks.size >= MAX_CHUNKS) {
      for (const oldest of chunks.keys()) {
        chunks.delete(oldest);
        break;
      }
    }
    chunks.set(index, bytes);
  };
  const readFrom = (index: number, count: number): Uint8Array => {
    const buffer = new Uint8Array(count * CHUNK_SIZE);
    const got = raw.readInto(buffer, index * CHUNK_SIZE);
    return got === buffer.length ? buffer : buffer.slice(0, got);
  };
  /** Several chunks; null if that fails: the first may still be sound. */
  const readChunks = (index: number, count: number): Uint8Array | null => {
    try {
      return readFrom(index, count);
    } catch {
      return null;
    }
  };
  /** A chunk, of `wanted` ones from it on that are asked for. */
  const chunk = (index: number, wanted: number): Uint8Array => {
    const known = chunks.get(index);
    if (known !== undefined) return known;
    const count = Math.max(wanted, chunks.has(index - 1) ? CHUNKS_AHEAD : 1);
    const bytes =
      (count === 1 ? null : readChunks(index, count)) ?? attempt(() => readFrom(index, 1), index * CHUNK_SIZE);
    for (let at = CHUNK_SIZE; at < bytes.length; at += CHUNK_SIZE) {
      const next = index + at / CHUNK_SIZE;
      if (!chunks.has(next)) keep(next, bytes.subarray(at, at + CHUNK_SIZE));
    }
    const first = bytes.length > CHUNK_SIZE ? bytes.subarray(0, CHUNK_SIZE) : bytes;
    keep(index, first);
    return first;
  };
  /** Copies bytes that lie in a chunk, or the last ones of the source, so that a small file is read once; null for others. */
  const copyChunk = (target: Uint8Array, offset: number): number | null => {
    const index = Math.floor(offset / CHUNK_SIZE);
    const bytes = chunks.get(index);
    if (bytes === undefined) return null;
    const from = offset - index * CHUNK_SIZE;
    const piece = bytes.subarray(from, from + target.length);
    if (piece.length < target.length && bytes.length === CHUNK_SIZE) return null;
    target.set(piece);
    return piece.length;
  };
  return {
    get size(): number {
      size ??= attempt(() => raw.size(), undefined);
      return size;
    },
    read(offset, length) {
      if (length <= 0 || offset < 0) return EMPTY;
      const first = Math.floor(offset / CHUNK_SIZE);
      const within = offset - first * CHUNK_SIZE;
      if (within + length <= CHUNK_SIZE) return chunk(first, 1).subarray(within, within + length);
      if (length > LARGE) return readLarge(raw, offset, length, attempt);
      const result = new Uint8Array(length);
      const end = Math.ceil((offset + length) / CHUNK_SIZE);
      let filled = 0;
      for (let index = first; filled < length; index++) {
        const bytes = chunk(index, end - index);
        const from = index === first ? within : 0;
        const piece = bytes.subarray(from, from + length - filled);
        result.set(piece, filled);
        filled += piece.length;
        if (bytes.length < CHUNK_SIZE) break;
      }
      return filled === length ? result : result.subarray(0, filled);
    },
    readInto: (target, offset) => copyChunk(target, offset) ?? attempt(() => raw.readInto(target, offset), offset),
    close: () => {
      chunks.clear();
      raw.close();
    },
  };
}

/** The largest file that {@link wholeSource} is used for, in bytes: as long as a piece of a long read. */
export const SMALL = 1 << 16;

/**
 * Reads a raw source of `size` bytes, at most {@link SMALL}, whole at the first read, and keeps it in memory. If that fails, it
 * reads as {@link cachedSource} does: the bytes that were asked for may still be sound.
 */
export function wholeSource(raw: RawSource, size: number): ByteSource {
  const pieces = cachedSource(raw);
  let bytes: Uint8Array | null = null;
  let hasFailed = false;
  const whole = (): Uint8Array | null => {
    if (bytes !== null || hasFailed) return bytes;
    const room = new Uint8Array(size);
    try {
      return (bytes = room.subarray(0, raw.readInto(room, 0)));
    } catch {
      hasFailed = true;
      return null;
    }
  };
  return {
    size,
    read(offset, length) {
      if (length <= 0 || offset < 0) return EMPTY;
      return whole()?.subarray(offset, offset + length) ?? pieces.read(offset, length);
    },
    close: () => {
      bytes = null;
      pieces.close();
    },
  };
}

/** Bytes of the first piece of a long read: of a small file it is all. */
const FIRST_PIECE = 1 << 16;
const firstPieces = new LentRoom(FIRST_PIECE);

function firstPiece(raw: RawSource, offset: number, attempt: <T>(action: () => T, offset: number) => T): Uint8Array {
  const room = firstPieces.take();
  try {
    return room.slice(
      0,
      attempt(() => raw.readInto(room, offset), offset),
    );
  } finally {
    firstPieces.giveBack(room);
  }
}

/** A long read passes the cache by. It grows with what is there, not with what was asked. */
function readLarge(
  raw: RawSource,
  offset: number,
  length: number,
  attempt: <T>(action: () => T, offset: number) => T,
): Uint8Array {
  const start = firstPiece(raw, offset, attempt);
  if (start.length < FIRST_PIECE) return start;
  let step = FIRST_PIECE * 2;
  const pieces: Uint8Array[] = [start];
  let filled = start.length;
  while (filled < length) {
    const piece = readRoom(Math.min(step, length - filled));
    const at = offset + filled;
    const got = attempt(() => raw.readInto(piece, at), at);
    pieces.push(got === piece.length ? piece : piece.subarray(0, got));
    filled += got;
    if (got < piece.length) break;
    step = Math.min(step * 2, 1 << 20);
  }
  const result = new Uint8Array(filled);
  let at = 0;
  for (const piece of pieces) {
    result.set(piece, at);
    at += piece.length;
  }
  return result;
}
