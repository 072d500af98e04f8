/**
 * Many byte strings in one buffer, which goes from thread to thread without being copied.
 */

/** Byte strings, end to end, and their lengths. */
export interface PackedPieces {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly lengths: readonly number[];
}

/** Puts pieces into one buffer of its own. */
export function packPieces(pieces: readonly Uint8Array[]): PackedPieces {
  const lengths = pieces.map((piece) => piece.length);
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return { bytes, lengths };
}

/** The pieces again, as views. */
export function unpackPieces({ bytes, lengths }: PackedPieces): Uint8Array[] {
  let at = 0;
  return lengths.map((length) => bytes.subarray(at, (at += length)));
}
