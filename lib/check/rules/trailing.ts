/** Bytes behind the end of the image: flash dumps are padded with one byte; anything else is worth knowing. */
import { CRAMFS_FLAG_FSID_VERSION_2 } from '../../format/constants.ts';
import { args, defineFinding } from '../../findings/definition.ts';
import { isFilled } from '../../base/bytes.ts';
import { plural } from '../../base/words.ts';
import { hex } from '../../base/hex.ts';
import { NOTHING } from '../words.ts';
import { readInto } from '../../source/byteSource.ts';
import { defineRule } from '../rule.ts';

export const TRAILING_PADDING = defineFinding({
  id: 'image/trailing-padding',
  severity: 'note',
  scope: 'image',
  args: args<{ readonly length: number; readonly byte: number }>(),
  title: 'Padding after the image',
  cause: ({ length, byte }) => `the image is followed by ${plural(length, 'byte')}, all ${hex(byte)}`,
  fix: NOTHING,
});

export const TRAILING_DATA = defineFinding({
  id: 'image/trailing-data',
  severity: 'warning',
  scope: 'image',
  args: args<{ readonly length: number }>(),
  title: 'Data after the image',
  cause: ({ length }) => `the image is followed by ${plural(length, 'byte')} of other data`,
  fix: (_, { file }) => `check whether it is another image: cramfs scan ${file}`,
});

/** Bytes that are read at a time; they stay in a processor's cache. */
const STEP = 1 << 17;

export const trailing = defineRule([TRAILING_PADDING, TRAILING_DATA], ({ image, hasSize }, report) => ({
  end() {
    const { source, superblock } = image;
    if (!hasSize || !image.hasFlag(CRAMFS_FLAG_FSID_VERSION_2)) return;
    const from = superblock.size;
    const length = source.size - from;
    if (length <= 0) return;
    const [byte = 0] = source.read(from, 1);
    const buffer = new Uint8Array(Math.min(STEP, length));
    for (let at = from; at < source.size; at += STEP) {
      if (!isFilled(buffer.subarray(0, readInto(source, buffer, at)), byte)) {
        report(TRAILING_DATA, from, null, { length });
        return;
      }
    }
    report(TRAILING_PADDING, from, null, { length, byte });
  },
}));
