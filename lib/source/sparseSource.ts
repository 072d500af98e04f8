/**
 * A source of which only some bytes are at hand: what a report carries of its image.
 */
import { CramfsError } from '../base/errors.ts';
import type { ByteSource } from './byteSource.ts';

/** Bytes that are noted together: what cramfs aligns its metadata to. */
const GRANULE = 4;

/** What an error says of bytes that are not at hand. */
export const NOT_IN_REPORT = 'these bytes are not in this report';

/** A piece of a source. */
export interface KnownRange {
  /** First byte. */
  readonly start: number;
  readonly bytes: Uint8Array;
}

/**
 * A source of `size` bytes that knows those of the ranges, which are in order and do not overlap.
 *
 * Reading others fails with CramfsError IO, as a medium that does not answer.
 */
export function sparseSource(size: number, ranges: readonly KnownRange[]): ByteSource {
  const starts = Float64Array.from(ranges, ({ start }) => start);
  /** The range that has the byte at `offset`, or undefined. */
  const rangeAt = (offset: number): KnownRange | undefined => {
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    const range = ranges[low - 1];
    return range !== undefined && offset < range.start + range.bytes.length ? range : undefined;
  };
  return {
    size,
    read(offset, length) {
      const wanted = Math.max(0, Math.min(length, size - offset));
      if (offset < 0 || wanted === 0) return new Uint8Array(0);
      const range = rangeAt(offset);
      if (range === undefined || offset + wanted > range.start + range.bytes.length) {
        throw new CramfsError('IO', { offset, found: NOT_IN_REPORT });
      }
      return range.bytes.subarray(offset - range.start, offset - range.start + wanted);
    },
    around(offset, start, end) {
      const range = rangeAt(offset);
      if (range === undefined) return { start: offset, end: offset };
      return { start: Math.max(start, range.start), end: Math.min(end, range.start + range.bytes.length) };
    },
    close: () => undefined,
  };
}

/** A source that notes which of its bytes are read. */
export class RecordingSource implements ByteSource {
  readonly #source: ByteSource;
  /** One bit for each granule. */
  readonly #read: Uint32Array;

  constructor(source: ByteSource) {
    this.#source = source;
    this.#read = new Uint32Array(Math.ceil(source.size / GRANULE / 32));
  }

  get size(): number {
    return this.#source.size;
  }

  read(offset: number, length: number): Uint8Array {
    this.note(offset, length);
    return this.#source.read(offset, length);
  }

  /** Nothing but what is needed, so that no more is noted. */
  around(offset: number): { readonly start: number; readonly end: number } {
    return { start: offset, end: offset };
  }

  close(): void {
    this.#source.close();
  }

  /** Notes bytes without reading them. */
  note(offset: number, length: number): void {
    const last = Math.min(this.size, offset + length) - 1;
    if (offset < 0 || last < offset) return;
    for (let granule = Math.floor(offset / GRANULE); granule <= Math.floor(last / GRANULE); granule++) {
      const word = granule >>> 5;
      this.#read[word] = (this.#read[word] ?? 0) | (1 << (granule & 31));
    }
  }

  /** What was read, in order, runs together. */
  ranges(): KnownRange[] {
    const ranges: KnownRange[] = [];
    let start = -1;
    const granules = Math.ceil(this.size / GRANULE);
    for (let granule = 0; granule <= granules; granule++) {
      const isRead = granule < granules && ((this.#read[granule >>> 5] ?? 0) & (1 << (granule & 31))) !== 0;
      if (isRead && start === -1) start = granule * GRANULE;
      if (!isRead && start !== -1) {
        const length = Math.min(this.size, granule * GRANULE) - start;
        ranges.push({ start, bytes: this.#source.read(start, length).slice() });
        start = -1;
      }
    }
    return ranges;
  }
}
