/** What direct blocks cost in flash: what they would take compressed is estimated from some of them. */
import { Uint32List } from '../check/uint32List.ts';
import type { ByteSource } from '../source/byteSource.ts';

/** Compresses one block. */
export type DeflateBlock = (block: Uint8Array) => Uint8Array;

/** Blocks that are compressed at the most: enough for an estimate within a few percent. */
const MAX_SAMPLE = 128;

/** Direct blocks, evenly spread over all that were added: every one, then every second, fourth and so on. */
export class DirectSample {
  readonly #starts = new Uint32List();
  readonly #lengths = new Uint32List();
  #step = 1;
  #added = 0;
  #bytes = 0;

  /** Adds a direct block: byte offset in the image, and bytes. */
  add(start: number, length: number): void {
    if (this.#added % this.#step === 0) this.#keep(start, length);
    this.#added++;
    this.#bytes += length;
  }

  /**
   * About how many bytes all of the blocks would take compressed; 0 if there are none.
   *
   * @throws CramfsError IO, TRUNCATED as the source
   */
  compressedBytes(source: ByteSource, deflate: DeflateBlock): number {
    let sampled = 0;
    let compressed = 0;
    for (let index = 0; index < this.#starts.length; index++) {
      const block = source.read(this.#starts.at(index), this.#lengths.at(index));
      sampled += block.length;
      compressed += deflate(block).length;
    }
    return sampled === 0 ? 0 : Math.round((compressed / sampled) * this.#bytes);
  }

  #keep(start: number, length: number): void {
    if (this.#starts.length === MAX_SAMPLE) this.#halve();
    if (this.#added % this.#step !== 0) return;
    this.#starts.push(start);
    this.#lengths.push(length);
  }

  /** Forgets every second block. */
  #halve(): void {
    const kept = { starts: this.#starts.toArray(), lengths: this.#lengths.toArray() };
    while (this.#starts.pop() !== undefined) this.#lengths.pop();
    for (const [index, start] of kept.starts.entries()) {
      if (index % 2 !== 0) continue;
      this.#starts.push(start);
      this.#lengths.push(kept.lengths[index] ?? 0);
    }
    this.#step *= 2;
  }
}
