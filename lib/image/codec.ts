/**
 * Inflating zlib blocks: Node's zlib where there is one, pako elsewhere. Both give the same bytes and refuse the same data
 * (a test holds them side by side).
 */
import { Inflate as PakoInflate } from 'pako';

/**
 * Inflates one zlib stream of at most `limit` bytes of output. Bytes behind the stream's end are ignored, as the kernel
 * ignores them.
 *
 * @returns the output, or a sentence that says why there is none
 */
export type Inflate = (data: Uint8Array, limit: number) => Uint8Array | string;

/** The part of node:zlib that is used. */
interface NodeZlib {
  inflateSync(data: Uint8Array, options: { maxOutputLength: number; info?: boolean }): Uint8Array;
}

interface WithBuiltins {
  process?: { getBuiltinModule?: (name: string) => unknown };
}

let nodeZlib: NodeZlib | null | undefined;

/** The fastest inflate of this platform. */
export const inflate: Inflate = (data, limit) => {
  nodeZlib ??= ((globalThis as WithBuiltins).process?.getBuiltinModule?.('node:zlib') as NodeZlib | undefined) ?? null;
  return nodeZlib === null ? inflateWithPako(data, limit) : inflateWithNode(nodeZlib, data, limit);
};

function inflateWithNode(zlib: NodeZlib, data: Uint8Array, limit: number): Uint8Array | string {
  try {
    return zlib.inflateSync(data, { maxOutputLength: limit });
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === 'ERR_BUFFER_TOO_LARGE') return tooLong(limit);
    if (code === 'Z_BUF_ERROR') return 'the zlib stream has no end';
    return message;
  }
}

/** Inflates with pako: for browsers, and to check Node's zlib against. */
export const inflateWithPako: Inflate = (data, limit) => {
  const pieces: Uint8Array[] = [];
  let total = 0;
  const stopped = new Error('too long');
  // Without windowBits pako takes gzip too.
  const inflator = new PakoInflate({ windowBits: 15, chunkSize: Math.min(limit + 1, 1 << 16) });
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
  if (inflator.err !== 0) return inflator.msg === '' ? `zlib error ${String(inflator.err)}` : inflator.msg;
  if (!inflator.ended) return 'the zlib stream has no end';
  const output = new Uint8Array(total);
  let at = 0;
  for (const piece of pieces) {
    output.set(piece, at);
    at += piece.length;
  }
  return output;
};

const tooLong = (limit: number): string => `it inflates to more than ${String(limit)} bytes`;
