/** Padding between aligned blocks. Less than a page of it every image has, at its end. */
import { defineRule } from '../rule.ts';

export const padding = defineRule(['image/alignment-padding'], ({ image }, report) => ({
  end({ paddingBytes: bytes, imageBytes }) {
    if (bytes >= image.pageSize) report('image/alignment-padding', { path: null, offset: null }, { bytes, imageBytes });
  },
}));
