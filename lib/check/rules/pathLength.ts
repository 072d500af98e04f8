/** Paths that no system call takes whole: more than 4095 bytes. Told of the first file on each way down, not of all below. */
import { MAX_PATH } from '../context.ts';
import { defineRule } from '../rule.ts';

export const pathLength = defineRule(['PATH_TOO_LONG'], (_context, report) => ({
  node({ inode, nameBytes, directoryPathBytes, path }) {
    const bytes = directoryPathBytes + 1 + nameBytes.length;
    if (bytes > MAX_PATH && directoryPathBytes <= MAX_PATH) report('PATH_TOO_LONG', inode.position, path, { bytes });
  },
}));
