/** An inode as the reference tools print it with -v: type, permissions, size or device, owner, name. */
import { deviceNumber, type FileType } from '../../format/inode.ts';

const LETTERS: Readonly<Record<FileType, string>> = {
  file: 'f',
  directory: 'd',
  symlink: 'l',
  chardev: 'c',
  blockdev: 'b',
  fifo: 'p',
  socket: 's',
  unknown: '?',
};

/** One line, without its end. */
export function nodeLine(
  type: FileType,
  {
    mode,
    size,
    uid,
    gid,
  }: { readonly mode: number; readonly size: number; readonly uid: number; readonly gid: number },
  name: string,
): string {
  const { major, minor } = deviceNumber(size);
  const isDevice = type === 'chardev' || type === 'blockdev';
  const info = isDevice ? `${String(major).padStart(4)},${String(minor).padStart(4)}` : String(size).padStart(9);
  const permissions = (mode & 0o7777).toString(8).padStart(4, '0');
  return `${LETTERS[type]} ${permissions} ${info} ${String(uid).padStart(5)}:${String(gid).padEnd(3)} ${name}`;
}
