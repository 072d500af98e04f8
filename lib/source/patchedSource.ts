/** A source of which some bytes are replaced by others. */
import type { ByteSource } from './byteSource.ts';

/** Bytes to be read in place of those at `offset`. */
export interface Patch {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** The source with its patches in place; those past its end do nothing. Closing is left to the caller. */
export function patchedSource(source: ByteSource, patches: readonly Patch[]): ByteSource {
  return {
    get size(): number {
      return source.size;
    },
    read(offset, length) {
      const bytes = source.read(offset, length);
      const end = offset + bytes.length;
      const within = patches.filter((patch) => patch.offset < end && patch.offset + patch.bytes.length > offset);
      if (within.length === 0) return bytes;
      const patched = new Uint8Array(bytes);
      for (const patch of within) {
        for (const [i, byte] of patch.bytes.entries()) {
          const at = patch.offset + i;
          if (at >= offset && at < end) patched[at - offset] = byte;
        }
      }
      return patched;
    },
    close: () => undefined,
  };
}
