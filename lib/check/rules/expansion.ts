/** Images that unpack to very much more than they are: holes and shared data make 1 GiB out of 20 KiB. */
import { args, defineFinding } from '../../findings/definition.ts';
import { size } from '../../base/words.ts';
import { defineRule } from '../rule.ts';

export const EXPANSION = defineFinding({
  id: 'image/expansion',
  severity: 'warning',
  scope: 'image',
  args: args<{ readonly content: number; readonly image: number }>(),
  title: 'Extreme expansion',
  cause: ({ content, image }) => `an image of ${size(image)} unpacks to ${size(content)}`,
  fix: (_, { image }) => `limit what is extracted: cramfs extract ${image} DIRECTORY --max-bytes 1G --max-ratio 100`,
});

/** zlib alone comes close to this for zeros. */
const RATIO = 1000;
/** What unpacks to less than this harms nobody, in bytes. */
const LEAST = 64 * 1024 * 1024;

export const expansion = defineRule([EXPANSION], ({ image, tally, end: imageEnd }, report) => ({
  end() {
    const { contentBytes: content } = tally;
    if (content < LEAST || content < RATIO * imageEnd) return;
    report(EXPANSION, image.superblock.position, null, { content, image: imageEnd });
  },
}));
