/** A histogram of file sizes. */

/** Files of at most `upTo` bytes, and more than the row before. */
export interface SizeClass {
  readonly upTo: number;
  readonly files: number;
}

/** Upper bounds in bytes: empty, then powers of four up to the format's limit of 16 MiB - 1. */
const BOUNDS: readonly number[] = [0, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 0xffffff];

/** Counts file sizes class by class. */
export class SizeHistogram {
  readonly #counts = new Uint32Array(BOUNDS.length);

  /** Counts a file of `bytes` bytes, below 16 MiB. */
  add(bytes: number): void {
    const index = BOUNDS.findIndex((bound) => bytes <= bound);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  /** All classes, empty ones too. */
  get classes(): readonly SizeClass[] {
    return BOUNDS.map((upTo, index) => ({ upTo, files: this.#counts[index] ?? 0 }));
  }
}
