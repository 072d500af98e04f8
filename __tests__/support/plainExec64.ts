/** The image of fixtures/exec built again without direct blocks: what the traces of fixtures/profile were recorded on. */
import { CramfsImage } from '../../lib/image/image.ts';
import { classicDeflate } from '../../lib/mkfs/deflate.ts';
import { directCompressor } from '../../lib/mkfs/encodeFile.ts';
import { buildImage } from '../../lib/mkfs/mkfs.ts';
import { imageTree } from '../../lib/mkfs/source/imageTree.ts';
import { fixture } from './fixtures.ts';

let built: Promise<Uint8Array> | null = null;

/** The image's bytes; built once. */
export function plainExec64(): Promise<Uint8Array> {
  built ??= buildImage(imageTree(CramfsImage.open(fixture('exec/exec64.cramfs.gz'))), {
    compressor: directCompressor(classicDeflate(9)),
  }).then(({ bytes }) => bytes);
  return built;
}
