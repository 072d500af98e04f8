/**
 * Huffman trees as classic zlib builds them, ties and all: the lengths of codes decide the bytes of the output.
 *
 * The method is that of zlib's trees.c by Jean-loup Gailly and Mark Adler: a heap ordered by frequency and, for equal
 * frequencies, by the depth of the subtree.
 */

/** What never changes about a tree. */
export interface TreeKind {
  /** Symbols. */
  readonly elements: number;
  /** Longest code in bits. */
  readonly maxLength: number;
  /** Extra bits of the symbols from `extraBase` on. */
  readonly extraBits: Uint8Array;
  readonly extraBase: number;
  /** Code lengths of the static tree; null where there is none. */
  readonly staticLengths: Uint8Array | null;
}

/** Nodes of the largest tree (286 literals and lengths), and one. */
const HEAP_SIZE = 2 * 286 + 1;
const MAX_BITS = 15;

/**
 * Nodes, each as one number, so that one comparison orders them: the frequency, which is 14 bits for the inputs that are
 * compressed here, the depth of the subtree, which is less than 20 then, and the node's index.
 */
const heap = new Int32Array(HEAP_SIZE + 1);
const NODE_BITS = 10;
const NODE = (1 << NODE_BITS) - 1;
const DEPTH_BITS = 5;
const DEPTH = ((1 << DEPTH_BITS) - 1) << NODE_BITS;
const ONE_DEEPER = 1 << NODE_BITS;
const FREQUENCY_SHIFT = NODE_BITS + DEPTH_BITS;
const dad = new Uint16Array(HEAP_SIZE);
const counts = new Uint16Array(MAX_BITS + 1);
const nextCode = new Uint16Array(MAX_BITS + 2);
let heapLength = 0;

/** A tree: frequencies go in, codes and lengths come out. */
export class HuffmanTree {
  readonly kind: TreeKind;
  /** By symbol. Frequencies of all symbols are 8193 together at most. */
  readonly frequencies: Uint16Array;
  /** By symbol; after them room for inner nodes. */
  readonly lengths: Uint8Array;
  /** Codes, already reversed for output from the low bit. */
  readonly codes: Uint16Array;
  /** Largest symbol in use. */
  maxCode = 0;
  /** Bits that all symbols together take: with this tree, and with the static one. */
  bits = 0;
  staticBits = 0;

  constructor(kind: TreeKind) {
    this.kind = kind;
    this.frequencies = new Uint16Array(kind.elements);
    this.lengths = new Uint8Array(2 * kind.elements + 1);
    this.codes = new Uint16Array(kind.elements);
  }

  /** Makes the codes for the frequencies. */
  build(): void {
    const { frequencies, lengths, kind } = this;
    const { elements } = kind;
    let heapMax = HEAP_SIZE;
    heapLength = 0;
    this.bits = 0;
    this.staticBits = 0;
    this.maxCode = -1;
    for (let symbol = 0; symbol < elements; symbol++) {
      const frequency = frequencies[symbol] ?? 0;
      if (frequency !== 0) heap[++heapLength] = (frequency << FREQUENCY_SHIFT) | (this.maxCode = symbol);
      else lengths[symbol] = 0;
    }
    // Two codes at least, even if nothing needs them.
    while (heapLength < 2) {
      const node = this.maxCode < 2 ? ++this.maxCode : 0;
      heap[++heapLength] = (1 << FREQUENCY_SHIFT) | node;
      frequencies[node] = 1;
      this.bits--;
      this.staticBits -= kind.staticLengths?.[node] ?? 0;
    }
    for (let at = heapLength >> 1; at >= 1; at--) sink(at);
    let node = elements;
    do {
      const least = heap[1] ?? 0;
      heap[1] = heap[heapLength--] ?? 0;
      sink(1);
      const second = heap[1];
      heap[--heapMax] = least & NODE;
      heap[--heapMax] = second & NODE;
      dad[least & NODE] = dad[second & NODE] = node;
      const frequency = (least >>> FREQUENCY_SHIFT) + (second >>> FREQUENCY_SHIFT);
      const depth = Math.max(least & DEPTH, second & DEPTH) + ONE_DEEPER;
      heap[1] = (frequency << FREQUENCY_SHIFT) | depth | node++;
      sink(1);
    } while (heapLength >= 2);
    heap[--heapMax] = heap[1] & NODE;
    this.#assignLengths(heapMax);
    this.#assignCodes();
  }

