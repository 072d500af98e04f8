/**
 * Which paths of an image are wanted: some subtrees, and the directories on the way to them.
 */
import { CramfsError } from '../base/errors.ts';
import { printableName } from '../format/names.ts';
import type { WalkEntry } from '../inspect/walk.ts';

/** A part of the way to wanted paths. */
interface Step {
  readonly below: Map<string, Step>;
  /** The path as it was given, where one ends here. */
  wanted: string | null;
  met: boolean;
}

/** How an entry met on the walk stands to the wanted paths. */
interface Standing {
  /** The part of the way that ends here; undefined below wanted paths. */
  readonly step: Step | undefined;
  /** Whether this, and all that is in it, is wanted. */
  readonly whole: boolean;
}

/** A set of wanted paths. Links of the image are not followed: a path names entries, one in the other. */
export class Selection {
  readonly #root: Step = newStep();
  readonly #standings = new WeakMap<WalkEntry, Standing>();

  /**
   * @param paths with '/' between the parts; empty parts and "." count for nothing. No paths at all: everything
   * @throws CramfsError USAGE for a path with ".."
   */
  constructor(paths: readonly string[]) {
    if (paths.length === 0) this.#root.wanted = '/';
    for (const path of paths) {
      let step = this.#root;
      for (const part of path.split('/')) {
        if (part === '' || part === '.') continue;
        if (part === '..')
          throw new CramfsError('USAGE', { found: `${printableName(path)}: write the path without ".."` });
        let next = step.below.get(part);
        if (next === undefined) {
          next = newStep();
          step.below.set(part, next);
        }
        step = next;
      }
      step.wanted ??= path;
    }
  }

  /** Whether an entry is wanted, or on the way to one that is. Ask in the order of the walk: parents first. */
  includes(entry: WalkEntry): boolean {
    const above = entry.parent === null ? { step: undefined, whole: false } : this.#standings.get(entry.parent);
    if (above === undefined) return false;
    const step = entry.parent === null ? this.#root : above.step?.below.get(entry.name);
    const whole = above.whole || (step !== undefined && step.wanted !== null);
    const isDirectory = entry.inode.type === 'directory';
    if (!whole && (step === undefined || !isDirectory)) return false;
    if (step !== undefined) step.met = true;
    if (isDirectory) this.#standings.set(entry, { step, whole });
    return true;
  }

  /**
   * Fails if a wanted path was not met.
   *
   * @throws CramfsError NOT_FOUND
   */
  requireAll(): void {
    const pending = [this.#root];
    for (let step = pending.pop(); step !== undefined; step = pending.pop()) {
      if (step.wanted !== null && !step.met) {
        throw new CramfsError('NOT_FOUND', {
          path: printableName(step.wanted),
          found: 'links on the way are not followed here',
        });
      }
      pending.push(...[...step.below.values()].reverse());
    }
  }
}

function newStep(): Step {
  return { below: new Map<string, Step>(), wanted: null, met: false };
}
