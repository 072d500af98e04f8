/** `--like IMAGE`: the image whose shape the new one gets. */
import type { CramfsImage } from '../../image/image.ts';
import { sha256Hash } from '../../mkfs/contentHash.node.ts';
import { newDeflate } from '../../mkfs/deflate.node.ts';
import { directCompressor } from '../../mkfs/encodeFile.ts';
import { describeImage, type Description } from '../../mkfs/listing/describe.ts';
import { DEFLATE_NAMES } from '../../mkfs/listing/listing.ts';
import { openImage } from '../imageOptions.ts';
import type { Io } from '../io.ts';
import { deflateOf } from './deflateMethod.ts';

/** Describes an image with all the ways to compress that there are. @throws CramfsError as describeImage() */
export async function describeOpened(image: CramfsImage): Promise<Description> {
  const compressors = new Map(DEFLATE_NAMES.map((name) => [name, directCompressor(newDeflate(deflateOf(name)))]));
  return describeImage(image, compressors, sha256Hash);
}

/** Opens the image of --like; to be closed once all is built. @throws CramfsError as openImage() */
export function openLike(argument: string, io: Io): CramfsImage {
  return openImage(argument, { color: 'never' }, io, undefined, { sound: true });
}
