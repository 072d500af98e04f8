/**
 * Device tables: `path type mode uid gid major minor start inc count`, one entry a line; of our own, an
 * eleventh field `xip`.
 *
 * They set owners and modes, and make nodes, for builds by an ordinary user.
 */
import { CramfsError } from '../base/errors.ts';
import { type DirectoryEntry, findEntry, putEntry, type SourceEntry } from './sourceTree.ts';

/** One line of a device table. */
export interface DeviceTableEntry {
  readonly line: number;
  readonly path: string;
  /** f: a file that is there; d: a directory, made if missing; c, b: a device; p: a fifo. */
  readonly type: 'f' | 'd' | 'c' | 'b' | 'p';
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly major: number;
  readonly minor: number;
  /** A row of nodes PATH<start> … PATH<start + count - 1> whose minor numbers grow by `increment`; 0 for one node. */
  readonly start: number;
  readonly increment: number;
  readonly count: number;
  /** Whether an eleventh field says `xip`: the file is to run in place. */
  readonly xip: boolean;
}

const TYPES = 'fdcbp';

/**
 * Reads a table. Lines that are empty or begin with # do not count; "-" and missing fields are 0.
 *
 * @throws CramfsError USAGE, naming the line
 */
export function parseDeviceTable(text: string): DeviceTableEntry[] {
  const entries: DeviceTableEntry[] = [];
  text.split('\n').forEach((content, index) => {
    const line = index + 1;
    const words = content.trim().split(/\s+/);
    const [path = '', type = '', modeText = ''] = words;
    if (path === '' || path.startsWith('#')) return;
    const fail = (found: string): never => {
      throw new CramfsError('USAGE', { found: `device table, line ${String(line)}: ${found}` });
    };
    if (!path.startsWith('/')) fail(`the path "${path}" does not begin with a slash`);
    if (words.length > 11) fail(`more than the fields "path type mode uid gid major minor start inc count xip"`);
    const xip = words[10] ?? '-';
    if (xip !== '-' && xip !== 'xip') fail(`the eleventh field "${xip}" is neither "xip" nor "-"`);
    if (type.length !== 1 || !TYPES.includes(type)) fail(`the type "${type}" is none of f, d, c, b and p`);
    if (!/^[0-7]{1,4}$/.test(modeText)) fail(`the mode "${modeText}" is not octal`);
    const number = (at: number, name: string): number => {
      const word = words[at] ?? '-';
      if (word === '-') return 0;
      if (!/^[0-9]{1,9}$/.test(word)) fail(`the ${name} "${word}" is not a number`);
      return Number(word);
    };
    entries.push({
      line,
      path,
      type: type as DeviceTableEntry['type'],
      mode: parseInt(modeText, 8),
      uid: number(3, 'uid'),
      gid: number(4, 'gid'),
      major: number(5, 'major number'),
      minor: number(6, 'minor number'),
      start: number(7, 'start'),
      increment: number(8, 'increment'),
      count: number(9, 'count'),
      xip: xip === 'xip',
    });
  });
  return entries;
}

/** Nodes that a table may make in all its rows. */
export const MAX_NODES = 65536;

/**
 * Applies a table to a tree.
 *
 * @throws CramfsError NOT_FOUND for a file that is not in the tree, NOT_A_DIRECTORY, USAGE
 */
export function applyDeviceTable(root: DirectoryEntry, entries: readonly DeviceTableEntry[]): void {
  let nodes = 0;
  for (const entry of entries) {
    nodes += entry.count;
    if (nodes > MAX_NODES) {
      throw new CramfsError('LIMIT', {
        expected: `rows of at most ${String(MAX_NODES)} nodes in a device table`,
        found: `${String(nodes)} up to line ${String(entry.line)}`,
      });
    }
    const { path, type, mode, uid, gid, line } = entry;
    const owner = { mode, uid, gid, origin: `device table, line ${String(line)}` };
    const existing = findEntry(root, path);
    if (type === 'f' || (type === 'd' && existing !== null)) {
      const wanted = type === 'f' ? 'file' : 'directory';
      if (existing === null || (existing.type !== wanted && !(type === 'f' && existing.type === 'symlink'))) {
        const found = `device table, line ${String(line)}: ${existing === null ? 'there is none' : `it is a ${existing.type}`}`;
        throw new CramfsError(type === 'f' ? 'NOT_FOUND' : 'NOT_A_DIRECTORY', { path, found });
      }
      Object.assign(existing, owner);
    } else if (type === 'd') {
      putEntry(root, path, { ...owner, type: 'directory', children: new Map<string, SourceEntry>() });
    } else putNodes(root, entry, owner);
  }
}

function putNodes(
  root: DirectoryEntry,
  entry: DeviceTableEntry,
  owner: { mode: number; uid: number; gid: number; origin: string },
): void {
  const { path, type, major, minor, start, increment, count } = entry;
  const node = (number: number): SourceEntry =>
    type === 'p'
      ? { ...owner, type: 'fifo' }
      : { ...owner, type: type === 'c' ? 'chardev' : 'blockdev', major, minor: number };
  if (count === 0) putEntry(root, path, node(minor));
  for (let i = 0; i < count; i++) putEntry(root, `${path}${String(start + i)}`, node(minor + i * increment));
}
