/** Directories that contain themselves, and directories that can be reached by two paths: no maker writes hard links. */
import { args, defineFinding } from '../../findings/definition.ts';
import { shownPath } from '../../format/shownPath.ts';
import { REBUILD } from '../words.ts';
import { defineRule } from '../rule.ts';

export const DIRECTORY_CYCLE = defineFinding({
  id: 'image/directory-cycle',
  severity: 'error',
  scope: 'entry',
  args: args<{ readonly target: number }>(),
  title: 'Directory containing itself',
  cause: ({ target }) => `the directory contains itself: its entries at byte ${String(target)} are those of a parent`,
  fix: REBUILD,
});

export const DIRECTORY_REUSED = defineFinding({
  id: 'image/directory-reused',
  severity: 'error',
  scope: 'entry',
  args: args<{ readonly target: number; readonly first: string | null }>(),
  title: 'Directory with two parents',
  cause: ({ target, first }) =>
    `its entries at byte ${String(target)} are those of ${first === null ? 'another directory' : shownPath(first)}; a directory has one parent`,
  fix: REBUILD,
});

export const cycles = defineRule([DIRECTORY_CYCLE, DIRECTORY_REUSED], (context, report) => ({
  directory({ inode: { position, offset: target }, path }, state) {
    if (state === 'cycle') report(DIRECTORY_CYCLE, position, path, { target });
    else if (state === 'again') {
      // Finding the first path takes time; it is looked up for findings that are kept only.
      const kept = context.findings.count(DIRECTORY_REUSED.id) < 100;
      const first = kept ? context.directoryPath(context.directories.offset.indexOf(target)) : null;
      report(DIRECTORY_REUSED, position, path, { target, first });
    }
  },
}));
