/** Bytes behind the end of the image: flash dumps are padded with one byte; anything else is worth knowing. */
import { CRAMFS_FLAG_FSID_VERSION_2 } from '../../format/constants.ts';
import { defineRule } from '../rule.ts';

const STEP = 1 << 20;

export const trailing = defineRule(['TRAILING_PADDING', 'TRAILING_DATA'], ({ image, hasSize }, report) => ({
  end() {
    const { source, superblock } = image;
    if (!hasSize || !image.hasFlag(CRAMFS_FLAG_FSID_VERSION_2)) return;
    const from = superblock.size;
    const length = source.size - from;
    if (length <= 0) return;
    const [byte = 0] = source.read(from, 1);
    for (let at = from; at < source.size; at += STEP) {
      if (source.read(at, STEP).some((other) => other !== byte)) {
        report('TRAILING_DATA', from, null, { length });
        return;
      }
    }
    report('TRAILING_PADDING', from, null, { length, byte });
  },
}));
