/** Images that unpack to very much more than they are: holes and shared data make 1 GiB out of 20 KiB. */
import { defineRule } from '../rule.ts';

/** zlib alone comes close to this for zeros. */
const RATIO = 1000;
/** What unpacks to less than this harms nobody, in bytes. */
const LEAST = 64 * 1024 * 1024;

export const expansion = defineRule(['EXPANSION'], ({ image, tally, end: imageEnd }, report) => ({
  end() {
    const { contentBytes: content } = tally;
    if (content < LEAST || content < RATIO * imageEnd) return;
    report('EXPANSION', image.superblock.position, null, { content, image: imageEnd });
  },
}));
