/**
 * Finding files of the same content without comparing each with each.
 */

/** Names a content; the same content always gets the same name. */
export interface ContentHash {
  /** A name for some bytes. */
  of(bytes: Uint8Array): string;
  /** Whether different content cannot have the same name; else contents of one name must be compared. */
  readonly isCertain: boolean;
}

/** A 64-bit hash in plain JavaScript, for platforms without a cryptographic one: two multiplicative hashes of the bytes. */
export const plainHash: ContentHash = {
  isCertain: false,
  of(bytes) {
    let a = 0x811c9dc5;
    let b = 0x9747b28c ^ bytes.length;
    for (const byte of bytes) {
      a = Math.imul(a ^ byte, 0x01000193);
      b = Math.imul(b + byte, 0x5bd1e995);
      b ^= b >>> 15;
    }
    return `${bytes.length}-${a >>> 0}-${b >>> 0}`;
  },
};
