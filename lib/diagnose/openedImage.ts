/** What happened to an image that opens and is not whole: the same guesses as a scan's, at the place where it is. */
import type { CramfsImage } from '../image/image.ts';
import { decodeName } from '../format/names.ts';
import { CRAMFS_SIGNATURE } from '../format/constants.ts';
import { type CrcState, imageCrc } from '../inspect/imageCrc.ts';
import type { ByteSource } from '../source/byteSource.ts';
import { type Diagnosis, diagnosisOf } from './diagnose.ts';
import { scan, type ScanHit } from './scan.ts';

/**
 * The image that was meant, if something was done to the dump: null for a sound image, and for damage without a known cause.
 *
 * @param file the file, from its byte 0
 * @param imageOffset where the image was opened
 * @param crcUpTo bytes of an image that is looked at although its signature and its end are there. Default: any
 * @throws CramfsError IO
 */
export function diagnoseOpened(
  file: ByteSource,
  image: CramfsImage,
  imageOffset: number,
  crcUpTo = Infinity,
): Diagnosis | null {
  const { signature, size } = image.superblock;
  const signatureGood = decodeName(signature) === CRAMFS_SIGNATURE;
  const isLong = size > crcUpTo && image.source.read(size - 1, 1).length > 0;
  if (signatureGood && (isLong || isAsWritten(image) || WHOLE.has(imageCrc(image).state))) return null;
  // Only what lies near the image is searched for its sake; its number is its number in the whole file.
  const { position } = image.superblock;
  if (findExplained(upToEnd(file, image, imageOffset), imageOffset, position, imageOffset) === null) return null;
  const found = findExplained(file, imageOffset, position, 0);
  if (found === null) return null;
  const { hit, index } = found;
  return { ...(diagnosisOf(file, [hit]) as Extract<Diagnosis, { kind: 'image' }>), index };
}

/** Bytes read at a time. */
const WINDOW = 1 << 12;

/**
 * Whether an image's length shows that nothing was done to it that a diagnosis knows, from some bytes in place of all for the CRC.
 * What was left in a dump makes its file longer than the image, and cannot be proven if that was cut. What was dropped makes it
 * shorter, unless it was filled up to the very size of the image. The length stays where all carriage returns, or all line feeds,
 * were replaced; so both must be there.
 */
function isAsWritten({ source, superblock: { size } }: CramfsImage): boolean {
  if (size === 0 || source.read(size - 1, 2).length !== 1) return false;
  let [hasReturn, hasFeed] = [false, false];
  for (let at = 0; at < size; at += WINDOW) {
    const bytes = source.read(at, WINDOW);
    hasReturn ||= bytes.includes(0x0d);
    hasFeed ||= bytes.includes(0x0a);
    if (hasReturn && hasFeed) return true;
  }
  return false;
}

const WHOLE: ReadonlySet<CrcState> = new Set<CrcState>(['good', 'swapped', 'none']);

/**
 * The hit of a scan at a place, if it says what was done to the dump. Where a header of 512 bytes was taken for a boot pad, that
 * is the image after it.
 */
function findExplained(
  file: ByteSource,
  offset: number,
  position: number,
  from: number,
): { readonly hit: ScanHit; readonly index: number } | null {
  let index = 0;
  for (const hit of scan(file, { from })) {
    index++;
    if (hit.within.length > 0) continue;
    if (hit.offset === offset && isExplained(hit)) return { hit, index };
    if (position > 0 && hit.offset === offset + position && hit.crc.state === 'good') return { hit, index };
  }
  return null;
}

/** Bytes after an image's start that say what was done to it: twice its size, and some. */
const SOME = 1 << 20;
/** The most of them: a damaged size may be anything. */
const MOST = 1 << 29;

/** The file up to well after the image. */
function upToEnd(file: ByteSource, { superblock: { size } }: CramfsImage, imageOffset: number): ByteSource {
  const end = imageOffset + Math.min(MOST, 2 * size + SOME);
  return {
    get size(): number {
      return Math.min(end, file.size);
    },
    read: (offset, length) => file.read(offset, Math.min(length, end - offset)),
    close: () => undefined,
  };
}

/** Whether a hit says what was done to the dump. */
function isExplained({ undone, loss, crc }: ScanHit): boolean {
  return undone.length > 0 || loss !== null || crc.state === 'truncated';
}
