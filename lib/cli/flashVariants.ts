/**
 * What else could be in flash: the files of an image built in the other ways that mkfs knows.
 */
import { CRAMFS_FLAG_HOLES } from '../format/constants.ts';
import { decodeName } from '../format/names.ts';
import { CramfsImage } from '../image/image.ts';
import { compatibleDirectBlocks } from '../mkfs/compatibleXip.ts';
import { sha256Hash } from '../mkfs/contentHash.node.ts';
import { type BuildOptions, buildImage } from '../mkfs/mkfs.ts';
import type { BlockCompressor } from '../mkfs/encodeFile.ts';
import { rememberingCompressor } from '../mkfs/rememberingCompressor.ts';
import { imageTree } from '../mkfs/source/imageTree.ts';
import { type DirectoryEntry, type FileContent, walkEntries } from '../mkfs/sourceTree.ts';
import { readExecutable } from '../mkfs/xip/executable.ts';
import { planXip } from '../mkfs/xip/plan.ts';
import type { FlashImage } from '../profile/check/causes.ts';
import { withCompressor } from './mkfs/compressor.ts';

/**
 * Builds them, with the compression of mkcramfs.
 *
 * @param physBase the address that --xip is for
 * @throws CramfsError what reading the image and the builder throw
 */
export function flashVariants(image: CramfsImage, physBase: number): Promise<FlashImage[]> {
  const root = imageTree(image);
  return withCompressor(root, { kind: 'classic', level: 9 }, (compressor) =>
    variantsOf(image, root, physBase, compressor),
  );
}

async function variantsOf(
  image: CramfsImage,
  root: DirectoryEntry,
  physBase: number,
  workers: BlockCompressor,
): Promise<FlashImage[]> {
  const { pageSize, littleEndian, superblock } = image;
  const common: BuildOptions = {
    pageSize,
    littleEndian,
    edition: superblock.edition,
    name: decodeName(superblock.name).replace(/\0.*$/s, ''),
    bootPad: superblock.position !== 0,
    holes: image.hasFlag(CRAMFS_FLAG_HOLES),
    hash: sha256Hash,
    compressor: rememberingCompressor(workers, sha256Hash),
  };
  const compatible = async (alignment: number): Promise<Uint8Array> => {
    const options = {
      ...common,
      storeIncompressible: true,
      keepRemnants: true,
      direct: { alignment, base: 0, layout: 'inline' } as const,
    };
    const { bytes } = await buildImage(root, {
      ...options,
      chooseDirect: (content) => compatibleDirectBlocks(content, pageSize),
    });
    return bytes;
  };
  const programs = programsOf(root, pageSize);
  const xip = async (mode: 'mmu' | 'nommu'): Promise<Uint8Array> => {
    const spec = {
      mode,
      physBase,
      layout: 'packed',
      // By name: what a kernel without an MMU copies is else left out, and older images have it.
      choice: (path: string): 'yes' | 'no' => (programs.has(path) ? 'yes' : 'no'),
      profile: null,
      avoidLastPageDefect: true,
      flashBudget: null,
    } as const;
    const { image: built } = await planXip(root, spec, { ...common, entryRoom: true });
    return built.bytes;
  };
  const open = (bytes: Uint8Array): CramfsImage => CramfsImage.open(bytes, { pageSize });
  return [
    { variant: 'plain', image: open((await buildImage(root, { ...common, keepRemnants: true })).bytes) },
    { variant: '-X', image: open(await compatible(8)) },
    { variant: '-X -X', image: open(await compatible(pageSize)) },
    { variant: '--xip nommu', image: open(await xip('nommu')) },
    { variant: '--xip mmu', image: open(await xip('mmu')) },
  ];
}

/** The paths of programs; files that share their content are read once. */
function programsOf(root: DirectoryEntry, pageSize: number): ReadonlySet<string> {
  const known = new Map<FileContent, boolean>();
  const paths = new Set<string>();
  for (const { path, entry } of walkEntries(root)) {
    if (entry.type !== 'file') continue;
    const isProgram = known.get(entry.content) ?? readExecutable(entry.content.read(), pageSize) !== null;
    known.set(entry.content, isProgram);
    if (isProgram) paths.add(path);
  }
  return paths;
}
