/** Random choices that all writers of inputs make. */
import type { Random } from '../mutate.ts';

/** One field of so many is wrong. */
const FAULT_RATE = 24;

/** What the writers of inputs choose by. */
export interface Chance {
  readonly random: Random;
  /** One of a list. */
  readonly pick: <T>(list: readonly T[]) => T;
  /** Whether this field is to be wrong. */
  readonly isFault: () => boolean;
  /** `value`, or now and then one of the wrong ones. */
  readonly field: <T>(value: T, ...wrong: readonly T[]) => T;
  /** So many of something, from `least` to `most`. */
  readonly many: <T>(least: number, most: number, make: (index: number) => T) => T[];
  /** Bytes, many of them 0, a letter, or ESC. */
  readonly bytes: (length: number) => Uint8Array;
}

export function chanceFrom(random: Random): Chance {
  const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;
  const isFault = (): boolean => random(FAULT_RATE) === 0;
  return {
    random,
    pick,
    isFault,
    field: (value, ...wrong) => (isFault() ? pick(wrong) : value),
    many: (least, most, make) => Array.from({ length: least + random(most - least + 1) }, (_, index) => make(index)),
    bytes: (length) => Uint8Array.from({ length }, () => pick([0, 65, 27, random(256)])),
  };
}
