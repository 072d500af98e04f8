/** `cramfs stat` for people. */
import { hex } from '../base/hex.ts';
import { deviceNumber } from '../format/inode.ts';
import { printableName } from '../format/names.ts';
import type { Inode } from '../image/image.ts';
import type { KindCount } from '../inspect/statistics.ts';
import { modeString, octalMode } from './modeString.ts';
import type { Style } from './style.ts';
import { plural } from '../base/words.ts';

const LABEL = 11;

const TYPE_WORDS: Readonly<Record<Inode['type'], string>> = {
  file: 'regular file',
  directory: 'directory',
  symlink: 'symbolic link',
  chardev: 'character device',
  blockdev: 'block device',
  fifo: 'fifo',
  socket: 'socket',
  unknown: 'of no known type',
};

/** What is told of one file. */
export interface FileStatus {
  readonly path: string;
  readonly inode: Inode;
  /** Of a symlink. */
  readonly target: string | null;
  /** Kinds of its blocks; null for files without blocks. */
  readonly kinds: readonly KindCount[] | null;
  /** Entries of a directory; null for other files. */
  readonly entries: number | null;
}

/** The lines of one file. */
export function statLines(status: FileStatus, style: Style): string[] {
  const { inode, kinds } = status;
  const lines = [style.strong(printableName(status.path))];
  const row = (label: string, text: string): void => {
    lines.push(`  ${style.faint(label.padEnd(LABEL))}${text}`);
  };
  row('type', TYPE_WORDS[inode.type]);
  row('mode', `${octalMode(inode.mode)} ${modeString(inode.mode)}`);
  row('owner', `uid ${String(inode.uid)}, gid ${String(inode.gid)}`);
  if (inode.type === 'chardev' || inode.type === 'blockdev') {
    const { major, minor } = deviceNumber(inode.size);
    row('device', `${String(major)}, ${String(minor)}`);
  } else {
    row('size', plural(inode.size, 'byte'));
  }
  if (inode.type === 'symlink') row('target', status.target === null ? '?' : printableName(status.target));
  if (status.entries !== null) row('entries', String(status.entries));
  row('inode', `${String(inode.ino)}, stored at ${hex(inode.position)}`);
  if (inode.offset !== 0) row('data', `from ${hex(inode.offset)}`);
  for (const [index, { kind, blocks, storedBytes }] of (kinds ?? []).filter(({ blocks: n }) => n > 0).entries()) {
    row(
      index === 0 ? 'blocks' : '',
      `${String(blocks)} ${kind}${kind === 'hole' ? '' : `, ${plural(storedBytes, 'byte')} stored`}`,
    );
  }
  return lines;
}
