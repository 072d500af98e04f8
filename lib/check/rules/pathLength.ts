/** Paths that no system call takes whole: more than 4095 bytes. Told of the first file on each way down, not of all below. */
import { MAX_PATH } from '../context.ts';
import { args, defineFinding } from '../../findings/definition.ts';
import { plural } from '../../base/words.ts';
import { defineRule } from '../rule.ts';

export const PATH_TOO_LONG = defineFinding({
  id: 'image/path-too-long',
  severity: 'warning',
  scope: 'entry',
  args: args<{ readonly bytes: number }>(),
  title: 'Path too long for system calls',
  cause: ({ bytes }) => `the path is ${plural(bytes, 'byte')} long, and system calls accept 4095`,
  fix: 'move the file further up or use shorter names, and build the image again',
});

export const pathLength = defineRule([PATH_TOO_LONG], (_context, report) => ({
  node({ inode, nameBytes, directoryPathBytes, path }) {
    const bytes = directoryPathBytes + 1 + nameBytes.length;
    if (bytes > MAX_PATH && directoryPathBytes <= MAX_PATH) report(PATH_TOO_LONG, inode.position, path, { bytes });
  },
}));
