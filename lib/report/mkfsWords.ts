/**
 * What `cramfs mkfs` and `cramfs describe` say of a build.
 */
import { hex } from '../base/hex.ts';
import { printableName } from '../format/names.ts';
import type { BuiltImage } from '../mkfs/mkfs.ts';
import type { ImageNode } from '../mkfs/inodes.ts';
import type { RepackLoss } from '../mkfs/repackLosses.ts';
import type { XipPlan } from '../mkfs/xip/plan.ts';
import type { UnmatchedWish } from '../mkfs/xip/wishes.ts';

/** What an image has and one built from its files has not, as a sentence without its subject. */
export function repackLossText(loss: RepackLoss, whose = 'the source'): string {
  switch (loss.code) {
    case 'wide-inodes':
      return `${whose}'s 16-byte inodes become Linux's of 12 bytes`;
    case 'lzma':
      return `${whose}'s LZMA blocks become zlib blocks (LZMA cannot be written)`;
    case 'linear-xip':
      return `${whose}'s files of linear XIP get block pointers and are compressed`;
    case 'unflagged-stored':
      return `${whose}'s blocks stored without their flag are compressed`;
    case 'long-tables':
      return `${whose}'s long block pointer tables get the length that Linux expects`;
    case 'block-size':
      return `${whose}'s blocks of ${String(loss.bytes / 1024)} KiB become blocks of another size`;
    case 'flags':
      return `${whose}'s flags 0x${loss.flags.toString(16)} are not kept`;
    case 'signature':
      return `${whose}'s signature "${printableName(loss.signature)}" becomes "Compressed ROMFS"`;
    case 'swapped-crc':
      return `${whose}'s CRC in the other byte order becomes one in the image's own`;
    case 'version-1':
      return `${whose}'s old format without a CRC (version 1) becomes version 2`;
    case 'unsorted':
      return `${whose}'s directories are not all sorted by name (${printableName(loss.path)} is not); those of the new image are`;
    case 'future':
      return `${whose}'s reserved word 0x${loss.word.toString(16)} of the superblock becomes 0`;
    case 'direct':
      return `${blocksOf(loss, 'direct', whose)} are compressed and cannot be mapped from flash; --like or --from-listing keeps them`;
    case 'alignment':
      return `${blocksOf(loss, 'direct', whose)} get another place within a page, so that they need another address to be mapped from flash; --like or --from-listing keeps them`;
    case 'stored':
      return `${blocksOf(loss, 'uncompressed', whose)} are compressed; -x keeps those that do not shrink`;
    case 'direct-zlib':
      return `${blocksOf(loss, 'compressed', whose)} that are addressed by their start are addressed by their end`;
    case 'unreferenced':
      return `${count(loss.bytes, 'byte')} of ${whose} that nothing points to and that are not zero (from ${hex(loss.offset)} on) are left out`;
    case 'trailing':
      return `${count(loss.bytes, 'byte')} after ${whose}'s end, at ${hex(loss.offset)}, are left out`;
  }
}

/** "12 direct blocks of the source (/bin/sh and 3 files more)". */
function blocksOf(
  { blocks, files, path }: { readonly blocks: number; readonly files: number; readonly path: string },
  kind: string,
  whose: string,
): string {
  const more = files === 1 ? '' : ` and ${count(files - 1, 'more file')}`;
  return `${count(blocks, `${kind} block`)} of ${whose} (${printableName(path)}${more})`;
}

/** A name that was to run in place and matches no file. */
export function unmatchedText({ origin, text, isPattern, type, near }: UnmatchedWish): string {
  const name = isPattern ? `"${text}"` : text;
  const found = isPattern
    ? 'matches no file'
    : type === null
      ? 'is not in the source'
      : `is a ${type}, not a regular file`;
  const quoted = near.map((candidate) => (isPattern ? `"${candidate}"` : candidate));
  return `${origin}: ${name} ${found}${near.length === 0 ? '' : `; did you mean ${quoted.join(' or ')}?`}`;
}

/** One line on what was built: `fw.cramfs 4.99 MiB: 22 files, 1267 pages in flash; +1.9 MiB of flash saves 3.2 MiB of RAM`. */
export function buildSummary(image: string, result: BuiltImage, pageSize: number, plan: XipPlan | null): string {
  const head = `${printableName(image)} ${bytesText(result.size, 2)}`;
  const placed = plan === null ? { files: result.directFiles, pages: result.directBlocks } : placedBy(plan);
  if (placed.pages === 0) {
    const none = plan === null ? '' : ', none of them in flash';
    return `${head}: ${count(regularFiles(result.root), 'file')}${none}`;
  }
  const where = `${count(placed.files, 'file')}, ${count(placed.pages, 'page')} in flash`;
  if (plan === null) return `${head}: ${where}`;
  const more = Math.max(0, result.size - plan.plainSize);
  const saved = plan.items.reduce((sum, { leftOut, ramPages }) => sum + (leftOut === null ? ramPages : 0), 0);
  return `${head}: ${where}; +${bytesText(more, 1)} of flash saves ${bytesText(saved * pageSize, 1)} of RAM`;
}

function count(number: number, noun: string, nouns = `${noun}s`): string {
  return `${String(number)} ${number === 1 ? noun : nouns}`;
}

function bytesText(bytes: number, digits: number): string {
  return bytes < 2 ** 20 ? `${(bytes / 2 ** 10).toFixed(0)} KiB` : `${(bytes / 2 ** 20).toFixed(digits)} MiB`;
}

function placedBy({ items }: XipPlan): { files: number; pages: number } {
  const direct = items.filter(({ leftOut }) => leftOut === null);
  return {
    files: new Set(direct.flatMap(({ paths }) => paths)).size,
    pages: direct.reduce((sum, { first, end }) => sum + end - first, 0),
  };
}

function regularFiles(node: ImageNode): number {
  let files = (node.mode & 0o170000) === 0o100000 ? 1 : 0;
  for (const child of node.children ?? []) files += regularFiles(child);
  return files;
}
