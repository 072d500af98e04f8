/** A list of unsigned 32-bit numbers that takes four bytes a number. */
import { withRoom } from '../base/bytes.ts';

/** Numbers that a list that is not empty has room for at least. */
const FIRST_ROOM = 256;

export class Uint32List {
  /** Without room at first: most lists of a small image stay empty. */
  #values = new Uint32Array(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      this.#values = withRoom(this.#values, this.#length === 0 ? FIRST_ROOM : this.#length + 1);
    }
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
