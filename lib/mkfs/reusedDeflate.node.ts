/**
 * One deflater of Node's zlib for many blocks, with the bytes that zlib.deflateSync() gives. Setting up a stream for each
 * block takes a third of the time of compressing it.
 *
 * A stream that is reset keeps what its window held. zlib reads a few bytes past the end of its input there, which hash
 * differently, and of equal blocks one may become other bytes than the other. Those bytes are zero as at first as long as
 * no block was longer: a block that is shorter than one before gets a stream of its own.
 *
 * The handle is not part of Node's documented interface. It is tried first, and where it does not do as expected each block
 * gets a stream of its own.
 */
import { Deflate as NodeDeflate, deflateSync } from 'node:zlib';
import type { ZlibHandle } from '../image/reusedInflate.ts';
import type { Deflate } from './deflate.ts';

const Z_FINISH = 4;
/** Longer blocks would have zlib move its window. */
const MAX_LENGTH = 1 << 14;
/** What a block can grow to, beyond its own length: zlib's header and checksum, and blocks that are stored. */
const GROWTH = 64;

/** zlib.deflateSync() at a level. */
export function nodeDeflate(level: number): Deflate {
  const reused = reusedDeflate(level);
  let longest = 0;
  return (block) => {
    if (reused !== null && block.length >= longest && block.length <= MAX_LENGTH) {
      longest = block.length;
      const stream = reused(block);
      if (stream !== null) return stream;
    }
    return plainDeflate(block, level);
  };
}

/** Room for what a block becomes, not for Node's 16 KiB. */
function plainDeflate(block: Uint8Array, level: number): Uint8Array {
  return deflateSync(block, { level, chunkSize: block.length + GROWTH });
}

/** A deflater that gives null for what it cannot do; null where this Node's streams are not as expected. */
function reusedDeflate(level: number): ((block: Uint8Array) => Uint8Array | null) | null {
  try {
    const stream = new NodeDeflate({ level, chunkSize: GROWTH }) as unknown as {
      readonly _handle?: ZlibHandle | null;
      readonly _writeState?: Uint32Array;
    };
    const { _handle: handle, _writeState: left } = stream;
    if (handle === undefined || handle === null || left === undefined) return null;
    let errors = 0;
    handle.onerror = () => {
      errors++;
    };
    const room = new Uint8Array(MAX_LENGTH + GROWTH);
    const deflate = (block: Uint8Array): Uint8Array | null => {
      const before = errors;
      handle.reset();
      handle.writeSync(Z_FINISH, block, 0, block.length, room, 0, room.length);
      // Of room that is left, zlib has written all that it had to write.
      const free = left[0] ?? 0;
      return errors !== before || free === 0 || left[1] !== 0 ? null : room.subarray(0, room.length - free);
    };
    let does = doesAsExpected.get(level);
    if (does === undefined) {
      does = SAMPLES.every((sample) => isSame(deflate(sample), plainDeflate(sample, level)));
      doesAsExpected.set(level, does);
    }
    return does ? deflate : null;
  } catch {
    return null;
  }
}

/** By level, whether a handle of this Node does as expected: it is tried once. */
const doesAsExpected = new Map<number, boolean>();

/** One that shrinks, and one that does not. */
const SAMPLES = [
  Uint8Array.from({ length: 300 }, (_, index) => (index * index) % 97),
  Uint8Array.from({ length: 300 }, (_, index) => Math.imul(index + 1, 0x9e3779b1) >>> 24),
];

function isSame(a: Uint8Array | null, b: Uint8Array): boolean {
  return a !== null && Buffer.compare(a, b) === 0;
}
