/**
 * Images that the fuzzer found the check to pass in silence.
 */
import { expect, test } from '@jest/globals';
import { checkImage } from '../lib/check/checkImage.ts';
import { CRAMFS_FLAG_SORTED_DIRS, S_IFIFO } from '../lib/format/constants.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { buildRawImage } from './support/rawImage.ts';

test('an entry whose name reaches behind the image, in a directory that does not', () => {
  // Without FSID_VERSION_2 the superblock does not say how long the image is, so nothing else can tell.
  const whole = buildRawImage({
    flags: CRAMFS_FLAG_SORTED_DIRS,
    entries: [{ type: 'node', name: 'fifo', mode: S_IFIFO | 0o644, inode: { namelen: 248 } }],
    root: { size: 16 },
  });
  const image = CramfsImage.open(whole.slice(0, 76 + 16));
  const { findings } = checkImage(image);
  expect(findings).toContainEqual(
    expect.objectContaining({ id: 'image/entry-cut', severity: 'error', path: '/', offset: 76 }),
  );
});
