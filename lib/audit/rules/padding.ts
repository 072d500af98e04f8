/** Padding between aligned blocks. Less than a page of it every image has, at its end. */
import { args, defineFinding } from '../../findings/definition.ts';
import { percent, size } from '../../base/words.ts';
import { defineRule } from '../rule.ts';

export const ALIGNMENT_PADDING = defineFinding({
  id: 'image/alignment-padding',
  severity: 'note',
  scope: 'image',
  args: args<{ readonly bytes: number; readonly imageBytes: number }>(),
  title: 'Alignment padding',
  cause: ({ bytes, imageBytes }) =>
    `${size(bytes)} of ${size(imageBytes)} (${percent(bytes, imageBytes)}) is padding between aligned blocks`,
  fix: (_, { rebuildCompressed, rebuildDirect }) =>
    `pack the direct blocks together: ${rebuildDirect()}; or store none: ${rebuildCompressed()}`,
  options: ['max-bytes', 'max-percent'],
});

export const padding = defineRule([ALIGNMENT_PADDING], ({ image }, report) => {
  let hasDirect = false;
  return {
    mapped({ directBlocks }) {
      hasDirect ||= directBlocks > 0;
    },
    end({ paddingBytes: bytes, imageBytes }) {
      if (!hasDirect || bytes < image.pageSize) return;
      report(ALIGNMENT_PADDING, { path: null, offset: null }, { bytes, imageBytes });
    },
  };
});
