/** `--xip-profile`: the captures that a build is to follow. */
import type { CramfsImage } from '../../image/image.ts';
import type { BuildWarning } from '../../mkfs/inodes.ts';
import { type DirectoryEntry, findEntry } from '../../mkfs/sourceTree.ts';
import { treeIndex } from '../../mkfs/treeIndex.ts';
import type { XipWish } from '../../mkfs/xip/wishes.ts';
import type { CaptureReport } from '../../profile/capture.ts';
import { imageIndex } from '../../profile/fileIndex.ts';
import { type CaptureResult, readCaptures } from '../../profile/readCaptures.ts';
import type { UseProfile } from '../../profile/useProfile.ts';
import { openCaptures } from '../captures.ts';
import { openImage } from '../imageOptions.ts';
import { plural } from '../../base/words.ts';
import type { Io } from '../io.ts';

/** A profile, and what there is to say about it. */
export interface XipProfile {
  readonly profile: UseProfile;
  readonly reports: readonly CaptureReport[];
  /** Paths that were written by hand, each of which must match a file. */
  readonly wishes: readonly XipWish[];
  readonly warnings: readonly BuildWarning[];
}

/** What a profile is read for. */
export interface ProfileSource {
  readonly root: DirectoryEntry;
  /** The image that is repacked, if one is. */
  readonly image: CramfsImage | null;
  readonly pageSize: number;
  readonly physBase: number;
}

/**
 * Reads captures. Inode numbers are looked up in the image of `--profile-image`, else in the image that is repacked.
 *
 * @throws CramfsError as readCaptures(); IO; for an image that cannot be read
 */
export function openProfile(
  names: readonly string[],
  profileImage: string | undefined,
  { root, image, pageSize, physBase }: ProfileSource,
  io: Io,
): XipProfile {
  const captures = openCaptures(names);
  const read = (index: Parameters<typeof readCaptures>[1]): CaptureResult =>
    readCaptures(captures, index, { physBase, requireMatch: false });
  if (profileImage === undefined) {
    return withWarnings(read(image === null ? treeIndex(root, pageSize) : imageIndex(image)), root);
  }
  const recorded = openImage(profileImage, { color: 'never' }, io);
  try {
    return withWarnings(read(imageIndex(recorded)), root);
  } finally {
    recorded.close();
  }
}

function withWarnings({ profile, reports }: CaptureResult, root: DirectoryEntry): XipProfile {
  const wishes: XipWish[] = [];
  const warnings: BuildWarning[] = [];
  for (const { kind, name, unknownPaths, dropped, pages } of reports) {
    const isOwn = kind === 'csv' || kind === 'json';
    if (isOwn) wishes.push(...unknownPaths.map((text) => ({ origin: '--xip-profile', text, isPattern: false })));
    const unknown = isOwn ? 0 : dropped.unknownFiles;
    if (pages === 0 && !isOwn) {
      warnings.push({ code: 'lost', path: null, message: `${name} shows no page of the source in use` });
    } else if (unknown > 0) {
      warnings.push({
        code: 'lost',
        path: null,
        message: `${name}: ${plural(unknown, 'line')} about files that are not there`,
      });
    }
  }
  for (const path of profile.paths) {
    if (findEntry(root, path)?.type === 'file') continue;
    warnings.push({ code: 'lost', path, message: 'it was used, and is not in the source' });
  }
  return { profile, reports, wishes, warnings };
}
