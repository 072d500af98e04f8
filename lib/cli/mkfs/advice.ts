/**
 * What `cramfs mkfs` warns of, and the commands that do what was meant.
 */
import { CramfsError } from '../../base/errors.ts';
import { plural } from '../../base/words.ts';
import type { CramfsImage } from '../../image/image.ts';
import { ElfTally } from '../../mkfs/elfTally.ts';
import { type BuildWarning, makeNodes, UnfitError } from '../../mkfs/inodes.ts';
import { type Listing, missingBlocks, unlistedFiles } from '../../mkfs/listing/listing.ts';
import type { BuildOptions, BuiltImage } from '../../mkfs/mkfs.ts';
import { comparedFacts } from '../../mkfs/repackFacts.ts';
import { type BuiltFormat, type RepackLoss, repackLosses } from '../../mkfs/repackLosses.ts';
import type { DirectoryEntry } from '../../mkfs/sourceTree.ts';
import type { XipPlan } from '../../mkfs/xip/plan.ts';
import { unmatchedWishes, type XipWish } from '../../mkfs/xip/wishes.ts';
import { repackLossText, unmatchedText } from '../../report/mkfsWords.ts';
import { commandWith } from './commandLine.ts';
import type { OpenedTree } from './openTree.ts';
import type { XipOptions } from './xipOptions.ts';

/**
 * What of the source and the listing is not in the image: a vendor's traits, other facts, files that the listing lacks, and
 * blocks that files lack.
 *
 * @param format what is built; null where that nothing of a vendor's is kept is meant
 * @param built the image that was built; `planned`: by a plan of direct blocks
 * @throws CramfsError IO
 */
export function sourceWarnings(
  { image, root, whole }: OpenedTree,
  listing: Listing | null,
  {
    format,
    built,
    planned,
  }: { readonly format: BuiltFormat | null; readonly built: CramfsImage; readonly planned: boolean },
): BuildWarning[] {
  const warnings =
    image === null
      ? []
      : [
          ...(format === null ? [] : lossWarnings(image, format, 'the source')),
          ...comparedFacts(image, built, { whole, planned }).map((loss) => lossWarning(loss, 'the source')),
        ];
  for (const path of listing === null ? [] : unlistedFiles(root, listing)) {
    warnings.push({ code: 'lost', path, message: 'skipped: it is in the source but not in the listing' });
  }
  for (const { path, key, count } of listing === null ? [] : missingBlocks(listing)) {
    warnings.push({ code: 'lost', path, message: `${key}= names ${plural(count, 'block')} past the end of the file` });
  }
  return warnings;
}

/** What of an image's format is not in what is built. @throws CramfsError IO */
export function lossWarnings(image: CramfsImage, built: BuiltFormat, whose: string): BuildWarning[] {
  return repackLosses(image, built).map((loss) => lossWarning(loss, whose));
}

function lossWarning(loss: RepackLoss, whose: string): BuildWarning {
  return { code: 'lost', path: null, message: repackLossText(loss, whose) };
}

/** @throws CramfsError USAGE naming every name that matches no file */
export function requireMatches(root: DirectoryEntry, wishes: readonly XipWish[]): void {
  const unmatched = wishes.length === 0 ? [] : unmatchedWishes(root, wishes);
  if (unmatched.length === 0) return;
  throw new CramfsError('USAGE', {
    found: 'files to execute in place are not in the source',
    lines: unmatched.map(unmatchedText),
  });
}

/** A build that was to place programs and places none: why, and the command that does. */
export function unusedXip(
  options: Pick<XipOptions, 'xip'> & { readonly xipElf?: number },
  elf: ElfTally,
  result: BuiltImage,
  plan: XipPlan | null,
  root: DirectoryEntry,
  littleEndian: boolean,
  argv: readonly string[],
): string | null {
  const asked = (options.xipElf ?? 0) > 0 ? '-X' : options.xip === undefined ? null : '--xip';
  if (asked === null || result.directBlocks > 0 || (plan !== null && plan.items.length > 0)) return null;
  const tally = plan === null ? elf : ElfTally.ofTree(root);
  if (tally.files === 0) return `${asked} has no effect: the source has no ELF file`;
  const found = `${asked} has no effect: ${tally.text()}`;
  const other = tally.bigEndian === tally.files ? littleEndian : tally.bigEndian === 0 && !littleEndian;
  const order = other ? [littleEndian ? '-B' : '-L'] : [];
  if (asked === '--xip') return other ? `${found}; try: ${commandWith(argv, order, ['-B', '-L'])}` : found;
  const added = [...order, '--xip', 'mmu', '--phys', 'ADDRESS'];
  return `${found}; try: ${commandWith(argv, added, ['-X', '-XX', '--xip-elf', ...(other ? ['-B', '-L'] : [])])}`;
}

/** Adds the commands that would succeed. */
export function withFixes(
  error: UnfitError,
  root: DirectoryEntry,
  options: BuildOptions,
  argv: readonly string[],
): CramfsError {
  const fixes: string[] = [];
  const isIds = error.unfit.every(
    ({ code, origin }) => (code === 'uid' || code === 'gid') && origin?.startsWith('device table') !== true,
  );
  if (isIds) fixes.push(`to make root the owner of everything: ${commandWith(argv, ['-q'])}`);
  if (canBeCut(root, options)) fixes.push(`to cut what does not fit: ${commandWith(argv, ['--truncate'], ['-E'])}`);
  return new UnfitError(error.unfit, fixes);
}

function canBeCut(root: DirectoryEntry, options: BuildOptions): boolean {
  try {
    makeNodes(root, { ...options, truncate: true });
    return true;
  } catch (error) {
    if (error instanceof UnfitError) return false;
    throw error;
  }
}
