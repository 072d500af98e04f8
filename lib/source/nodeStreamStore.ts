/**
 * What has been read of a stream, for random access: in memory as long as it is little, else in a temporary file that has
 * no name any more, so that nothing is left of it however the program ends.
 */
import { readRoom } from '../base/bytes.ts';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Bytes of a piece, and pieces that are in memory before they go to the file. */
const PIECE = 1 << 20;
const MOST_PIECES = 64;

/** The bytes of a stream from its start on. */
export class StreamStore {
  /** Bytes in the file, and what follows them. */
  #filed = 0;
  #pieces: Uint8Array[] = [];
  #length = 0;
  #fd: number | null = null;
  #hasFile = true;

  /** Bytes that are kept. */
  get length(): number {
    return this.#length;
  }

  /** Room for the next bytes: what has been written there is kept by `grow`. */
  room(): Uint8Array {
    const used = this.#length - this.#filed;
    if (used === this.#pieces.length * PIECE) {
      if (this.#pieces.length >= MOST_PIECES && this.#hasFile) this.#toFile();
      this.#pieces.push(readRoom(PIECE));
    }
    return this.#pieces.at(-1)?.subarray((this.#length - this.#filed) % PIECE) ?? new Uint8Array(0);
  }

  /** Keeps the first bytes of the room. */
  grow(bytes: number): void {
    this.#length += bytes;
  }

  /** Copies bytes; fewer only at the end of what is kept. */
  readInto(target: Uint8Array, offset: number): number {
    const end = Math.min(offset + target.length, this.#length);
    let at = offset;
    while (at < end) at += this.#readSome(target.subarray(at - offset, end - offset), at);
    return Math.max(0, end - offset);
  }

  /** Forgets all. */
  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
    this.#pieces = [];
    this.#filed = 0;
    this.#length = 0;
  }

  #readSome(target: Uint8Array, offset: number): number {
    if (offset < this.#filed && this.#fd !== null) {
      const got = readSync(this.#fd, target, 0, Math.min(target.length, this.#filed - offset), offset);
      if (got === 0) throw Object.assign(new Error('EIO: the temporary file is too short'), { code: 'EIO' });
      return got;
    }
    const at = offset - this.#filed;
    const piece = this.#pieces[Math.floor(at / PIECE)]?.subarray(at % PIECE).subarray(0, target.length);
    if (piece === undefined) throw new RangeError('nothing is kept there');
    target.set(piece);
    return piece.length;
  }

  /** Moves the pieces to the file; where that cannot be, they stay in memory, and so does what follows. */
  #toFile(): void {
    try {
      this.#fd ??= openNameless();
      let at = this.#filed;
      for (const piece of this.#pieces) {
        for (let done = 0; done < piece.length;)
          done += writeSync(this.#fd, piece, done, piece.length - done, at + done);
        at += piece.length;
      }
      this.#filed = at;
      this.#pieces = [];
    } catch {
      this.#hasFile = false;
    }
  }
}

/** A temporary file without a name. */
function openNameless(): number {
  const path = join(tmpdir(), `.cramfs-${randomBytes(8).toString('hex')}.tmp`);
  const fd = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  return fd;
}
