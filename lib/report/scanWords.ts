/** What a scan says about an image it found. */
import { hex } from '../base/hex.ts';
import { crcHex } from '../format/crc32.ts';
import { printableName } from '../format/names.ts';
import type { ScanHit } from '../diagnose/scan.ts';
import { isProven, lossWords, UNDONE_CODES, undoneWords } from './undoneWords.ts';
import { plural } from '../base/words.ts';

/** A remark on an image found: a code for programs, a sentence for people. */
export interface ScanRemark {
  readonly code: string;
  /** Whether something is wrong with the image as it lies there. */
  readonly trouble: boolean;
  readonly sentence: string;
}

/** Remarks on a hit, the troubles first. */
export function scanRemarks(hit: ScanHit): ScanRemark[] {
  const variants = hit.variants
    .filter(({ code }) => code !== 'crc-swapped')
    .map(({ code, sentence }) => ({ code, trouble: false, sentence }));
  return [...crcRemarks(hit), ...variants, ...wrapperRemarks(hit)];
}

function crcRemarks({ crc, undone, loss, size, present, signatureGood, superblock }: ScanHit): ScanRemark[] {
  const remarks: ScanRemark[] = [];
  const remark = (code: string, trouble: boolean, sentence: string): void => {
    remarks.push({ code, trouble, sentence });
  };
  for (const change of undone) {
    const proof = isProven(crc) ? '; with that undone the CRC is right, and --extract-images undoes it' : '';
    remark(UNDONE_CODES[change.kind], true, `${undoneWords(change)}${proof}`);
  }
  if (loss !== null) remark('text-conversion', true, lossWords(loss));
  if (crc.state === 'swapped') {
    remark('crc-swapped', false, 'the CRC is right, but stored in the other byte order, as some vendors do');
  }
  if (crc.state === 'wrong') {
    const numbers = `stored ${crcHex(crc.stored)}, computed ${crcHex(crc.computed ?? 0)}`;
    remark('crc-wrong', true, `the CRC is wrong (${numbers}): bytes were changed, lost or added`);
  }
  if (crc.state === 'truncated') {
    const lost = plural(size - present, 'byte');
    remark('truncated', true, `the file ends ${lost} before the image does: it is cut short, or its size is wrong`);
  }
  if (crc.state === 'impossible') {
    remark('size-impossible', true, `a size of ${plural(superblock.size, 'byte')} is less than the superblock has`);
  }
  if (crc.state === 'none') {
    remark(
      'no-crc',
      false,
      'there is no CRC and no size (images had none before Linux 2.4.7); the end is found from the data',
    );
  }
  if (crc.state === 'unchecked')
    remark('unchecked', true, 'the CRC was not computed: too many superblocks in this file');
  if (!signatureGood) remark('signature', true, 'the signature is not "Compressed ROMFS"');
  return remarks;
}

function wrapperRemarks({ uImage, superblock, offset }: ScanHit): ScanRemark[] {
  const remarks: ScanRemark[] = [];
  if (superblock.position > 0) {
    const place = hex(offset + superblock.position);
    remarks.push({
      code: 'boot-pad',
      trouble: false,
      sentence: `a boot pad of ${String(superblock.position)} bytes comes first; the superblock is at ${place}`,
    });
  }
  if (uImage !== null) {
    const data = uImage.dataCrcGood === null ? 'cut short' : `CRC ${uImage.dataCrcGood ? 'good' : 'wrong'}`;
    remarks.push({
      code: 'uimage',
      trouble: !uImage.headerCrcGood || uImage.dataCrcGood !== true,
      sentence:
        `it is inside a uImage at ${hex(uImage.offset)}, "${printableName(uImage.name)}": ` +
        `header CRC ${uImage.headerCrcGood ? 'good' : 'wrong'}, data of ${plural(uImage.size, 'byte')} ${data}`,
    });
  }
  return remarks;
}
