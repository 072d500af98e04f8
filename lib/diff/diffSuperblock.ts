/** In what two superblocks differ. */
import { CRAMFS_FLAG_FSID_VERSION_2 } from '../format/constants.ts';
import { decodeName } from '../format/names.ts';
import type { CramfsImage } from '../image/image.ts';
import type { SuperblockChange } from './diffResult.ts';

/** The differences, in the order of reports. Checksums and counts follow from the files and are left out. */
export function superblockChanges(a: CramfsImage, b: CramfsImage): SuperblockChange[] {
  const changes: SuperblockChange[] = [];
  const endian = (image: CramfsImage): 'little' | 'big' => (image.littleEndian ? 'little' : 'big');
  if (a.littleEndian !== b.littleEndian) changes.push({ what: 'endian', a: endian(a), b: endian(b) });
  if (a.inodeLayout.name !== b.inodeLayout.name) {
    changes.push({ what: 'inodes', a: a.inodeLayout.name, b: b.inodeLayout.name });
  }
  const numbers = [
    ['page-size', a.pageSize, b.pageSize],
    ['position', a.superblock.position, b.superblock.position],
    ['flags', a.superblock.flags, b.superblock.flags],
    ['edition', editionOf(a), editionOf(b)],
    ['size', a.size, b.size],
  ] as const;
  for (const [what, x, y] of numbers) if (x !== y) changes.push({ what, a: x, b: y });
  for (const what of ['signature', 'name'] as const) {
    const [x, y] = [untilNul(a.superblock[what]), untilNul(b.superblock[what])];
    if (x !== y) changes.push({ what, a: x, b: y });
  }
  return changes;
}

/** Without FSID_VERSION_2 there is no edition. */
function editionOf(image: CramfsImage): number {
  return image.hasFlag(CRAMFS_FLAG_FSID_VERSION_2) ? image.superblock.edition : 0;
}

function untilNul(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decodeName(end === -1 ? bytes : bytes.subarray(0, end));
}
