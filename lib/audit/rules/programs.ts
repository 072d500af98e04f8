/** Programs that do not get to their own first instruction, and libraries that they miss. */
import { args, defineFinding } from '../../findings/definition.ts';
import { shownPath } from '../../format/shownPath.ts';
import { defineRule } from '../rule.ts';

/** A program does not get to its own first instruction. */
export const PROGRAM_FAILS = defineFinding({
  id: 'xip/program-fails',
  severity: 'error',
  scope: 'entry',
  args: args<{ readonly outcome: string; readonly why: string }>(),
  distinct: ({ outcome }) => [outcome],
  title: 'Program that does not start',
  cause: ({ outcome, why }) => `the program does not reach its entry point on this board (${outcome}): ${why}`,
  fix: 'fix the cause above, or clear the executable bit if the file is not meant for this board',
});

/** A library that no directory of the search has. */
export const LIBRARY_MISSING = defineFinding({
  id: 'xip/library-missing',
  severity: 'error',
  scope: 'entry',
  args: args<{
    readonly library: string;
    readonly neededBy: string;
    /** Directories that were searched; none for a library that is named by a path. */
    readonly searched: readonly string[];
  }>(),
  distinct: ({ library }) => [library],
  title: 'Missing library',
  cause: ({ library, neededBy, searched }) =>
    searched.length === 0
      ? `${shownPath(neededBy)} needs ${library} by its path, and there is no such file`
      : `${library}, needed by ${shownPath(neededBy)}, is in none of the directories searched: ${searched.join(', ')}`,
  fix: ({ library, searched }) =>
    searched.length === 0
      ? `link the library with a soname (-Wl,-soname,${library.slice(library.lastIndexOf('/') + 1)}) and relink the program, so that it is searched for, or add it to the image as ${library}`
      : `add ${library} to ${searched.at(-1) ?? ''}, or name its directory (--library-path)`,
});

export const programs = defineRule([PROGRAM_FAILS, LIBRARY_MISSING], (_, report) => ({
  program({ path, inode }, { outcome, why, needed }) {
    const place = { path: () => path, offset: inode.position };
    const missing = needed.filter((library) => library.path === null);
    for (const { name, neededBy, searched } of missing) {
      report(LIBRARY_MISSING, place, { library: name, neededBy, searched });
    }
    const isExplained = outcome === 'exits' && missing.length > 0 && needed.every(({ problem }) => problem === null);
    if (outcome !== 'runs' && !isExplained) report(PROGRAM_FAILS, place, { outcome, why });
  },
}));
