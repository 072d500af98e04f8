/**
 * Names within a directory: each once, and in an image with SORTED_DIRS in the order that Linux' look-up relies on.
 *
 * cramfs_lookup() goes through the entries in stored order. With SORTED_DIRS it gives up at an entry whose first byte is
 * above that of the wanted name, and at one of the same padded length that sorts behind it. What stands after such an entry
 * is listed, and cannot be opened.
 */
import { withRoom } from '../../base/bytes.ts';
import { CRAMFS_FLAG_SORTED_DIRS } from '../../format/constants.ts';
import { type RawEntry, rawEntries } from '../../image/directory.ts';
import type { CramfsImage, Inode } from '../../image/image.ts';
import { args, defineFinding, type Nothing } from '../../findings/definition.ts';
import { REBUILD, SORT } from '../words.ts';
import { defineRule } from '../rule.ts';

export const DIRECTORY_UNSORTED = defineFinding({
  id: 'image/directory-unsorted',
  severity: 'note',
  scope: 'entry',
  args: args<Nothing>(),
  title: 'Unsorted directory',
  cause: () => 'the entries are not sorted, but the flag SORTED_DIRS is set; Linux finds them anyway',
  fix: SORT,
});

export const NAME_DUPLICATE = defineFinding({
  id: 'image/name-duplicate',
  severity: 'error',
  scope: 'entry',
  args: args<Nothing>(),
  title: 'Duplicate name',
  cause: () => 'the directory has two entries of this name; Linux opens the first',
  fix: REBUILD,
});

export const NAME_UNREACHABLE = defineFinding({
  id: 'image/name-unreachable',
  severity: 'warning',
  scope: 'entry',
  args: args<{ readonly hiddenBy: number }>(),
  title: 'File that cannot be opened',
  cause: ({ hiddenBy }) =>
    `Linux lists the file but cannot open it: look-ups end at the entry at byte ${String(hiddenBy)}, because SORTED_DIRS is set and the names are not sorted`,
  fix: SORT,
});

/** An entry, and a copy of its name; others take its place, in the same memory. */
class Kept {
  #room = new Uint8Array(64);
  name: Uint8Array = this.#room.subarray(0, 0);
  position = 0;

  keep(name: Uint8Array, position: number): void {
    this.#room = withRoom(this.#room, name.length);
    this.#room.set(name);
    if (this.name.length !== name.length) this.name = this.#room.subarray(0, name.length);
    this.position = position;
  }
}

export const order = defineRule([NAME_DUPLICATE, NAME_UNREACHABLE, DIRECTORY_UNSORTED], (context, report) => {
  const sorted = context.image.hasFlag(CRAMFS_FLAG_SORTED_DIRS);
  const previous = new Kept();
  let isFirst = true;
  let inOrder = true;
  let unreachable = false;
  /** Names so far, once the directory turned out to be unsorted; until then duplicates stand side by side. */
  let known: Set<string> | null = null;
  // Entries that look-ups of lesser names end at: the one with the greatest first byte, and the greatest of each padded length.
  let highest: { readonly byte: number; readonly position: number } | null = null;
  const byLength = new Map<number, Kept>();

  const barrierBefore = (name: Uint8Array, namelen: number): { readonly position: number } | null => {
    if (highest !== null && (name[0] ?? 0) < highest.byte) return highest;
    const alike = byLength.get(namelen);
    return alike !== undefined && compare(name, alike.name) < 0 ? alike : null;
  };

  /** Takes an entry into what is known of the directory. */
  const keep = (name: Uint8Array, namelen: number, position: number): void => {
    known?.add(key(name));
    previous.keep(name, position);
    isFirst = false;
    if (!sorted) return;
    const byte = name[0] ?? 0;
    if (highest === null || byte > highest.byte) highest = { byte, position };
    let alike = byLength.get(namelen);
    if (alike === undefined) byLength.set(namelen, (alike = new Kept()));
    else if (compare(name, alike.name) <= 0) return;
    alike.keep(name, position);
  };

  return {
    entry({ inode: { position, namelen }, nameBytes: name, path }, directory, occupied) {
      if (occupied !== -1 || name.length === 0) return;
      if (isFirst) {
        // Entries before the first that is shown are plain: in order.
        for (const { inode, nameBytes } of entriesBefore(context.image, directory.inode, position)) {
          keep(nameBytes, inode.namelen, inode.position);
        }
      }
      const relation = isFirst ? 1 : compare(name, previous.name);
      if (relation < 0 && known === null) {
        inOrder = false;
        known = new Set();
        for (const { nameBytes } of entriesBefore(context.image, directory.inode, position)) known.add(key(nameBytes));
      }
      if (relation === 0 || known?.has(key(name)) === true) report(NAME_DUPLICATE, position, path, {});
      const barrier = sorted ? barrierBefore(name, namelen) : null;
      if (barrier !== null) {
        unreachable = true;
        report(NAME_UNREACHABLE, position, path, { hiddenBy: barrier.position });
      }
      keep(name, namelen, position);
    },
    directoryEnd({ inode, path }) {
      if (sorted && !inOrder && !unreachable) report(DIRECTORY_UNSORTED, inode.offset, path, {});
      isFirst = true;
      inOrder = true;
      unreachable = false;
      known = null;
      highest = null;
      byLength.clear();
    },
  };
});

function* entriesBefore(image: CramfsImage, directory: Inode, position: number): Generator<RawEntry, void> {
  if (position === directory.offset) return;
  for (const entry of rawEntries(image, directory)) {
    if (entry.inode.position >= position) return;
    yield entry;
  }
}

function key(name: Uint8Array): string {
  return String.fromCharCode(...name);
}

function compare(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
