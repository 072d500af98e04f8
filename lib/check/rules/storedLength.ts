/** Verbatim blocks: as long as the file has bytes there. Linux pads shorter ones with zeros; no maker writes them. */
import { defineRule } from '../rule.ts';

export const storedLength = defineRule(['STORED_SHORT', 'STORED_LONG'], (_context, report) => ({
  block({ inode, path }, { index: block, kind, length, bytes: expected, problem }) {
    if (kind !== 'stored' || problem !== null || length === expected) return;
    report(length < expected ? 'STORED_SHORT' : 'STORED_LONG', inode.ino + block * 4, path, {
      block,
      length,
      expected,
    });
  },
}));
