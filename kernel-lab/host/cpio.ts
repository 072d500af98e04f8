/**
 * cpio archives in the "newc" form, which Linux takes as an initramfs: a header of a magic number and 13 numbers of
 * 8 hexadecimal digits, the name with a NUL, the contents; header with name, and contents, are padded to 4 bytes.
 */
import { hexDigits } from '../../lib/report.ts';

const encoder = new TextEncoder();

/** An entry of an archive. */
export interface CpioEntry {
  readonly name: string;
  /** File type and permissions, as st_mode. */
  readonly mode: number;
  readonly contents?: Uint8Array | undefined;
  /** Of a device node. */
  readonly device?: { readonly major: number; readonly minor: number } | undefined;
}

/** An archive of entries; a directory must come before what is in it. */
export function cpioArchive(entries: readonly CpioEntry[]): Uint8Array {
  const parts = [...entries, { name: 'TRAILER!!!', mode: 0 }].flatMap((entry, index) => entryParts(entry, index + 1));
  const archive = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    archive.set(part, at);
    at += part.length;
  }
  return archive;
}

function entryParts({ name, mode, contents = new Uint8Array(0), device }: CpioEntry, ino: number): Uint8Array[] {
  const nameBytes = encoder.encode(`${name}\0`);
  const fields = [
    ino,
    mode,
    0, // uid
    0, // gid
    1, // links
    0, // time
    contents.length,
    0, // device of the file system: major
    0, // minor
    device?.major ?? 0,
    device?.minor ?? 0,
    nameBytes.length,
    0, // check sum, in another form of the archive
  ];
  const header = encoder.encode(`070701${fields.map((field) => hexDigits(field, 8)).join('')}`);
  return [header, nameBytes, padding(header.length + nameBytes.length), contents, padding(contents.length)];
}

const padding = (length: number): Uint8Array => new Uint8Array(-length & 3);
