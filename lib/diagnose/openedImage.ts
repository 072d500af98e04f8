/** What happened to an image that opens and is not whole: the same guesses as a scan's, at the place where it is. */
import type { CramfsImage } from '../image/image.ts';
import { decodeName } from '../format/names.ts';
import { CRAMFS_SIGNATURE } from '../format/constants.ts';
import { imageCrc } from '../inspect/imageCrc.ts';
import type { ByteSource } from '../source/byteSource.ts';
import { type Diagnosis, diagnosisOf } from './diagnose.ts';
import { scan, type ScanHit } from './scan.ts';

/**
 * The image that was meant, if something was done to the dump: null for a sound image, and for damage without a known cause.
 *
 * @param file the file, from its byte 0
 * @param imageOffset where the image was opened
 * @throws CramfsError IO
 */
export function diagnoseOpened(file: ByteSource, image: CramfsImage, imageOffset: number): Diagnosis | null {
  const { state } = imageCrc(image);
  const signatureGood = decodeName(image.superblock.signature) === CRAMFS_SIGNATURE;
  if (signatureGood && (state === 'good' || state === 'swapped' || state === 'none')) return null;
  const hits: ScanHit[] = [];
  for (const hit of scan(file)) {
    hits.push(hit);
    if (hit.within.length === 0 && hit.offset === imageOffset && isExplained(hit)) {
      return { ...(diagnosisOf(file, [hit], null) as Extract<Diagnosis, { kind: 'image' }>), index: hits.length };
    }
  }
  return null;
}

/** Whether a hit says what was done to the dump. */
function isExplained({ undone, loss, crc }: ScanHit): boolean {
  return undone.length > 0 || loss !== null || crc.state === 'truncated';
}
