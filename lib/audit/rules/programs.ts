/** Programs that do not get to their own first instruction, and libraries that they miss. */
import { defineRule } from '../rule.ts';

export const programs = defineRule(['xip/program-fails', 'xip/library-missing'], (_, report) => ({
  program({ path, inode }, { outcome, why, needed }) {
    const place = { path: () => path, offset: inode.position };
    const missing = needed.filter((library) => library.path === null);
    for (const { name, neededBy, searched } of missing) {
      report('xip/library-missing', place, { library: name, neededBy, searched });
    }
    const isExplained = outcome === 'exits' && missing.length > 0 && needed.every(({ problem }) => problem === null);
    if (outcome !== 'runs' && !isExplained) report('xip/program-fails', place, { outcome, why });
  },
}));
