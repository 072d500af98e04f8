/** `--depfile`: every file and directory that a build reads. */
import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { CramfsError } from '../../base/errors.ts';
import { plural } from '../../base/words.ts';
import { printableName } from '../../format/names.ts';
import { depfile } from '../../mkfs/depfile.ts';
import type { BuildWarning } from '../../mkfs/inodes.ts';
import { walkEntries } from '../../mkfs/sourceTree.ts';
import { splitArgument } from '../imagePlace.ts';
import { writeOutput } from '../outputFile.ts';
import type { OpenedTree } from './openTree.ts';

/** Names in a warning. */
const SHOWN = 3;

/**
 * What a source consists of: the files and directories of a directory, or the file that it is. Links and nodes change when
 * their directory does. Nothing for standard input.
 *
 * @param written files that the build writes: neither they nor the directories that they are in count
 */
export function sourceFiles(source: string, { kind, root }: OpenedTree, written: readonly string[]): string[] {
  if (kind !== 'directory') return source === '-' ? [] : [splitArgument(source).file];
  const prefix = source.replace(/[/]+$/, '');
  const outputs = new Set(written.flatMap((file) => [realPath(file), realPath(dirname(file))]));
  const real = realPath(source) ?? source;
  const isWritten = (path: string): boolean => outputs.has(path === '/' ? real : `${real.replace(/[/]$/, '')}${path}`);
  const files = isWritten('/') ? [] : [source];
  for (const { path, entry } of walkEntries(root)) {
    if ((entry.type === 'file' || entry.type === 'directory') && !isWritten(path)) files.push(`${prefix}${path}`);
  }
  return files;
}

/**
 * Writes the dependencies of an image.
 *
 * @param kept files that it must not replace
 * @returns a warning about what Make's syntax cannot name
 * @throws CramfsError USAGE for an image that it cannot name, CANNOT_WRITE
 */
export async function writeDepfile(
  file: string,
  image: string,
  inputs: readonly string[],
  kept: readonly string[],
): Promise<BuildWarning[]> {
  const made = depfile(image, inputs);
  if (made === null) {
    throw new CramfsError('USAGE', {
      found: `--depfile: Make's syntax has no way to write the name of the image, ${printableName(image)}`,
    });
  }
  await writeOutput(file, made.bytes, { replaces: true, inputs: kept });
  const { unlisted } = made;
  if (unlisted.length === 0) return [];
  const names = `${unlisted.slice(0, SHOWN).map(printableName).join(', ')}${unlisted.length > SHOWN ? ', …' : ''}`;
  const message = `${file} leaves out ${plural(unlisted.length, 'name')} that make, ninja or CMake cannot read: ${names}`;
  return [{ code: 'unlisted', path: null, message }];
}

function realPath(file: string): string | undefined {
  try {
    return realpathSync(file);
  } catch {
    return undefined;
  }
}
