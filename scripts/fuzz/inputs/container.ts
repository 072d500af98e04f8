/** What images arrive in: tar archives, gzip, LZMA, uImage, dumps with spare bytes, in another byte order, or as text. */
import { deflateRawSync, gzipSync } from 'node:zlib';
import { inOrder, uImageOf, withSpareBytes, zipOf } from '../../../__tests__/support/dumps.ts';
import { imageOf, LZMA_BLOCKS } from '../../../__tests__/support/vendorImage.ts';
import { BYTE_ORDERS } from '../../../lib/diagnose/byteOrder.ts';
import type { Chance } from './chance.ts';
import { imageBytes } from './image.ts';
import { programBytes } from './program.ts';

const BLOCK = 512;

/** A tar archive: ustar, GNU and pax headers, some of them wrong. */
export function tarBytes(chance: Chance): Uint8Array {
  const { random, pick, field, many } = chance;
  const member = (): Buffer => {
    const type = pick(['0', '0', '5', '2', '1', '3', '6', 'L', 'K', 'x', 'g', 'S', '\0']);
    const name = pick(['a', 'dir/', 'dir/b', './c', 'sh', '../x', '/abs', 'a'.repeat(99)]);
    const content =
      type === '0'
        ? Buffer.from(programBytes(chance))
        : Buffer.from(
            pick(['', 'long/name\0', '12 path=abc\n', '99 size=5\n', '20 GNU.sparse.map=0,1\n', '9 path=\u001b\n']),
          );
    const header = Buffer.alloc(BLOCK);
    const put = (text: string, at: number): number => header.write(text, at, 'latin1');
    const octal = (value: number): string => value.toString(8).padStart(7, '0');
    put(field(name, '', 'x\u001b[1m', 'a\nb'), 0);
    put(field(octal(0o644), octal(0o4777), 'xyz'), 100);
    put(field(octal(0), octal(70_000), '\u0080\0\0\0\0\u0001\0\0'), 108);
    put(octal(field(0, 300)), 116);
    put(field(octal(content.length), octal(8_000_000), '77777777777', '\u00ff', '-1'), 124);
    put(field(octal(0), '7777777777'), 136);
    put(type, 156);
    put(field(pick(['a', 'dir/b', '../..']), '', 'x'.repeat(99)), 157);
    put(field('ustar\u000000', 'ustar  \0', ''), 257);
    put(octal(field(1, 0xffff)), 329);
    put(octal(field(3, 0xff_ffff)), 337);
    put('        ', 148);
    const sum = header.reduce((all, byte) => all + byte, 0);
    put(field(`${sum.toString(8).padStart(6, '0')}\0 `, '000000\0 '), 148);
    return Buffer.concat([header, content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)]);
  };
  const whole = Buffer.concat([...many(0, 3, member), Buffer.alloc(field(2 * BLOCK, 0, BLOCK))]);
  const cut = field(whole, whole.subarray(0, random(whole.length + 1)));
  return random(4) === 0 ? gzipped(chance, cut) : cut;
}

function gzipped({ field, bytes, random }: Chance, content: Uint8Array): Uint8Array {
  const packed = gzipSync(content, { level: 1 });
  return field(
    packed,
    packed.subarray(0, random(packed.length)),
    Buffer.concat([packed, bytes(5)]),
    Buffer.concat([packed, packed]),
  );
}

/** An image whose blocks are compressed by LZMA, as some vendors write them. */
export function vendorBytes(chance: Chance): Uint8Array {
  const { random, field, pick, bytes } = chance;
  const block = (original: Buffer): Uint8Array => {
    const changed = Buffer.from(original);
    if (chance.isFault()) changed[random(16)] = random(256);
    if (chance.isFault()) changed[random(changed.length)] = random(256);
    return field(changed, changed.subarray(0, random(changed.length)), bytes(20));
  };
  const blocks = LZMA_BLOCKS.slice(0, field(2, 0, 1)).map(block);
  const littleEndian = random(3) !== 0;
  return imageOf({
    blocks,
    size: field(20_000, 0, 4096, 0xff_ffff),
    flags: pick([3, 0x803, 0x1003, random(0x10000)]),
    wide: random(4) === 0,
    littleEndian,
  });
}

/** A dump of flash with an image somewhere. */
export function dumpBytes(chance: Chance): Uint8Array {
  const { random, pick, field, bytes, isFault } = chance;
  const image = imageBytes(chance);
  switch (random(9)) {
    case 0:
      return uImageOf(image, { name: field('romfs', 'x\u001b[1m', ''), badHeader: isFault(), badData: isFault() });
    case 1:
      return gzipped(chance, image);
    case 2:
      return inOrder(image, pick(BYTE_ORDERS));
    case 3:
      return withSpareBytes(image, { page: pick([512, 2048]), spare: pick([16, 64]) });
    case 4:
      return zipOf(field('fw.img', '../x', 'a\u001b'), image, { stored: random(2) === 0 });
    case 5:
      return Buffer.from(Buffer.from(image).toString('latin1').replaceAll('\n', '\r\n'), 'latin1');
    case 6:
      return lzma(chance);
    case 7:
      return Buffer.concat([bytes(random(64)), deflateRawSync(image), bytes(8)]);
    default:
      return Buffer.concat([bytes(random(9) * 4), image, bytes(random(64))]);
  }
}

/** An LZMA stream with its header of 13 bytes. */
function lzma({ pick, field, random, bytes }: Chance): Uint8Array {
  const header = Buffer.alloc(13);
  header[0] = field(0x5d, 0xe1, 0xff, 0);
  header.writeUInt32LE(field(1 << 16, 0, 0xffff_ffff), 1);
  header.writeBigUInt64LE(field(BigInt(random(9000)), 0xffff_ffff_ffff_ffffn), 5);
  return Buffer.concat([header, pick(LZMA_BLOCKS), bytes(random(9))]);
}
