/** Verbatim blocks: as long as the file has bytes there. Linux pads shorter ones with zeros; no maker writes them. */
import { args, defineFinding } from '../../findings/definition.ts';
import { plural } from '../../base/words.ts';
import { REBUILD } from '../words.ts';
import { defineRule } from '../rule.ts';

export const STORED_SHORT = defineFinding({
  id: 'image/stored-short',
  severity: 'error',
  scope: 'entry',
  args: args<{ readonly block: number; readonly length: number; readonly expected: number }>(),
  title: 'Verbatim block too short',
  cause: ({ block, length, expected }) =>
    `block ${String(block)} stores ${String(length)} of ${plural(expected, 'byte')}; Linux reads zeros for the rest`,
  fix: REBUILD,
});

export const STORED_LONG = defineFinding({
  id: 'image/stored-long',
  severity: 'error',
  scope: 'entry',
  args: args<{ readonly block: number; readonly length: number; readonly expected: number }>(),
  title: 'Verbatim block too long',
  cause: ({ block, length, expected }) =>
    `block ${String(block)} stores ${plural(length, 'byte')}, but the file only has ${String(expected)} there`,
  fix: REBUILD,
});

export const storedLength = defineRule([STORED_SHORT, STORED_LONG], (_context, report) => ({
  block({ inode, path }, { index: block, kind, length, bytes: expected, problem }) {
    if (kind !== 'stored' || problem !== null || length === expected) return;
    report(length < expected ? STORED_SHORT : STORED_LONG, inode.ino + block * 4, path, {
      block,
      length,
      expected,
    });
  },
}));
