/**
 * One inflater of Node's zlib for many blocks. Setting up a stream costs more than inflating a block of a small file, and
 * zlib.inflateSync() sets one up for each call; a handle that is reset costs a quarter of that.
 *
 * The handle is not part of Node's documented interface. It is tried on a known stream first, and only its successes are
 * used: whatever it does not take, the documented functions take or refuse.
 */

/** Inflates blocks without allocating anything for them. */
export interface ReusedInflate {
  /**
   * Inflates a stream of at most `limit` bytes of output to `target`, from byte `at` on; at + limit +
   * `PAST_LIMIT` bytes must be there, and those past the output may be written to.
   *
   * @returns bytes of output, or -1 where a plain inflate has to show what is wrong
   */
  into(data: Uint8Array, target: Uint8Array, at: number, limit: number): number;
  /** Bytes of `data` after the end of the stream, after a success. */
  readonly unread: number;
}

/**
 * Bytes of room past the longest output. One would show that a stream is too long; but where less than the longest match (258
 * bytes, RFC 1951, 3.2.5) is free, zlib goes on step by step, with a check of each byte's room.
 */
export const PAST_LIMIT = 272;

/** What is used of the native handle below Node's zlib.Inflate and zlib.Deflate. */
export interface ZlibHandle {
  onerror: () => void;
  reset(): void;
  writeSync(
    flush: number,
    from: Uint8Array,
    fromAt: number,
    fromLength: number,
    to: Uint8Array,
    toAt: number,
    toLength: number,
  ): void;
}

/** The part of node:zlib that has streams. */
export interface InflateMaker {
  readonly Inflate?: new () => object;
}

const Z_FINISH = 4;

/** "aaaaaaaa", a byte after the stream's end, and the same with a wrong checksum. */
const SAMPLE = Uint8Array.of(0x78, 0x9c, 0x4b, 0x4c, 0x84, 0x00, 0x00, 0x0d, 0xac, 0x03, 0x09, 0x55);
const DAMAGED = Uint8Array.of(0x78, 0x9c, 0x4b, 0x4c, 0x84, 0x00, 0x00, 0x0d, 0xac, 0x03, 0x08);
const SAMPLE_LENGTH = 8;

/** An inflater, or null where this Node's streams are not as expected. */
export function reusedInflate(zlib: InflateMaker): ReusedInflate | null {
  try {
    if (zlib.Inflate === undefined) return null;
    const stream = new zlib.Inflate() as { readonly _handle?: ZlibHandle | null; readonly _writeState?: Uint32Array };
    const { _handle: handle, _writeState: left } = stream;
    if (handle === undefined || handle === null || left === undefined) return null;
    const inflater = new HandleInflate(handle, left);
    return passes(inflater) ? inflater : null;
  } catch {
    return null;
  }
}

function passes(inflater: ReusedInflate): boolean {
  const target = new Uint8Array(1 + SAMPLE_LENGTH + PAST_LIMIT);
  const succeeds = (): boolean =>
    inflater.into(SAMPLE, target, 1, SAMPLE_LENGTH) === SAMPLE_LENGTH && inflater.unread === 1;
  return (
    succeeds() &&
    target.subarray(0, 1 + SAMPLE_LENGTH).every((byte, index) => byte === (index === 0 ? 0 : 0x61)) &&
    inflater.into(DAMAGED, target, 0, SAMPLE_LENGTH) === -1 &&
    inflater.into(SAMPLE.subarray(0, 6), target, 0, SAMPLE_LENGTH) === -1 &&
    inflater.into(SAMPLE, target, 0, SAMPLE_LENGTH - 1) === -1 &&
    succeeds()
  );
}

class HandleInflate implements ReusedInflate {
  readonly #handle: ZlibHandle;
  /** What zlib leaves of its output's room, and of its input. */
  readonly #left: Uint32Array;
  #errors = 0;

  constructor(handle: ZlibHandle, left: Uint32Array) {
    this.#handle = handle;
    this.#left = left;
    handle.onerror = () => {
      this.#errors++;
    };
  }

  get unread(): number {
    return this.#left[1] ?? 0;
  }

  into(data: Uint8Array, target: Uint8Array, at: number, limit: number): number {
    const before = this.#errors;
    this.#handle.reset();
    this.#handle.writeSync(Z_FINISH, data, 0, data.length, target, at, limit + PAST_LIMIT);
    // With Z_FINISH and room left, a stream that has not ended is an error.
    const past = this.#left[0] ?? 0;
    return this.#errors !== before || past < PAST_LIMIT ? -1 : limit + PAST_LIMIT - past;
  }
}
