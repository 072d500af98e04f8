/**
 * Compressed blocks: a whole zlib stream each, that inflates to exactly the bytes that the file has there. Linux pads shorter
 * output with zeros and ignores what follows the stream; longer output and a wrong checksum are an I/O error.
 */
import { args, defineFinding } from '../../findings/definition.ts';
import { plural } from '../../base/words.ts';
import { blocksText, REBUILD } from '../words.ts';
import { defineRule } from '../rule.ts';

export const ZLIB_DAMAGED = defineFinding({
  id: 'image/zlib-damaged',
  severity: 'error',
  scope: 'entry',
  args: args<{ readonly block: number; readonly reason: string }>(),
  title: 'Block that does not inflate',
  cause: ({ block, reason }) => `block ${String(block)} does not inflate: ${reason}`,
  causeOfBlocks: (first, last) =>
    first.reason === last.reason ? `${blocksText(first, last)} do not inflate: ${first.reason}` : null,
  fix: 'get an undamaged copy: the block is lost',
});

export const ZLIB_SHORT = defineFinding({
  id: 'image/zlib-short',
  severity: 'error',
  scope: 'entry',
  args: args<{ readonly block: number; readonly found: number; readonly expected: number }>(),
  title: 'Block inflating to too little',
  cause: ({ block, found, expected }) =>
    `block ${String(block)} inflates to ${String(found)} of ${plural(expected, 'byte')}; Linux reads zeros for the rest`,
  fix: REBUILD,
});

export const ZLIB_LONG = defineFinding({
  id: 'image/zlib-long',
  severity: 'error',
  scope: 'entry',
  args: args<{ readonly block: number; readonly found: number; readonly expected: number }>(),
  title: 'Block inflating to too much',
  cause: ({ block, found, expected }) =>
    `block ${String(block)} inflates to ${plural(found, 'byte')}, but the file only has ${String(expected)} there`,
  fix: REBUILD,
});

export const ZLIB_TRAILING = defineFinding({
  id: 'image/zlib-trailing',
  severity: 'warning',
  scope: 'entry',
  args: args<{ readonly block: number; readonly length: number }>(),
  title: 'Bytes after a zlib stream',
  cause: ({ block, length }) => `block ${String(block)} has ${plural(length, 'byte')} after the end of its zlib stream`,
  fix: REBUILD,
});

export const ZLIB_SECOND_STREAM = defineFinding({
  id: 'image/zlib-second-stream',
  severity: 'error',
  scope: 'entry',
  /** `length` bytes after the first stream are one that inflates to `found` bytes. */
  args: args<{ readonly block: number; readonly length: number; readonly found: number }>(),
  title: 'Second zlib stream in a block',
  cause: ({ block, length, found }) =>
    `block ${String(block)} holds a second zlib stream of ${plural(length, 'byte')}, which inflates to ${plural(found, 'byte')} that Linux never shows`,
  fix: REBUILD,
});

export const zlibBlocks = defineRule(
  [ZLIB_DAMAGED, ZLIB_SHORT, ZLIB_LONG, ZLIB_TRAILING, ZLIB_SECOND_STREAM],
  (_context, report) => ({
    zlib({ path }, block, start, problem) {
      switch (problem.kind) {
        case 'damaged':
          report(ZLIB_DAMAGED, start, path, { block, reason: problem.reason });
          return;
        case 'length': {
          const { found, expected } = problem;
          report(found < expected ? ZLIB_SHORT : ZLIB_LONG, start, path, { block, found, expected });
          return;
        }
        case 'second stream': {
          const { length, found } = problem;
          report(ZLIB_SECOND_STREAM, start, path, { block, length, found });
          return;
        }
        case 'trailing':
          report(ZLIB_TRAILING, start, path, { block, length: problem.length });
          return;
      }
    },
  }),
);
