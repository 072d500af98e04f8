/** Makes a failing input smaller in its differences: what can be undone without the failure going away is undone. */

const MAX_TRIES = 300;

/**
 * @param fails whether an input still fails
 * @returns the input with as few bytes different from `original` as a short search finds
 */
export async function minimise(
  bytes: Uint8Array,
  original: Uint8Array,
  fails: (candidate: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array> {
  let best = bytes;
  let tries = 0;
  const attempt = async (candidate: Uint8Array): Promise<void> => {
    if (++tries <= MAX_TRIES && (await fails(candidate))) best = candidate;
  };
  if (best.length !== original.length) {
    const resized = original.slice();
    resized.set(best.subarray(0, original.length));
    await attempt(resized);
  }
  for (let piece = 4096; piece >= 1 && tries < MAX_TRIES; piece >>= 2) {
    for (let at = 0; at < best.length && tries < MAX_TRIES; at += piece) {
      const end = Math.min(at + piece, best.length, original.length);
      if (at >= end || same(best, original, at, end)) continue;
      const candidate = best.slice();
      candidate.set(original.subarray(at, end), at);
      await attempt(candidate);
    }
  }
  return best;
}

function same(a: Uint8Array, b: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (a[i] !== b[i]) return false;
  return true;
}
