/** The build of mkcramfs and mkfs.cramfs: what they leave out, cut and warn of. */
import { accessSync, constants, openSync, closeSync, realpathSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { encodeName } from '../../format/names.ts';
import type { BuildWarning } from '../../mkfs/inodes.ts';
import { bytesContent, type DirectoryEntry, type SourceEntry } from '../../mkfs/sourceTree.ts';
import { complain } from '../complain.ts';
import { type Build, buildFrom, type MkfsOptions } from '../mkfs/build.ts';
import type { Io } from '../io.ts';

/** A build, and what it has to warn of. */
export interface ReferenceBuild extends Build {
  /** Sentences, one for each kind of trouble. */
  readonly warned: readonly string[];
}

/**
 * Builds a directory as the reference tools do: what does not fit is cut, files that cannot be read are left out, and an
 * image within the directory is an empty file of it.
 *
 * @throws CramfsError what reading the source, the builder and writing throw
 */
export async function buildReference(
  directory: string,
  image: string,
  options: Omit<MkfsOptions, 'truncate' | 'avoidLastPageDefect'>,
  io: Io,
): Promise<ReferenceBuild> {
  let skipped = 0;
  const path = placeWithin(directory, image);
  const build = await buildFrom(directory, image, { ...options, truncate: true, avoidLastPageDefect: true }, io, {
    argv: [],
    onTree: ({ root }) => {
      if (path !== null) emptyFile(root, path);
      skipped = leaveOutUnreadable(root, directory, io);
    },
    onPlan: () => undefined,
  });
  const warned = Object.entries(WARNINGS).flatMap(([code, sentence]) =>
    build.warnings.some((warning) => warning.code === code) ? [sentence] : [],
  );
  if (skipped > 0) warned.push('files were skipped due to errors');
  return { ...build, warned };
}

const WARNINGS: Readonly<Partial<Record<BuildWarning['code'], string>>> = {
  name: 'filenames truncated to 252 bytes',
  size: 'file sizes truncated to 16MB (minus 1 byte)',
  uid: 'uids truncated to 16 bits (this may be a security concern)',
  gid: 'gids truncated to 8 bits (this may be a security concern)',
  device: 'device numbers truncated (some device files will be wrong)',
};

/** The names that lead to the image from the directory, if it is in it. It is there afterwards. */
function placeWithin(directory: string, image: string): string[] | null {
  try {
    const root = realpathSync(directory);
    const parent = realpathSync(dirname(image));
    if (parent !== root && !parent.startsWith(root.endsWith(sep) ? root : root + sep)) return null;
    closeSync(openSync(image, constants.O_WRONLY | constants.O_CREAT, 0o666));
    return realpathSync(image)
      .slice(root.length)
      .split(sep)
      .filter((name) => name !== '');
  } catch {
    // Whoever reads the directory or writes the image says what is wrong.
    return null;
  }
}

function emptyFile(root: DirectoryEntry, path: readonly string[]): void {
  let parent: SourceEntry | undefined = root;
  for (const name of path.slice(0, -1)) parent = parent?.type === 'directory' ? parent.children.get(name) : undefined;
  const name = path.at(-1) ?? '';
  const file = parent?.type === 'directory' ? parent.children.get(name) : undefined;
  if (parent?.type !== 'directory' || file?.type !== 'file') return;
  parent.children.set(name, { ...file, content: bytesContent(new Uint8Array(0)) });
}

/** Takes out files with contents that this user may not read. @returns how many */
function leaveOutUnreadable(directory: DirectoryEntry, path: string, io: Io): number {
  let count = 0;
  for (const [name, entry] of directory.children) {
    const below = join(path, name);
    if (entry.type === 'directory') count += leaveOutUnreadable(entry, below, io);
    else if (entry.type === 'file' && entry.content.size > 0 && !isReadable(below)) {
      complain(io, `${below}: skipped: cannot be read`);
      directory.children.delete(name);
      count++;
    }
  }
  return count;
}

function isReadable(path: string): boolean {
  try {
    accessSync(Buffer.from(encodeName(path)), constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
