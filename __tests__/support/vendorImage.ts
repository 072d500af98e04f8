/** Images as vendors write them: LZMA blocks, inodes of 16 bytes. */

/** What the LZMA blocks below inflate to: 20,000 bytes. */
export const TEXT = Buffer.from(
  Array.from({ length: 400 }, (_, i) => `${i}. The pebble meets an anchor near the north, and the path waits.\n`).join(
    '',
  ),
).subarray(0, 20_000);

/** TEXT in blocks of 16 KiB, made with liblzma (lc 3, lp 0, pb 2), each behind its properties and length. */
export const LZMA_BLOCKS = [
  'XQAAAQAAQAAAABgLgCVJFMwznkSQTkblT7fCYBtCZTZntRd7liTtJ0s/LXjUpNIE8AxgTvJ78jKkk58ups1FQQH56PnF7D/xb5/C' +
    'UH0hnvknvcmUesazbiJgulDhJ3OCajkRt+HGolEBg6Z5AV65vhZczxdJEzZjws0IKhgTLhWtyQPvFgt+f5VLFS4eJ7uzpkA5+snp' +
    'rux/Y1LvFFRGSFyUvSU4w9O/7C7LZUPrVjAKi1wTve9wq7HU5TtZUh4DA8cod2Z95LQUMoV84TrKycypiysLVWXTmNxM4e7mIrf2' +
    'VAroHtDn/qyQiI52cUwixfId15vCrNLL5VOHmfMaoWMsfApGE07Q1WekEFgbU0tdG6twWztZO0gkSeMPnfmgIk/0dwMObaqDT3P3' +
    'DAPxMt7S+bghxaaTYFVAWQX5MoyKOWMlJdl8WwI1eLMqm/fOmnvC2nUiZ6tede/w1Zxf1GzKNKsZIQyUzDuMBhDv9CvcdhLFO81t' +
    '1yrekP9YEZA0B44E1JcCqnsxwmJK2WYZHumz8/8TIPJMQzAXiBOLk0a9ERaoPQX3g5jo6D+Qj2rosZuYlot9/CamQfvLI6y8Hbc/' +
    'uOnfYWxaCCbc9gWHNmITxBvp0NUs/KG7GsBKUfthvxk=',
  'XQAAAQAgDgAAADQZQAXiFWPUyqLK3lgEQFCAuJPeojKo4BSjouLnc7oqbAoFkaGhQDAS8vc3TZjWYjnpDfxPZXo9qSuP0VtlaRD5' +
    't45b5yTsDDkWrUKYrp/sG8nIIsMaA/PheqAUcDKrh5e950297V6+31ma6YE2e+RBOPnOK3g3ZLsdgF286AFcTpj+QnywX1RnLuw2' +
    'A2uFzNLmZIP7GOL9/+FtQCA=',
].map((base64) => Buffer.from(base64, 'base64'));

/** Words of 32 bits in a byte order. */
function words(numbers: readonly number[], littleEndian: boolean): Buffer {
  const bytes = Buffer.alloc(numbers.length * 4);
  numbers.forEach((number, index) => {
    if (littleEndian) bytes.writeUInt32LE(number >>> 0, index * 4);
    else bytes.writeUInt32BE(number >>> 0, index * 4);
  });
  return bytes;
}

interface InodeWords {
  readonly mode: number;
  readonly size: number;
  readonly namelen: number;
  readonly offset: number;
}

/** An inode of either layout; namelen and offset in units of 4 bytes. */
function inodeBytes({ mode, size, namelen, offset }: InodeWords, wide: boolean, le: boolean): Buffer {
  const head = le ? [mode, size] : [mode << 16, size << 8];
  if (wide) return words([...head, le ? namelen << 8 : namelen << 18, offset], le);
  return words([...head, le ? namelen | (offset << 6) : (namelen << 26) | offset], le);
}

/** An image with one file "f" whose blocks are given as stored. */
export function imageOf(options: {
  readonly blocks: readonly Uint8Array[];
  readonly size: number;
  readonly flags: number;
  readonly wide?: boolean;
  readonly littleEndian?: boolean;
}): Buffer {
  const { blocks, size, flags, wide = false, littleEndian: le = true } = options;
  const inodeSize = wide ? 16 : 12;
  const tree = 64 + inodeSize;
  const table = tree + inodeSize + 4;
  let end = table + blocks.length * 4;
  const pointers = blocks.map((block) => (end += block.length));
  const body = Buffer.concat([
    inodeBytes({ mode: 0o040755, size: inodeSize + 4, namelen: 0, offset: tree / 4 }, wide, le),
    inodeBytes({ mode: 0o100644, size, namelen: 1, offset: table / 4 }, wide, le),
    Buffer.from('f\0\0\0'),
    words(pointers, le),
    ...blocks,
  ]);
  const head = words([0x28cd3d45, 64 + body.length, flags, 0], le);
  const rest = words([0, 0, blocks.length, 2], le);
  return Buffer.concat([head, Buffer.from('Compressed ROMFS'), rest, Buffer.from('vendor'.padEnd(16, '\0')), body]);
}
