/**
 * Dumps of every kind that we know, made of our own images: what a programmer, a terminal, a packer or a vendor may have done
 * to one. Each has the code of the diagnosis that it must get.
 */
import { gzipSync } from 'node:zlib';
import { BYTE_ORDERS } from '../../lib/diagnose/byteOrder.ts';
import { doubled, halfOf, HALVES } from '../../lib/diagnose/search.ts';
import { SPARE_GEOMETRIES } from '../../lib/diagnose/spareBytes.ts';
import { undoneWords } from '../../lib/report/undoneWords.ts';
import { CR, inOrder, LF, mapBytes, noise, uImageOf, withSpareBytes, zipOf } from './dumps.ts';
import { fixture } from './fixtures.ts';
import {
  base64Text,
  hexDump,
  intelHex,
  od,
  sRecords,
  sparseOf,
  tiTxt,
  uBootSession,
  uuencoded,
  xxd,
} from './textDumps.ts';

/** A dump. */
export interface DumpVariant {
  /** What was done, in a few words. */
  readonly title: string;
  readonly make: () => Buffer;
  /** The code of the diagnosis; null where the file begins with an image, or the rest of one, and nothing explains it. */
  readonly code: string | null;
  /** Whether the image is got out whole with --image or @. */
  readonly whole: boolean;
}

const mini = (): Buffer => Buffer.from(fixture('images/mini-plain.cramfs.gz'));
const big = (): Buffer => Buffer.from(fixture('images/mini-B.cramfs.gz'));
const tiny = (): Buffer => Buffer.from(fixture('images/tiny-ul.cramfs.gz'));
const specimen = (name: string): Buffer => Buffer.from(fixture(`dumps/${name}`));

const variant = (title: string, make: () => Buffer, code: string | null, whole = true): DumpVariant => ({
  title,
  make,
  code,
  whole,
});
const changed = (bytes: Buffer, change: (copy: Buffer) => void): Buffer => {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
};

const ORDERS = BYTE_ORDERS.map((order) =>
  variant(undoneWords({ kind: 'order', ...order }), () => inOrder(mini(), order), 'byte-order'),
);

const SPARE = SPARE_GEOMETRIES.map((geometry) =>
  variant(
    `${String(geometry.spare)} spare bytes after every ${String(geometry.page)}`,
    () => withSpareBytes(mini(), geometry),
    'spare-bytes',
  ),
);

const MEDIA = [0x00, 0xff, 0xf6].map((byte) =>
  variant(`a medium of 0x${byte.toString(16).padStart(2, '0')}`, () => Buffer.alloc(70_000, byte), 'filler', false),
);

const WRAPPED: readonly DumpVariant[] = [
  variant('gzip', () => gzipSync(mini()), 'gzip'),
  variant('zip', () => zipOf('rootfs.img', mini()), 'zip'),
  variant('zip, stored', () => zipOf('rootfs.img', mini(), { stored: true }), 'elsewhere'),
  variant('zip, relabelled DH', () => zipOf('rootfs.img', mini(), { label: 'DH' }), 'zip'),
  variant('zip in gzip', () => gzipSync(zipOf('rootfs.img', mini())), 'gzip'),
  ...(
    [
      ['xz', 'image.xz', 'xz'],
      ['bzip2', 'image.bz2', 'bzip2'],
      ['LZMA', 'image.lzma', 'lzma'],
      ['zstd', 'image.zst', 'zstd'],
      ['LZ4', 'image.lz4', 'lz4'],
      ['lzip', 'image.lz', 'lzip'],
      ['lzop', 'image.lzo', 'lzop'],
      ['compress (.Z)', 'image.Z', 'compress'],
      ['7-Zip', 'image.7z', '7z'],
      ['a file in SquashFS', 'in.squashfs.gz', 'squashfs'],
      ['a file in JFFS2', 'in.jffs2.gz', 'jffs2'],
    ] as const
  ).map(([title, name, code]) => variant(title, () => specimen(name), code, false)),
  variant('a file in ISO 9660', () => specimen('in.iso.gz'), 'elsewhere'),
  variant('a file in ext2', () => specimen('in.ext2.gz'), 'elsewhere'),
  variant('a UBI volume', () => specimen('in.ubi.gz'), 'ubi'),
  variant('an Android sparse image', () => sparseOf(mini()), 'android-sparse'),
  variant('uImage', () => uImageOf(mini()), 'elsewhere'),
  variant('uImage, wrong header CRC', () => uImageOf(mini(), { badHeader: true }), 'elsewhere'),
  variant('uImage, wrong data CRC', () => uImageOf(mini(), { badData: true }), 'elsewhere'),
  variant('TRX', () => Buffer.concat([Buffer.from('HDR0'), noise(24), mini()]), 'elsewhere'),
  variant(
    'an ELF section',
    () => Buffer.concat([Buffer.from('7f454c46', 'hex'), noise(60), mini(), noise(300)]),
    'elsewhere',
  ),
  variant(
    'tar',
    () => Buffer.concat([tarHeader('rootfs.img', mini().length), mini(), Buffer.alloc(1024)]),
    'elsewhere',
  ),
  variant(
    'a header of 512 bytes',
    () => Buffer.concat([Buffer.from('VENDOR'), Buffer.alloc(506, 0x20), mini()]),
    'elsewhere',
  ),
  variant('cpio', () => Buffer.concat([cpioHeader('rootfs.img', mini().length), mini()]), 'elsewhere'),
  variant('DFU suffix', () => Buffer.concat([mini(), dfuSuffix()]), null),
];

