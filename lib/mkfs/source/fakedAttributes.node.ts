/**
 * Owners, modes and device nodes as fakeroot and pseudo have them.
 *
 * These run a build as if it were root's: they wrap the C library's stat() and chown(). Node asks the kernel itself (statx),
 * and so sees the files as they are: owned by the builder, devices as empty files. The command stat(1) is wrapped, and knows.
 */
import { CramfsError } from '../../base/errors.ts';
import { S_IFBLK, S_IFCHR, S_IFIFO, S_IFMT, S_IFSOCK } from '../../format/constants.ts';
import { decodeName } from '../../format/names.ts';
import type { DirectoryEntry, SourceEntry } from '../sourceTree.ts';

/** Mode in hexadecimal, owner, group, major and minor number in hexadecimal, name. */
const FORMAT = '%f %u %g %t %T %n\\0';
/** Bytes of the commands' output, at most. */
const MAX_OUTPUT = 1 << 30;

/**
 * Sets the attributes of a tree that was read from `directory`, as the command stat(1) reports them.
 *
 * @throws CramfsError IO if find(1) and stat(1) fail, or the directory has changed
 */
export async function applyFakedAttributes(root: DirectoryEntry, directory: string): Promise<void> {
  const { spawnSync } = await import('node:child_process');
  const { status, stdout, stderr, error } = spawnSync('find', ['.', '-exec', 'stat', '--printf', FORMAT, '{}', '+'], {
    cwd: directory,
    maxBuffer: MAX_OUTPUT,
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (status !== 0 || error !== undefined) {
    const found = error?.message ?? stderr.toString('utf8').split('\n')[0] ?? '';
    throw new CramfsError('IO', { what: 'owners and devices under fakeroot, with find and stat', found });
  }
  let begin = 0;
  for (let end = stdout.indexOf(0); end !== -1; begin = end + 1, end = stdout.indexOf(0, begin)) {
    applyLine(root, stdout.subarray(begin, end));
  }
}

function applyLine(root: DirectoryEntry, line: Uint8Array): void {
  const words = decodeName(line).split(' ');
  const [mode = 0, uid = 0, gid = 0, major = 0, minor = 0] = words
    .slice(0, 5)
    .map((word, at) => Number.parseInt(word, at === 1 || at === 2 ? 10 : 16));
  const path = words.slice(5).join(' ');
  const names = path.split('/').slice(1);
  const name = names.pop();
  if (name === undefined) {
    Object.assign(root, { mode: mode & 0o7777, uid, gid });
    return;
  }
  let parent: SourceEntry | undefined = root;
  for (const each of names) parent = parent?.type === 'directory' ? parent.children.get(each) : undefined;
  const entry = parent?.type === 'directory' ? parent.children.get(name) : undefined;
  if (parent?.type !== 'directory' || entry === undefined) {
    throw new CramfsError('IO', { what: path, found: 'it changed while the tree was read' });
  }
  Object.assign(entry, { mode: mode & 0o7777, uid, gid });
  const special = specialEntry(mode & S_IFMT, { mode: mode & 0o7777, uid, gid }, major, minor);
  if (special !== null) parent.children.set(name, special);
}

/** What stands as an empty file for a node that only root could make. */
function specialEntry(
  type: number,
  common: { readonly mode: number; readonly uid: number; readonly gid: number },
  major: number,
  minor: number,
): SourceEntry | null {
  switch (type) {
    case S_IFCHR:
      return { ...common, type: 'chardev', major, minor };
    case S_IFBLK:
      return { ...common, type: 'blockdev', major, minor };
    case S_IFIFO:
      return { ...common, type: 'fifo' };
    case S_IFSOCK:
      return { ...common, type: 'socket' };
    default:
      return null;
  }
}
