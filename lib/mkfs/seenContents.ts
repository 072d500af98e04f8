/** The contents of a tree as they are placed: each is read whole, and stored once. */
import { sameBytes } from '../base/bytes.ts';
import { CramfsError } from '../base/errors.ts';
import type { ContentHash } from './contentHash.ts';
import type { ImageNode } from './inodes.ts';

/** The content of a file, all of it. @throws CramfsError IO where it is not as long as it was; what reading it throws */
export function readNode(node: ImageNode, room?: Uint8Array): Uint8Array {
  let bytes: Uint8Array | undefined;
  try {
    bytes = node.content?.read(room);
  } catch (error) {
    throw error instanceof CramfsError ? error.withPath(node.path) : error;
  }
  if (bytes?.length !== node.size) {
    throw new CramfsError('IO', {
      path: node.path,
      what: 'the file',
      found: `it had ${String(node.size)} bytes and now has ${String(bytes?.length ?? 0)}`,
    });
  }
  return bytes;
}

/** The contents that were met so far. */
export class SeenContents {
  readonly #hash: ContentHash;
  readonly #nodes = new Map<string, ImageNode[]>();

  constructor(hash: ContentHash) {
    this.#hash = hash;
  }

  /** The first node of the same content, or null for a content that is new; it is remembered then. */
  firstLike(node: ImageNode, bytes: Uint8Array): ImageNode | null {
    const key = this.#hash.of(bytes);
    const candidates = this.#nodes.get(key);
    if (candidates === undefined) {
      this.#nodes.set(key, [node]);
      return null;
    }
    for (const candidate of candidates) {
      if (this.#hash.isCertain || sameBytes(readNode(candidate), bytes)) return candidate;
    }
    candidates.push(node);
    return null;
  }
}
