/**
 * What a file is that is not an image: known by the magic number it begins with, as far as cramfs images are met in or taken
 * for such files.
 */
import { encodeName } from '../format/names.ts';
import type { ByteSource } from '../source/byteSource.ts';
import { zipHeader } from './members.ts';
import { readUImage } from './uImage.ts';

/** Kinds of files, by what unpacks or reads them. */
export type ContentKind =
  | 'gzip'
  | 'xz'
  | 'bzip2'
  | 'lzma'
  | 'lzip'
  | 'zstd'
  | 'lz4'
  | 'lzop'
  | 'compress'
  | 'zip'
  | '7z'
  | 'rar'
  | 'uimage'
  | 'fit'
  | 'trx'
  | 'android-boot'
  | 'android-sparse'
  | 'squashfs'
  | 'ubi'
  | 'ubifs'
  | 'jffs2'
  | 'romfs'
  | 'cpio'
  | 'tar'
  | 'ext'
  | 'elf'
  | 'intel-hex'
  | 's-record'
  | 'uuencode'
  | 'base64'
  | 'hex-dump'
  | 'utf8-replaced';

/** What begins at a place. */
export type Content =
  | { readonly kind: Exclude<ContentKind, 'zip' | 'uimage'> }
  /** `label`: the two letters that a vendor put in place of "PK". */
  | { readonly kind: 'zip'; readonly label: string | null; readonly name: string }
  | { readonly kind: 'uimage'; readonly headerCrcGood: boolean; readonly name: string; readonly size: number };

interface Signature {
  readonly kind: Exclude<ContentKind, 'zip' | 'uimage'>;
  readonly bytes: Uint8Array;
  /** Byte offset of the magic number. */
  readonly at: number;
  readonly also?: (head: Uint8Array) => boolean;
}

const hexOf = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const row = (
  kind: Signature['kind'],
  magic: string | Uint8Array,
  at = 0,
  also?: (head: Uint8Array) => boolean,
): Signature => ({ kind, bytes: typeof magic === 'string' ? encodeName(magic) : magic, at, ...(also && { also }) });

/** Bytes of a file that its kind is known by. */
const HEAD = 2048;

const isText = (head: Uint8Array): boolean =>
  head.subarray(0, 64).every((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 9 || byte === 10 || byte === 13);

/** The first row that fits. Short magic numbers ask for more. */
const SIGNATURES: readonly Signature[] = [
  row('gzip', hexOf('1f8b08'), 0, (head) => ((head[3] ?? 0xff) & 0xe0) === 0),
  row('xz', hexOf('fd377a585a00')),
  row('bzip2', 'BZh', 0, (head) => /[1-9]/.test(String.fromCharCode(head[3] ?? 0)) && isAt(head, 4, '314159265359')),
  row('lzip', 'LZIP'),
  row('zstd', hexOf('28b52ffd')),
  row('lz4', hexOf('04224d18')),
  row('lz4', hexOf('02214c18')),
  row('lzop', hexOf('894c5a4f000d0a1a0a')),
  row('compress', hexOf('1f9d'), 0, (head) => ((head[2] ?? 0) & 0x1f) >= 9 && ((head[2] ?? 0) & 0x1f) <= 16),
  row('7z', hexOf('377abcaf271c')),
  row('rar', hexOf('526172211a07')),
  row('fit', hexOf('d00dfeed')),
  row('trx', 'HDR0'),
  row('android-boot', 'ANDROID!'),
  row('android-sparse', hexOf('3aff26ed')),
  row('squashfs', 'hsqs'),
  row('squashfs', 'sqsh'),
  row('squashfs', 'shsq'),
  row('squashfs', 'qshs'),
  row('ubi', 'UBI#'),
  row('ubifs', hexOf('31181006')),
  // A clean marker, an inode, a directory entry or a summary.
  row('jffs2', hexOf('8519'), 0, (head) => isAt(head, 3, 'e0') || isAt(head, 3, '20')),
  row('jffs2', hexOf('1985'), 0, (head) => isAt(head, 2, 'e0') || isAt(head, 2, '20')),
  row('romfs', '-rom1fs-'),
  row('cpio', '070701'),
  row('cpio', '070702'),
  row('cpio', '070707'),
  row('tar', 'ustar', 257),
  row('ext', hexOf('53ef'), 1080, (head) => (head[1024 + 0x4c] ?? 9) <= 1),
  // The magic number's bytes from 0x80 on as U+FFFD: text editors and terminals do that.
  row('utf8-replaced', hexOf('453defbfbd28')),
  row('utf8-replaced', hexOf('28efbfbd3d45')),
  row('elf', hexOf('7f454c46')),
  row('intel-hex', ':', 0, (head) => isText(head) && /^:[0-9A-Fa-f]{10,}[\r\n]/.test(latin(head))),
  row('s-record', 'S', 0, (head) => isText(head) && /^S[0-3][0-9A-Fa-f]{6,}[\r\n]/.test(latin(head))),
  row('uuencode', 'begin ', 0, (head) => isText(head) && /^begin [0-7]{3,4} .+[\r\n]/.test(latin(head))),
  // The magic number and the bytes after it, in either byte order, as text.
  row('base64', 'RT3NK', 0, isText),
  row('base64', 'KM09R', 0, isText),
  row(
    'hex-dump',
    '',
    0,
    (head) =>
      isText(head) && /^(?:[0-9a-f]{4,8}:? {1,2})?(?:45 ?3d ?cd ?28|28 ?cd ?3d ?45|3d45 ?28cd)/i.test(latin(head)),
  ),
];

const latin = (bytes: Uint8Array): string => String.fromCharCode(...bytes.subarray(0, 96));

function isAt(head: Uint8Array, at: number, hexBytes: string): boolean {
  return hexOf(hexBytes).every((byte, i) => head[at + i] === byte);
}

/**
 * The kind of a file, by its first bytes; null if it is none of those known.
 *
 * @throws CramfsError IO
 */
export function contentOf(source: ByteSource): Content | null {
  const head = source.read(0, HEAD);
  const wrapper = readUImage(source, 0, { data: false });
  if (wrapper !== null) {
    const { headerCrcGood, name, size } = wrapper;
    return { kind: 'uimage', headerCrcGood, name, size };
  }
  const zip = zipHeader(source, 0);
  if (zip !== null) {
    const label = String.fromCharCode(head[0] ?? 0, head[1] ?? 0);
    if (label === 'PK') return { kind: 'zip', label: null, name: zip.name };
    if (/^[A-Za-z]{2}$/.test(label)) return { kind: 'zip', label, name: zip.name };
  }
  const found = SIGNATURES.find(
    ({ bytes, at, also }) => bytes.every((byte, i) => head[at + i] === byte) && (also === undefined || also(head)),
  );
  if (found !== undefined) return { kind: found.kind };
  return isLzmaFile(head) ? { kind: 'lzma' } : null;
}

/** The header of an .lzma file: properties, a dictionary of a usual size, and the unpacked size or -1. */
function isLzmaFile(head: Uint8Array): boolean {
  if (head.length < 14 || (head[0] ?? 0xff) >= 225 || head[13] !== 0) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const dictionary = view.getUint32(1, true);
  const high = view.getUint32(9, true);
  const low = view.getUint32(5, true);
  const usual = dictionary >= 0x1000 && (isPower(dictionary) || isPower(dictionary / 3));
  return usual && ((low === 0xffffffff && high === 0xffffffff) || (high === 0 && low >= 512 && low <= 0x40000000));
}

const isPower = (value: number): boolean => Number.isInteger(Math.log2(value));
