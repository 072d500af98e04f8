/** Names and contents of random files. */
import { encodeName } from '../../lib/format.ts';
import type { Random } from './random.ts';

const PLAIN = Array.from('abcdefghijklmnopqrstuvwxyzABCXYZ0123456789_-.');
/** What a shell, a log or a parser may stumble over. */
const AWKWARD = Array.from(' %\\"\'#:[]()ä€😀');
/** Bytes of the longest name that an inode has room for. */
const MAX_NAME = 252;

/** A name that is neither "." nor "..". */
export function randomName(random: Random): string {
  const length = random.chance(0.06) ? random.integer(60, MAX_NAME) : random.integer(1, 10);
  const letters = random.chance(0.1) ? [...PLAIN, ...AWKWARD] : PLAIN;
  let name = random.pick(letters.filter((letter) => letter !== '.'));
  for (let left = length - 1; left > 0; left--) {
    const longer = name + random.pick(letters);
    if (encodeName(longer).length > MAX_NAME) break;
    name = longer;
  }
  return name;
}

/** Content of so many bytes: noise, text, one byte over and over, or zeros. */
export function randomContent(random: Random, length: number): Uint8Array {
  const kind = random.weighted([
    ['noise', 4],
    ['text', 5],
    ['constant', 2],
    ['zeros', 1],
  ] as const);
  switch (kind) {
    case 'noise':
      return random.bytes(length);
    case 'text':
      return random.bytes(length).map((byte) => 0x61 + (byte % 8));
    case 'constant':
      return new Uint8Array(length).fill(random.integer(1, 255));
    case 'zeros':
      return new Uint8Array(length);
  }
}

/** What stands behind the end of a file in its last page: zeros, or zeros with one other byte among them. */
export function randomTail(random: Random, length: number): Uint8Array {
  const tail = new Uint8Array(length);
  if (length > 0 && random.chance(0.5)) {
    tail[random.pick([0, length - 1, random.integer(0, length - 1)])] = random.integer(1, 255);
  }
  return tail;
}
