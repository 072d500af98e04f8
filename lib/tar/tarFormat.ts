/**
 * Headers of tar archives, in GNU's form: names of any bytes and of any length, which every tar reads.
 *
 * A name or link target of more than 100 bytes goes in front as the data of an entry of its own (types 'L' and 'K'). The
 * pax form would ask for names in UTF-8.
 */
import { roundUp } from '../base/pages.ts';
import { deviceNumber } from '../format/inode.ts';
import type { Inode } from '../image/image.ts';

/** Everything in an archive is a multiple of so many bytes. */
export const TAR_BLOCK = 512;
/** Bytes of a name or link target that fit into a header. */
const NAME_FIELD = 100;
/** Where the checksum stands, and how long it is. It is taken with spaces in its own place. */
const CHECKSUM = 148;
const CHECKSUM_LENGTH = 8;

const ascii = new TextEncoder();

/** The type flag of an inode's kind. */
const TYPE_FLAGS = {
  file: '0',
  symlink: '2',
  chardev: '3',
  blockdev: '4',
  directory: '5',
  fifo: '6',
} as const;

/**
 * The header of an entry, long names in front of it included. Time is 0.
 *
 * @param inode of any kind but sockets and unknown ones
 * @param name path without a leading slash; a directory's gets a slash at its end
 * @param target of a symlink
 */
export function tarHeader(inode: Inode, name: Uint8Array, target: Uint8Array | null): Uint8Array {
  const { type } = inode;
  const flag = TYPE_FLAGS[type as keyof typeof TYPE_FLAGS];
  const full = type === 'directory' ? appended(name, 0x2f) : name;
  const parts: Uint8Array[] = [];
  if (target !== null && target.length > NAME_FIELD) parts.push(longField('K', target));
  if (full.length > NAME_FIELD) parts.push(longField('L', full));
  const { major, minor } = deviceNumber(inode.size);
  const isDevice = type === 'chardev' || type === 'blockdev';
  parts.push(
    header({
      name: full,
      mode: inode.mode & 0o7777,
      uid: inode.uid,
      gid: inode.gid,
      size: type === 'file' ? inode.size : 0,
      flag,
      target: target ?? new Uint8Array(0),
      device: isDevice ? { major, minor } : null,
    }),
  );
  return join(parts);
}

interface HeaderFields {
  readonly name: Uint8Array;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly flag: string;
  readonly target: Uint8Array;
  readonly device: { readonly major: number; readonly minor: number } | null;
}

function header(fields: HeaderFields): Uint8Array {
  const bytes = new Uint8Array(TAR_BLOCK);
  const octal = (value: number, at: number, length: number): void => {
    bytes.set(ascii.encode(value.toString(8).padStart(length - 1, '0')), at);
  };
  bytes.set(fields.name.subarray(0, NAME_FIELD), 0); //      0 – name
  octal(fields.mode, 100, 8); //                           100 – mode
  octal(fields.uid, 108, 8); //                            108 – uid
  octal(fields.gid, 116, 8); //                            116 – gid
  octal(fields.size, 124, 12); //                          124 – size
  octal(0, 136, 12); //                                    136 – mtime
  bytes.fill(0x20, CHECKSUM, CHECKSUM + CHECKSUM_LENGTH); // 148 – chksum
  bytes.set(ascii.encode(fields.flag), 156); //            156 – typeflag
  bytes.set(fields.target.subarray(0, NAME_FIELD), 157); // 157 – linkname
  bytes.set(ascii.encode('ustar  '), 257); //              257 – magic and version, as GNU writes them
  //                                                       265 – uname, 297 – gname: none, numbers count
  if (fields.device !== null) {
    octal(fields.device.major, 329, 8); //                 329 – devmajor
    octal(fields.device.minor, 337, 8); //                 337 – devminor
  }
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.set(ascii.encode(`${sum.toString(8).padStart(6, '0')}\0 `), CHECKSUM);
  return bytes;
}

/** An entry that holds the name or the target of the next one. */
function longField(flag: 'K' | 'L', text: Uint8Array): Uint8Array {
  const data = new Uint8Array(roundUp(text.length + 1, TAR_BLOCK));
  data.set(text);
  const name = ascii.encode('././@LongLink');
  const size = text.length + 1;
  const head = header({ name, mode: 0o644, uid: 0, gid: 0, size, flag, target: new Uint8Array(0), device: null });
  return join([head, data]);
}

function appended(bytes: Uint8Array, byte: number): Uint8Array {
  const result = new Uint8Array(bytes.length + 1);
  result.set(bytes);
  result[bytes.length] = byte;
  return result;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
