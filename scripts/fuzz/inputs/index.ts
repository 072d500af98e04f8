/** The kinds of inputs, and their writers. */
import { changedBytes, changedText } from '../change.ts';
import type { Chance } from './chance.ts';
import { dumpBytes, tarBytes, vendorBytes } from './container.ts';
import { imageBytes } from './image.ts';
import { TEXTS } from './text.ts';

const BINARY = {
  image: (chance: Chance) => (chance.random(16) === 0 ? vendorBytes(chance) : imageBytes(chance)),
  tar: tarBytes,
  dump: dumpBytes,
} as const;

export type InputKind = keyof typeof BINARY | keyof typeof TEXTS;

const isBinary = (kind: InputKind): kind is keyof typeof BINARY => kind in BINARY;

/** A new input. */
export function newInput(kind: InputKind, chance: Chance): Uint8Array {
  return isBinary(kind) ? BINARY[kind](chance) : Buffer.from(TEXTS[kind](chance));
}

/** An input that was kept, changed; pieces may come from `other`. */
export function changedInput(kind: InputKind, chance: Chance, original: Uint8Array, other: Uint8Array): Uint8Array {
  return (isBinary(kind) ? changedBytes : changedText)(chance, original, other);
}
