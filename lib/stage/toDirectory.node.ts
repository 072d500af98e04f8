/** Writing a tree into a directory of this computer: a new one, which appears whole or not at all. */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, lchownSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { errnoWords } from '../base/errnoWords.ts';
import { CramfsError } from '../base/errors.ts';
import { encodeName } from '../format/names.ts';
import { type DirectoryEntry, type SourceEntry, walkEntries } from '../mkfs/sourceTree.ts';

/**
 * Writes a tree. Devices, fifos and sockets are left out; owners are kept where the process is root.
 *
 * @returns paths that were left out
 * @throws CramfsError USAGE where the directory exists; CANNOT_WRITE; IO for a file that cannot be read
 */
export function writeTree(root: DirectoryEntry, directory: string): string[] {
  if (existsSync(directory)) {
    throw new CramfsError('USAGE', { found: `${directory} exists: name a directory that does not` });
  }
  const unfinished = `${directory.replace(/\/+$/, '')}.${randomBytes(6).toString('hex')}`;
  try {
    attempt(directory, () => {
      mkdirSync(unfinished);
    });
    const leftOut = [...walkEntries(root)]
      .filter(({ path, entry }) => !writeEntry(`${unfinished}${path}`, path, entry))
      .map(({ path }) => path);
    // Modes of directories in the end: one may be closed to its owner.
    for (const { path, entry } of [...walkEntries(root)].reverse()) {
      if (entry.type === 'directory') {
        attempt(path, () => {
          setMode(`${unfinished}${path}`, entry);
        });
      }
    }
    attempt(directory, () => {
      setMode(unfinished, root);
      renameSync(unfinished, directory);
    });
    return leftOut;
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    throw error;
  }
}

/** Whether it was written. */
function writeEntry(target: string, path: string, entry: SourceEntry): boolean {
  const name = Buffer.from(encodeName(target));
  switch (entry.type) {
    case 'directory':
      attempt(path, () => {
        mkdirSync(name);
      });
      return true;
    case 'symlink':
      attempt(path, () => {
        symlinkSync(Buffer.from(entry.target), name);
        setOwner(name, entry);
      });
      return true;
    case 'file': {
      const bytes = entry.content.read();
      attempt(path, () => {
        writeFileSync(name, bytes, { flag: 'wx' });
        setMode(target, entry);
      });
      return true;
    }
    case 'chardev':
    case 'blockdev':
    case 'fifo':
    case 'socket':
      return false;
  }
}

function setMode(target: string, entry: SourceEntry): void {
  const name = Buffer.from(encodeName(target));
  // chown() drops setuid and setgid: the mode comes after it.
  setOwner(name, entry);
  chmodSync(name, entry.mode);
}

function setOwner(name: Buffer, { uid, gid }: SourceEntry): void {
  if (process.geteuid?.() === 0) lchownSync(name, uid, gid);
}

function attempt(path: string, action: () => void): void {
  try {
    action();
  } catch (cause) {
    throw new CramfsError('CANNOT_WRITE', { what: path, found: errnoWords(cause), cause });
  }
}
