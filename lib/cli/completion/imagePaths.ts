/** Paths inside an image, for completion: what is not an image, or cannot be read, has none. */
import { statSync } from 'node:fs';
import { CramfsError } from '../../base/errors.ts';
import { printableName } from '../../format/names.ts';
import { directoryEntries } from '../../image/directory.ts';
import type { CramfsImage } from '../../image/image.ts';
import { findPath } from '../../inspect/findPath.ts';
import { openPlacedImage } from '../imageOptions.ts';
import { splitArgument } from '../imagePlace.ts';
import type { Io } from '../io.ts';
import type { Candidate } from './candidate.ts';
import type { Cursor } from './cursor.ts';

/** Entries of a directory that are looked at, and that are shown: a prompt answers at once. */
const MAX_ENTRIES = 50_000;
const MAX_SHOWN = 2_000;
/** Files that --image may scan: bytes. */
const MAX_SCANNED = 64 * 2 ** 20;

/** The paths that begin like the last word of the line, in the image that the line names. */
export function imagePaths({ command, operands, options, text }: Cursor, io: Io): Candidate[] {
  const argument = operands[command.registeredArguments.findIndex((each) => each.name() === 'image')];
  const place = { imageOffset: options.get('imageOffset'), image: options.get('image') };
  if (argument === undefined || !canBeOpened(argument, place.image !== undefined)) return [];
  try {
    const { image } = openPlacedImage(argument, { ...place, color: 'never' }, io);
    try {
      return pathsIn(image, text);
    } finally {
      image.close();
    }
  } catch (error) {
    if (error instanceof CramfsError) return [];
    throw error;
  }
}

/** Whether an argument is a file that can be looked at quickly: standard input and pipes could wait for ever. */
function canBeOpened(argument: string, scans: boolean): boolean {
  if (argument === '-') return false;
  const { file } = splitArgument(argument);
  return isPlainFile(file) && (!scans || statSync(file).size <= MAX_SCANNED);
}

/** Whether there is a regular file of that name. */
export function isPlainFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true;
}

function pathsIn(image: CramfsImage, text: string): Candidate[] {
  const end = text.lastIndexOf('/') + 1;
  const [folder, start] = [text.slice(0, end), text.slice(end)];
  const directory = findPath(image, folder === '' ? '/' : folder, { follow: true });
  if (directory.inode.type !== 'directory') return [];
  const found: Candidate[] = [];
  let seen = 0;
  for (const { name, inode } of directoryEntries(image, directory.inode, directory.path)) {
    if (++seen > MAX_ENTRIES || found.length >= MAX_SHOWN) break;
    const shown = printableName(name);
    if (!shown.startsWith(start) || name.includes('/')) continue;
    const open = inode.type === 'directory';
    const value = `${folder === '' ? '/' : folder}${shown}${open ? '/' : ''}`;
    found.push({ value, description: inode.type === 'file' ? `${String(inode.size)} bytes` : inode.type, open });
  }
  return found;
}