const TEXT: readonly DumpVariant[] = [
  variant('Intel HEX', () => intelHex(tiny(), 0x08040000), 'intel-hex'),
  variant('Motorola S-records', () => sRecords(tiny(), 0x08040000), 's-record'),
  variant('TI-TXT', () => tiTxt(tiny(), 0x4400), 'ti-txt'),
  variant('base64', () => base64Text(tiny()), 'base64'),
  variant('base64 in one line', () => Buffer.from(tiny().toString('base64')), 'base64'),
  variant('uuencode', () => uuencoded(tiny(), 'rootfs.img'), 'uuencode'),
  variant('xxd', () => xxd(tiny()), 'hex-dump'),
  variant('xxd -p', () => Buffer.from(tiny().toString('hex').replace(/.{60}/g, '$&\n')), 'hex-dump'),
  variant('hexdump -C, repeated lines left out', () => hexDump(tiny(), { repeats: true }), 'hex-dump'),
  variant('od -x, octal addresses', () => od(tiny()), 'byte-order'),
  variant('md.b of U-Boot, from a serial console', () => uBootSession(tiny(), 1), 'hex-dump'),
  variant('md.l of U-Boot, from a serial console', () => uBootSession(tiny(), 4), 'byte-order'),
  variant(
    'md.b of U-Boot with line ends of terminals',
    () => mapBytes(uBootSession(tiny(), 1), (byte) => (byte === LF ? [CR, LF] : [byte])),
    'hex-dump',
  ),
  variant(
    'a C array',
    () =>
      Buffer.from(
        `unsigned char image[] = {\n${tiny().toString('hex').replace(/../g, '0x$&, ').replace(/.{72}/g, '  $&\n')}};\n`,
      ),
    'hex-dump',
  ),
  variant('gzip as base64', () => base64Text(gzipSync(mini())), 'base64'),
];

