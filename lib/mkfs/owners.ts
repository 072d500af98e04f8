/**
 * Changing the owners of a whole tree.
 */
import { CramfsError } from '../base/errors.ts';
import { type DirectoryEntry, walkEntries } from './sourceTree.ts';

/** Replaces the owner and group of every entry, the root included. */
export function mapOwners(
  root: DirectoryEntry,
  mapUid: (uid: number) => number,
  mapGid: (gid: number) => number,
): void {
  // A hard link in the source may be the same entry twice: it is changed once.
  const entries = new Set([root, ...[...walkEntries(root)].map(({ entry }) => entry)]);
  for (const entry of entries) {
    entry.uid = mapUid(entry.uid);
    entry.gid = mapGid(entry.gid);
  }
}

/** A map of user ids and one of group ids. */
export interface OwnerMap {
  readonly uid: (id: number) => number;
  readonly gid: (id: number) => number;
}

interface Range {
  readonly first: number;
  readonly last: number;
  readonly to: number;
  /** Whether ids keep their distance, or all become the same. */
  readonly shifts: boolean;
}

/**
 * Reads a map: lines `uid FROM TO` and `gid FROM TO`, where FROM is an id, a range `1000-1999` (it becomes a range from
 * TO on), or `*` for all others. The first line that fits counts; ids that no line names stay.
 *
 * @throws CramfsError USAGE, naming the line
 */
export function parseOwnerMap(text: string): OwnerMap {
  const ranges: { uid: Range[]; gid: Range[] } = { uid: [], gid: [] };
  text.split('\n').forEach((line, index) => {
    const content = line.replace(/#.*/, '').trim();
    if (content === '') return;
    const match = /^(uid|gid)\s+(\*|[0-9]{1,10}(?:-[0-9]{1,10})?)\s+([0-9]{1,10})$/.exec(content);
    if (match === null) {
      throw new CramfsError('USAGE', {
        found: `owner map, line ${String(index + 1)}: "${content}" is not "uid FROM TO" or "gid FROM TO"`,
      });
    }
    const [, kind, from = '', to = ''] = match;
    const [first = '', last = first] = from.split('-');
    const range =
      from === '*'
        ? { first: 0, last: Infinity, to: Number(to), shifts: false }
        : { first: Number(first), last: Number(last), to: Number(to), shifts: true };
    ranges[kind === 'uid' ? 'uid' : 'gid'].push(range);
  });
  const mapper = (list: readonly Range[]) => (id: number) => {
    const range = list.find(({ first, last }) => id >= first && id <= last);
    return range === undefined ? id : range.shifts ? range.to + id - range.first : range.to;
  };
  return { uid: mapper(ranges.uid), gid: mapper(ranges.gid) };
}
