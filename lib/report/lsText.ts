/**
 * Lines of `ls -l`. Widths are fixed, so that a listing can be written while it is read.
 */
import { deviceNumber, type FileType } from '../format/inode.ts';
import { printableName } from '../format/names.ts';
import { modeString } from './modeString.ts';
import type { Style } from './style.ts';

/** Columns of "65535/255", and of "16777215" and "255, 255". */
const OWNER = 9;
const SIZE = 8;

/** The name as a listing shows it: escaped, coloured by type. */
export function listedName(
  name: string,
  inode: { readonly type: FileType; readonly mode: number },
  style: Style,
): string {
  const shown = printableName(name);
  if (inode.type === 'directory') return style.strong(shown);
  if (inode.type === 'symlink') return style.fair(shown);
  return inode.type === 'file' && (inode.mode & 0o111) !== 0 ? style.good(shown) : shown;
}

/** " -> target" for a symlink; a target that cannot be read shows as "?". */
export function arrow(type: FileType, target: string | null): string {
  return type === 'symlink' ? ` -> ${target === null ? '?' : printableName(target)}` : '';
}

/** One line: mode, owner, size or device number, name, target. */
export function longLine(
  name: string,
  inode: {
    readonly type: FileType;
    readonly mode: number;
    readonly uid: number;
    readonly gid: number;
    readonly size: number;
  },
  target: string | null,
  style: Style,
): string {
  const owner = `${String(inode.uid)}/${String(inode.gid)}`.padEnd(OWNER);
  const { major, minor } = deviceNumber(inode.size);
  const device = inode.type === 'chardev' || inode.type === 'blockdev';
  const size = (device ? `${String(major)}, ${String(minor)}` : String(inode.size)).padStart(SIZE);
  return `${modeString(inode.mode)} ${owner} ${size} ${listedName(name, inode, style)}${arrow(inode.type, target)}`;
}