const CHANGED: readonly DumpVariant[] = [
  ...['00000000', 'ffffffff', '453dcd29', 'deadbeef'].map((magic) =>
    variant(`magic number ${magic}`, () => changed(mini(), (copy) => copy.write(magic, 0, 'hex')), 'magic'),
  ),
  variant(
    'line ends LF to CRLF',
    () => mapBytes(mini(), (byte) => (byte === LF ? [CR, LF] : [byte])),
    'text-conversion',
  ),
  variant(
    'line ends CRLF to LF, and CR dropped',
    () => mapBytes(mini(), (byte) => (byte === CR ? [] : [byte])),
    'text-conversion',
    false,
  ),
  variant('Latin-1 to UTF-8', () => Buffer.from(mini().toString('latin1'), 'utf8'), 'text-conversion'),
  variant('UTF-16', () => Buffer.from(doubled(mini(), 'zero')), 'doubled'),
  variant(
    'bytes replaced by U+FFFD',
    () => mapBytes(mini(), (byte) => (byte < 0x80 ? [byte] : [0xef, 0xbf, 0xbd])),
    'text-conversion',
    false,
  ),
  variant('top bit cleared', () => mapBytes(mini(), (byte) => [byte & 0x7f]), 'magic', false),
  variant('every byte twice', () => Buffer.from(doubled(mini(), 'same')), 'doubled'),
  ...HALVES.map((half) =>
    variant(
      `the ${half.which} of two chips of ${String(8 * half.unit)} bits`,
      () => Buffer.from(halfOf(mini(), half)),
      'half',
      false,
    ),
  ),
  variant('a bad block of 16 KiB left in', () => withErased(mini(), 32768, 16384), 'bad-blocks'),
  variant(
    'two bad blocks of 16 KiB left in',
    () => withErased(withErased(mini(), 49152, 16384), 16384, 16384),
    'bad-blocks',
  ),
  variant('cut in the superblock', () => mini().subarray(0, 60), null, false),
  variant('cut after the first page', () => mini().subarray(0, 4096), 'truncated', false),
  variant('one byte short', () => mini().subarray(0, mini().length - 1), 'truncated', false),
  variant('empty', () => Buffer.alloc(0), 'empty', false),
];

const PLACED: readonly DumpVariant[] = [
  variant('at 64 KiB', () => Buffer.concat([Buffer.alloc(65536, 0xff), mini()]), 'elsewhere'),
  variant('at an odd offset, big-endian', () => Buffer.concat([noise(333), big()]), 'elsewhere'),
  variant(
    'two partitions, joined',
    () => Buffer.concat([noise(4096), mini(), Buffer.alloc(8192, 0xff), big()]),
    'elsewhere',
  ),
  variant('followed by a board checksum', () => Buffer.concat([mini(), noise(20)]), null),
  variant(
    'at 64 KiB, 16-bit words swapped',
    () => inOrder(Buffer.concat([noise(65536), mini()]), { words: '16', bits: 'plain' }),
    'byte-order',
  ),
  variant(
    'swapped in a uImage in gzip',
    () => gzipSync(uImageOf(inOrder(mini(), { words: '16', bits: 'plain' }))),
    'byte-order',
  ),
  variant(
    'gzip in a uImage, 32-bit words reversed',
    () => inOrder(uImageOf(gzipSync(mini())), { words: '32', bits: 'plain' }),
    'byte-order',
  ),
  variant(
    'spare bytes, and words swapped',
    () => inOrder(withSpareBytes(mini(), { page: 2048, spare: 64 }), { words: '16', bits: 'plain' }),
    'byte-order',
  ),
  variant(
    'bits inverted, in zip',
    () => zipOf('nand.bin', inOrder(mini(), { words: 'plain', bits: 'inverted' })),
    'byte-order',
  ),
];

/** All of them, by what was done. */
export const DUMP_VARIANTS: Readonly<Record<string, readonly DumpVariant[]>> = {
  'Order of bytes': ORDERS,
  'Spare bytes of NAND flash': SPARE,
  'Nothing in it': MEDIA,
  'Damaged on the way': CHANGED,
  'As text': TEXT,
  'Packed or wrapped': WRAPPED,
  'Elsewhere, and several things at once': PLACED,
};

function withErased(image: Buffer, at: number, bytes: number): Buffer {
  return Buffer.concat([image.subarray(0, at), Buffer.alloc(bytes, 0xff), image.subarray(at)]);
}

function tarHeader(name: string, size: number): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        0', 148);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((all, byte) => all + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

function cpioHeader(name: string, size: number): Buffer {
  const field = (value: number): string => value.toString(16).padStart(8, '0');
  const fields = [1, 0o100644, 0, 0, 1, 0, size, 0, 0, 0, 0, name.length + 1, 0].map(field).join('');
  const head = Buffer.from(`070701${fields}${name}\0`);
  return Buffer.concat([head, Buffer.alloc((4 - (head.length % 4)) % 4)]);
}

/** What dfu-suffix(1) adds: 16 bytes at the end. */
function dfuSuffix(): Buffer {
  const suffix = Buffer.alloc(16, 0xff);
  suffix.writeUInt16LE(0x0100, 6);
  suffix.write('UFD', 8, 'latin1');
  suffix[11] = 16;
  return suffix;
}
