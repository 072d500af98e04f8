/** A list of unsigned 32-bit numbers that takes four bytes a number. */
import { withRoom } from '../base/bytes.ts';

export class Uint32List {
  #values = new Uint32Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    this.#values = withRoom(this.#values, this.#length + 1);
    this.#values[this.#length++] = value;
  }

  /** Removes the last number; undefined when there is none. */
  pop(): number | undefined {
    return this.#length === 0 ? undefined : this.#values[--this.#length];
  }

  /** The number at an index that is in the list. */
  at(index: number): number {
    return this.#values[index] ?? 0;
  }

  /** Gives the place of an index in the list another number. */
  set(index: number, value: number): void {
    this.#values[index] = value;
  }

  /** A copy. */
  toArray(): Uint32Array {
    return this.#values.slice(0, this.#length);
  }

  /** Where a number stands first, or -1. */
  indexOf(value: number): number {
    return this.#values.subarray(0, this.#length).indexOf(value);
  }
}
