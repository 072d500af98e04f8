/**
 * Compressed blocks: a whole zlib stream each, that inflates to exactly the bytes that the file has there. Linux pads shorter
 * output with zeros and ignores what follows the stream; longer output and a wrong checksum are an I/O error.
 */
import { defineRule } from '../rule.ts';

export const zlibBlocks = defineRule(
  ['ZLIB_DAMAGED', 'ZLIB_SHORT', 'ZLIB_LONG', 'ZLIB_TRAILING', 'ZLIB_SECOND_STREAM'],
  (_context, report) => ({
    zlib({ path }, block, start, problem) {
      switch (problem.kind) {
        case 'damaged':
          report('ZLIB_DAMAGED', start, path, { block, reason: problem.reason });
          return;
        case 'length': {
          const { found, expected } = problem;
          report(found < expected ? 'ZLIB_SHORT' : 'ZLIB_LONG', start, path, { block, found, expected });
          return;
        }
        case 'second stream': {
          const { length, found } = problem;
          report('ZLIB_SECOND_STREAM', start, path, { block, length, found });
          return;
        }
        case 'trailing':
          report('ZLIB_TRAILING', start, path, { block, length: problem.length });
          return;
      }
    },
  }),
);
