/** What was done to a dump, in words: the same ones for a scan and for a diagnosis. */
import { hex, hexBytes } from '../base/hex.ts';
import { size } from '../base/words.ts';
import type { ByteOrder } from '../diagnose/byteOrder.ts';
import type { TextLoss } from '../diagnose/textChange.ts';
import type { Undone } from '../diagnose/undone.ts';
import type { CrcVerdict } from '../inspect/imageCrc.ts';

/** The codes of what was undone, for programs. */
export const UNDONE_CODES: Readonly<Record<Undone['kind'], string>> = {
  order: 'byte-order',
  spare: 'spare-bytes',
  'bad-blocks': 'bad-blocks',
  doubled: 'doubled',
  text: 'text-conversion',
  magic: 'magic',
};

const WORDS: Readonly<Record<ByteOrder['words'], string | null>> = {
  plain: null,
  '16': 'the two bytes of each 16-bit word are swapped',
  '32': 'the four bytes of each 32-bit word are in reverse order',
  halves: 'the two halves of each 32-bit word are swapped',
  '64': 'the eight bytes of each 64-bit word are in reverse order',
};

const BITS: Readonly<Record<ByteOrder['bits'], string | null>> = {
  plain: null,
  inverted: 'all bits are inverted',
  nibbles: 'the two halves of each byte (nibbles) are swapped',
  reversed: 'the bits of each byte are in reverse order',
};

/** A change as a sentence without a full stop. */
export function undoneWords(undone: Undone): string {
  switch (undone.kind) {
    case 'order':
      return [WORDS[undone.words], BITS[undone.bits]].filter((words) => words !== null).join(', and ');
    case 'spare':
      return `NAND spare bytes are left in, ${String(undone.spare)} after every ${String(undone.page)}`;
    case 'bad-blocks': {
      const places = undone.blocks.map(hex).join(', ');
      const many = undone.blocks.length > 1 ? 'bad blocks were' : 'a bad block was';
      return `${many} left in (${size(undone.bytes)} of 0xff at ${places})`;
    }
    case 'doubled':
      return undone.filler === 'same' ? 'every byte is doubled' : 'every byte has a zero after it (UTF-16)';
    case 'text':
      return undone.change === 'lf-to-crlf'
        ? 'line ends were converted: a carriage return was put before each line feed'
        : 'the bytes from 0x80 on were converted to UTF-8';
    case 'magic':
      return undone.covered
        ? `the magic number was changed to ${hexBytes(undone.found, ' ')} when the image was made: its CRC covers that`
        : `the magic number is damaged (${hexBytes(undone.found, ' ')})`;
  }
}

const LOSSES: Readonly<Record<TextLoss, string>> = {
  'crlf-to-lf': 'line ends were converted: no carriage return is left before a line feed',
  'no-cr': 'line ends were converted: no carriage return (0d) is left',
  'no-lf': 'line ends were converted: no line feed (0a) is left',
  'seven-bit': 'the top bit of every byte was cleared',
  replaced: 'bytes were replaced by U+FFFD, as text editors do',
};

/** What conversion of text took away, and what to do about it. */
export function lossWords(loss: TextLoss): string {
  return `${LOSSES[loss]}; that cannot be undone: read or transfer the dump again in binary mode`;
}

/** Whether a checksum proves that what was undone is right. */
export function isProven({ state }: CrcVerdict): boolean {
  return state === 'good' || state === 'swapped';
}
