/**
 * What a mount sees otherwise than an image's bytes say, put into random images: a file system that ends within or right
 * after its tree, files at offset 0, entries without a name, files that share a pointer table and are not alike.
 *
 * It has random numbers of its own, so the layouts of a seed do not depend on it.
 */
import type { RawEntry, RawImageSpec } from '../../__tests__/support/rawImage.ts';
import { compareBytes, encodeName } from '../../lib/format.ts';
import { Random } from './random.ts';

/** Bytes of a page, and of a block. */
const PAGE = 4096;
/** Tells these random numbers from those of the layout. */
const STREAM = 0x7669_6577;

/** The image of a seed with oddities, or without. */
export function withOddities(spec: RawImageSpec, seed: number): RawImageSpec {
  const random = new Random((seed ^ STREAM) >>> 0);
  const entries = [...spec.entries];
  const sizeAfterTree = random.chance(0.8) ? sizeOf(random) : undefined;
  if (random.chance(0.4)) entries.push(withoutPlace(random));
  if (random.chance(0.4)) entries.push(...sharing(random, spec.entries));
  if (random.chance(0.3)) entries.push(namelessDirectory(random));
  if (spec.unsorted !== true) entries.sort((a, b) => compareBytes(nameOf(a), nameOf(b)));
  return { ...spec, entries, sizeAfterTree };
}

const nameOf = ({ name }: RawEntry): Uint8Array => (typeof name === 'string' ? encodeName(name) : name);

/** Bytes from the end of the directory tree to that of the file system: fewer than an entry is read with, or a few more. */
function sizeOf(random: Random): number {
  return random.weighted([
    [0, 4],
    [random.integer(-200, -1), 3],
    [random.integer(1, 200), 3],
    [random.integer(201, 3 * PAGE), 1],
  ]);
}

/** A file, directory or link whose data is nowhere. */
function withoutPlace(random: Random): RawEntry {
  const inode = { offset: 0, size: random.integer(1, 3 * PAGE) };
  const type = random.pick(['file', 'directory', 'symlink'] as const);
  const name = `zero-${type}`;
  return type === 'directory' ? { type, name, entries: [], inode } : { type, name, blocks: [], inode };
}

/** Files that share the table of one of the others, with a size of their own. */
function sharing(random: Random, entries: readonly RawEntry[]): RawEntry[] {
  const lenders = entries.filter((entry) => entry.type === 'file' && entry.blocks.length > 1);
  if (lenders.length === 0) return [];
  const lender = random.pick(lenders);
  if (lender.type !== 'file' || typeof lender.name !== 'string') return [];
  const tableOf = lender.name;
  const size = random.integer(1, lender.blocks.length * PAGE);
  return [{ type: 'file', name: `zz-${String(size)}`, blocks: [], size, tableOf }];
}

/** A directory in which an entry has no name: what follows it can be opened in some kernels. */
function namelessDirectory(random: Random): RawEntry {
  const file = (name: string): RawEntry => ({ type: 'file', name, blocks: [], size: 0 });
  const names = ['', 'a', 'nn', random.pick(['ÿ', 'é', 'z'])];
  return { type: 'directory', name: 'nameless', entries: names.map(file) };
}
