/**
 * Inflating zlib blocks: Node's zlib where there is one, pako elsewhere. Both give the same bytes and refuse the same data
 * (a test holds them side by side).
 */
import { Inflate as PakoInflate } from 'pako';
import { withRoom } from '../base/bytes.ts';
import { type InflateMaker, PAST_LIMIT, reusedInflate, type ReusedInflate } from './reusedInflate.ts';

/** zlib's code of an error: the stream needs a dictionary, is damaged, or does not end within its input and output. */
export type ZlibCode = typeof Z_NEED_DICT | typeof Z_DATA_ERROR | typeof Z_BUF_ERROR;
export const Z_NEED_DICT = 2;
export const Z_DATA_ERROR = -3;
export const Z_BUF_ERROR = -5;

/** Why data does not inflate. */
export interface InflateFailure {
  /** What one call of inflate() with a buffer of `limit` bytes returns, which is what the kernel does. */
  readonly code: ZlibCode;
  /** The same as a sentence. */
  readonly reason: string;
}

/** Whether an inflate failed. */
export function isFailure(output: Uint8Array | InflateFailure): output is InflateFailure {
  return !(output instanceof Uint8Array);
}

/**
 * Inflates one zlib stream of at most `limit` bytes of output. Bytes past the stream's end are ignored, as the kernel
 * ignores them.
 *
 * @returns the output, or why there is none
 */
export interface Inflate {
  (data: Uint8Array, limit: number): Uint8Array | InflateFailure;
  /** The same for many blocks, where there is something faster. What it does not take, this function takes or refuses. */
  readonly reused?: (() => ReusedInflate | null) | undefined;
}

/** The part of node:zlib that is used. */
interface NodeZlib extends InflateMaker {
  inflateSync(data: Uint8Array, options: { maxOutputLength: number; info?: boolean }): Uint8Array;
}

interface WithBuiltins {
  process?: { getBuiltinModule?: (name: string) => unknown };
}

let nodeZlib: NodeZlib | null | undefined;

function findZlib(): NodeZlib | null {
  nodeZlib ??= ((globalThis as WithBuiltins).process?.getBuiltinModule?.('node:zlib') as NodeZlib | undefined) ?? null;
  return nodeZlib;
}

let reused: ReusedInflate | null | undefined;
/** Where {@link inflate} puts output until its length is known. */
let room = new Uint8Array(0);
/** Longer limits than any block's are not given room in advance. */
const MOST_ROOM = 1 << 19;

function findReused(): ReusedInflate | null {
  if (reused === undefined) {
    const zlib = findZlib();
    reused = zlib === null ? null : reusedInflate(zlib);
  }
  return reused;
}

/** The fastest inflate of this platform. */
export const inflate: Inflate = Object.assign(
  (data: Uint8Array, limit: number): Uint8Array | InflateFailure => {
    const inflater = findReused();
    if (inflater !== null && limit <= MOST_ROOM) {
      room = withRoom(room, limit + PAST_LIMIT);
      const length = inflater.into(data, room, 0, limit);
      if (length >= 0) return room.slice(0, length);
    }
    if (limit > 0 && hasWrongHeader(data)) return WRONG_HEADER;
    const zlib = findZlib();
    return zlib === null ? inflateWithPako(data, limit) : inflateWithNode(zlib, data, limit);
  },
  { reused: findReused },
);

/** Most data that is not zlib's is refused by its first two bytes: as a number they are a multiple of 31 (RFC 1950, 2.2). */
function hasWrongHeader(data: Uint8Array): boolean {
  const [first, second] = [data[0], data[1]];
  return first !== undefined && second !== undefined && (first * 256 + second) % 31 !== 0;
}

const WRONG_HEADER: InflateFailure = { code: Z_DATA_ERROR, reason: 'incorrect header check' };

function inflateWithNode(zlib: NodeZlib, data: Uint8Array, limit: number): Uint8Array | InflateFailure {
  try {
    return zlib.inflateSync(data, { maxOutputLength: limit });
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === 'ERR_BUFFER_TOO_LARGE') return tooLong(limit);
    if (code === 'Z_BUF_ERROR') return NO_END;
    // Node looks past `limit` bytes of output, and may meet damage there that the kernel does not come to.
    const failure = inflateWithPako(data, limit);
    return isFailure(failure) && failure.code !== Z_DATA_ERROR ? failure : { code: Z_DATA_ERROR, reason: message };
  }
}

/** Inflates with pako: for browsers, and to check Node's zlib against. */
export const inflateWithPako: Inflate = (data, limit) => {
  const pieces: Uint8Array[] = [];
  let total = 0;
  const stopped = new Error('too long');
  // Without windowBits pako takes gzip too.
  const inflator = new PakoInflate({ windowBits: 15, chunkSize: Math.min(limit, 1 << 16) });
  inflator.onData = (chunk) => {
    total += chunk.length;
    if (total > limit) throw stopped;
    pieces.push(chunk);
  };
  inflator.onEnd = () => undefined;
  try {
    inflator.push(data, false);
  } catch (error) {
    if (error === stopped) return tooLong(limit);
    throw error;
  }
  if (inflator.err !== 0) {
    // The output was full before: there is no room for what the error was met after.
    if (total >= limit) return tooLong(limit);
    const reason = inflator.msg === '' ? `zlib error ${String(inflator.err)}` : inflator.msg;
    if (inflator.err !== Z_NEED_DICT) return { code: Z_DATA_ERROR, reason };
    return { code: Z_NEED_DICT, reason: 'it needs a preset dictionary' };
  }
  if (!inflator.ended) return NO_END;
  const output = new Uint8Array(total);
  let at = 0;
  for (const piece of pieces) {
    output.set(piece, at);
    at += piece.length;
  }
  return output;
};

const NO_END: InflateFailure = { code: Z_BUF_ERROR, reason: 'the zlib stream has no end' };

/** Why a stream of more than `limit` bytes is not taken. */
export function tooLong(limit: number): InflateFailure {
  return { code: Z_BUF_ERROR, reason: `it inflates to more than ${String(limit)} bytes` };
}
