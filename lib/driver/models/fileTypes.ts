/**
 * "cramfs: Verify inode mode when loading from disk": in Linux since 6.18, and brought back to the stable releases of October
 * 2025. Not run, and the patch levels below were not compared with the releases' sources.
 */
import { isBefore, type Release } from '../../mm/release.ts';

const SINCE: Release = [6, 18];

/** The first patch level that has it, of series that began without it. */
const BROUGHT_BACK: Readonly<Record<string, number>> = {
  '5.4': 301,
  '5.10': 246,
  '5.15': 195,
  '6.1': 157,
  '6.6': 113,
  '6.12': 54,
  '6.17': 4,
};

/**
 * Whether a release refuses inodes of a type that Linux does not know.
 *
 * @param patch level within the series; null stands for the series' last one
 */
export function verifiesFileType(release: Release, patch: number | null): boolean {
  if (!isBefore(release, SINCE)) return true;
  const first = BROUGHT_BACK[release.join('.')];
  return first !== undefined && (patch === null || patch >= first);
}
