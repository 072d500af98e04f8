/**
 * What work may be spent on an image. Honest images never get there; an image of a few kilobytes can claim any number of
 * files, all of them programs of 16 MiB, and would keep unbounded work busy for hours.
 */

/** Units of work that may be spent, whatever their kind. */
export class Budget {
  readonly limit: number;
  #left: number;

  constructor(limit: number) {
    this.limit = limit;
    this.#left = limit;
  }

  /** Takes `amount` away. False when less was left: then nothing is left any more. */
  spend(amount: number): boolean {
    if (this.#left < amount) {
      this.#left = 0;
      return false;
    }
    this.#left -= amount;
    return true;
  }

  get isSpent(): boolean {
    return this.#left <= 0;
  }
}
