/** Directories that contain themselves, and directories that can be reached by two paths: no maker writes hard links. */
import { defineRule } from '../rule.ts';

export const cycles = defineRule(['DIRECTORY_CYCLE', 'DIRECTORY_REUSED'], (context, report) => ({
  directory({ inode: { position, offset: target }, path }, state) {
    if (state === 'cycle') report('DIRECTORY_CYCLE', position, path, { target });
    else if (state === 'again') {
      // Finding the first path takes time; it is looked up for findings that are kept only.
      const kept = context.findings.count('DIRECTORY_REUSED') < 100;
      const first = kept ? context.directoryPath(context.directories.offset.indexOf(target)) : null;
      report('DIRECTORY_REUSED', position, path, { target, first });
    }
  },
}));
