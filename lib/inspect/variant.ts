/** Vendor variants, named: in what an image differs from what Linux and the usual makers have, and how that is known. */
import type { CramfsImage } from '../image/image.ts';
import type { CrcVerdict } from './imageCrc.ts';
import { detectLayout } from './detectLayout.ts';

/** A difference. */
export interface VariantNote {
  readonly code:
    | 'wide-inodes'
    | 'crc-swapped'
    | 'lzma'
    | 'large-blocks'
    | 'linear-xip'
    | 'unflagged-stored'
    | 'long-tables'
    | 'vendor-flags'
    | 'extended-pointers';
  readonly sentence: string;
}

/**
 * The differences of an image, and the decision about flag bits that can be read in two ways.
 *
 * @throws CramfsError IO
 */
export function variantNotes(image: CramfsImage, crc: CrcVerdict): VariantNote[] {
  const { flags } = image.superblock;
  const { flagReading, method, pageSize, inodeLayout, quirks } = detectLayout(image.source);
  const notes: VariantNote[] = [];
  const note = (code: VariantNote['code'], sentence: string): void => {
    notes.push({ code, sentence });
  };
  if (inodeLayout.name === 'wide') {
    note(
      'wide-inodes',
      'inodes have 16 bytes, their offset a word of its own (seen in e-book readers); Linux finds no files',
    );
  }
  if (crc.state === 'swapped')
    note('crc-swapped', 'the CRC is stored in the other byte order; Linux does not look at it');
  if (method === 'lzma') note('lzma', 'blocks are compressed with LZMA (seen in routers); Linux inflates zlib only');
  if (quirks.linearXip) {
    note(
      'linear-xip',
      "linear XIP (kernels of vendors, about 2000 to 2010): files with the sticky bit have no block pointers, their bytes are stored as they are from a page boundary; today's Linux cannot read them",
    );
  }
  if (quirks.unflaggedStored) {
    note('unflagged-stored', 'blocks are stored as they are without the flag for it; Linux cannot inflate them');
  }
  if (quirks.longTables !== null) {
    const { extra, wholeOnly } = quirks.longTables;
    const which = wholeOnly ? 'of files of whole pages ' : '';
    const entries = extra === 1 ? '1 entry' : `${String(extra)} entries`;
    note(
      'long-tables',
      `block pointer tables ${which}have ${entries} too many; Linux cannot read the first block after them`,
    );
  }
  if (flagReading === null) return notes;
  if (flagReading.extendedPointers) {
    // Nothing to explain where Linux's reading is the only one.
    if ((flags & 0xf000) !== 0) note('extended-pointers', `flag bit 11 is EXT_BLOCK_POINTERS: ${flagReading.reason}`);
    return notes;
  }
  const told = 4096 << ((flags >>> 11) & 7);
  const size = `${String(told / 1024)} KiB`;
  note('vendor-flags', `flag bits 11 to 15 are a vendor's, not EXT_BLOCK_POINTERS: ${flagReading.reason}`);
  const fits =
    told === pageSize ? 'and blocks of that size are read' : `but ${String(pageSize / 1024)} KiB fit the files`;
  note('large-blocks', `they mean blocks of ${size}, ${fits}`);
  return notes;
}
