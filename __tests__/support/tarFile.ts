/** Reads tar archives, as GNU tar writes them. */

/** One entry. */
export interface TarEntry {
  /** Without "./" in front and "/" at the end; empty for the root. Bytes as latin1. */
  readonly path: string;
  readonly type: 'file' | 'symlink' | 'chardev' | 'blockdev' | 'directory' | 'fifo';
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  /** Of a symlink; bytes as latin1. */
  readonly target: string;
  readonly major: number;
  readonly minor: number;
  readonly content: Buffer;
}

const TYPES: Readonly<Record<string, TarEntry['type']>> = {
  '0': 'file',
  '2': 'symlink',
  '3': 'chardev',
  '4': 'blockdev',
  '5': 'directory',
  '6': 'fifo',
};

/** The entries of an archive, in its order. */
export function readTar(bytes: Uint8Array): TarEntry[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const entries: TarEntry[] = [];
  let longName: string | null = null;
  let longTarget: string | null = null;
  for (let at = 0; at + 512 <= buffer.length && buffer[at] !== 0;) {
    const header = buffer.subarray(at, at + 512);
    const text = (from: number, length: number): string => {
      const field = header.subarray(from, from + length).toString('latin1');
      return field.includes('\0') ? field.slice(0, field.indexOf('\0')) : field;
    };
    const octal = (from: number, length: number): number => parseInt(text(from, length).trim() || '0', 8);
    const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
    if (sum !== octal(148, 8)) throw new Error(`checksum of the header at ${at}`);
    const size = octal(124, 12);
    const content = buffer.subarray(at + 512, at + 512 + size);
    const flag = text(156, 1);
    at += 512 + Math.ceil(size / 512) * 512;
    if (flag === 'L' || flag === 'K') {
      const value = content.subarray(0, content.length - 1).toString('latin1');
      if (flag === 'L') longName = value;
      else longTarget = value;
      continue;
    }
    const type = TYPES[flag];
    if (type === undefined) throw new Error(`type "${flag}"`);
    entries.push({
      path: (longName ?? text(0, 100)).replace(/^[.][/]?/, '').replace(/[/]$/, ''),
      type,
      mode: octal(100, 8),
      uid: octal(108, 8),
      gid: octal(116, 8),
      mtime: octal(136, 12),
      target: longTarget ?? text(157, 100),
      major: octal(329, 8),
      minor: octal(337, 8),
      content,
    });
    longName = null;
    longTarget = null;
  }
  return entries;
}
