/** Finding magic numbers: both ways find the same. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findByStep, magicFinder } from '../lib/diagnose/magicNumbers.ts';

const NUMBERS = [
  [0x28, 0xcd, 0x3d, 0x45],
  [0x45, 0x3d, 0xcd, 0x28],
  [0x27, 0x05, 0x19, 0x56],
];

test('magic numbers are found at every alignment, also one in another and at the very end', () => {
  const pieces = fc.oneof(
    fc.constantFrom(...NUMBERS),
    fc.array(fc.constantFrom(0x28, 0xcd, 0x3d, 0x45, 0x27, 0x05, 0x19, 0x56, 0), { maxLength: 5 }),
  );
  let numbers = 0;
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), fc.nat({ max: 7 }), (parts, start) => {
      const bytes = Uint8Array.from([...new Array<number>(start).fill(1), ...parts.flat()]).subarray(start >> 1);
      const plain = [];
      for (let at = 0; at + 4 <= bytes.length; at++) {
        if (NUMBERS.some((number) => number.every((byte, index) => bytes[at + index] === byte))) plain.push(at);
      }
      numbers += plain.length;
      expect(findByStep(bytes).map(({ at }) => at)).toEqual(plain);
      expect(magicFinder()(bytes)).toEqual(findByStep(bytes));
    }),
  );
  expect(numbers).toBeGreaterThan(50);
  expect(magicFinder(undefined)(Uint8Array.from(NUMBERS.flat()))).toHaveLength(3);
});

test('a finder without Node is the one by steps', () => {
  const { Buffer: own } = globalThis;
  try {
    Reflect.deleteProperty(globalThis, 'Buffer');
    expect(magicFinder()).toBe(findByStep);
  } finally {
    globalThis.Buffer = own;
  }
});
