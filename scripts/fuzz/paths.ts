/** Paths that commands are given: one of the image, or one that no image need have. */
import { CramfsImage } from '../../lib/image/image.ts';
import { walk } from '../../lib/inspect/walk.ts';
import type { Chance } from './inputs/chance.ts';

const PATHS = ['/', '/a', '/sh', '/link', '/lib', '/x.so', '/lib/a', '/\u001b[1m', '/::error::x', '/"q" \n'];
/** Paths of an image that are chosen from. */
const MAX_PATHS = 12;

/** Inputs are used several times. */
const known = new WeakMap<Uint8Array, readonly string[]>();

function pathsOf(image: Uint8Array): readonly string[] {
  const before = known.get(image);
  if (before !== undefined) return before;
  const paths: string[] = [];
  try {
    const entries = walk(CramfsImage.open(image), { maxEntries: MAX_PATHS, onProblem: () => undefined });
    // Directories are among the fixed paths.
    for (const { path, inode } of entries) if (inode.type !== 'directory' && !path.includes('\0')) paths.push(path);
  } catch {
    // It is damaged: the commands say how.
  }
  known.set(image, paths);
  return paths;
}

/** @param image null where a case has none */
export function somePath({ random, pick }: Chance, image: Uint8Array | null): string {
  const paths = image === null || random(4) === 0 ? [] : pathsOf(image);
  return pick(paths.length > 0 ? paths : PATHS);
}