  #assignLengths(heapMax: number): void {
    const { frequencies, lengths, kind, maxCode } = this;
    const { maxLength, extraBits, extraBase, staticLengths } = kind;
    counts.fill(0);
    lengths[heap[heapMax] ?? 0] = 0;
    let overflow = 0;
    for (let at = heapMax + 1; at < HEAP_SIZE; at++) {
      const node = heap[at] ?? 0;
      let length = (lengths[dad[node] ?? 0] ?? 0) + 1;
      if (length > maxLength) {
        length = maxLength;
        overflow++;
      }
      lengths[node] = length;
      if (node > maxCode) continue;
      counts[length] = (counts[length] ?? 0) + 1;
      const extra = node >= extraBase ? (extraBits[node - extraBase] ?? 0) : 0;
      const frequency = frequencies[node] ?? 0;
      this.bits += frequency * (length + extra);
      if (staticLengths !== null) this.staticBits += frequency * ((staticLengths[node] ?? 0) + extra);
    }
    if (overflow > 0) this.#shorten(overflow);
  }

  /** Codes longer than allowed: the tree is rearranged, most frequent symbols keeping the shortest codes. */
  #shorten(excess: number): void {
    const { frequencies, lengths, kind, maxCode } = this;
    const { maxLength } = kind;
    for (let overflow = excess; overflow > 0; overflow -= 2) {
      let length = maxLength - 1;
      while (counts[length] === 0) length--;
      counts[length] = (counts[length] ?? 0) - 1;
      counts[length + 1] = (counts[length + 1] ?? 0) + 2;
      counts[maxLength] = (counts[maxLength] ?? 0) - 1;
    }
    let at = HEAP_SIZE;
    for (let length = maxLength; length > 0; length--) {
      for (let left = counts[length] ?? 0; left > 0;) {
        const node = heap[--at] ?? 0;
        if (node > maxCode) continue;
        this.bits += (length - (lengths[node] ?? 0)) * (frequencies[node] ?? 0);
        lengths[node] = length;
        left--;
      }
    }
  }

  #assignCodes(): void {
    assignCodes(this.lengths, this.codes, this.maxCode, counts);
  }
}

/** Canonical codes for code lengths (RFC 1951, 3.2.2), reversed. */
export function assignCodes(lengths: Uint8Array, codes: Uint16Array, maxCode: number, lengthCounts: Uint16Array): void {
  let code = 0;
  for (let length = 1; length <= MAX_BITS; length++) {
    code = (code + (lengthCounts[length - 1] ?? 0)) << 1;
    nextCode[length] = code;
  }
  for (let symbol = 0; symbol <= maxCode; symbol++) {
    const length = lengths[symbol] ?? 0;
    if (length === 0) continue;
    const next = nextCode[length] ?? 0;
    nextCode[length] = next + 1;
    codes[symbol] = reverse(next, length);
  }
}

function reverse(code: number, length: number): number {
  let from = code;
  let result = 0;
  for (let i = 0; i < length; i++) {
    result = (result << 1) | (from & 1);
    from >>>= 1;
  }
  return result;
}

/** Moves the node at a place of the heap down to where it belongs. Of equal nodes the one that is looked at first counts. */
function sink(place: number): void {
  const node = heap[place] ?? 0;
  let at = place;
  for (let child = at << 1; child <= heapLength; child <<= 1) {
    let other = heap[child] ?? 0;
    if (child < heapLength) {
      const sibling = heap[child + 1] ?? 0;
      if (sibling <= (other | NODE)) {
        child++;
        other = sibling;
      }
    }
    if (node <= (other | NODE)) break;
    heap[at] = other;
    at = child;
  }
  heap[at] = node;
}
