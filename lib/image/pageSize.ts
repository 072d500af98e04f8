/**
 * What block size an image was made for. The format does not record it; the pointers of a file often betray it.
 */
import { decodeBlockPointer } from '../format/blockPointer.ts';
import { blockCount } from './blocks.ts';
import { type CramfsImage, type Inode, PAGE_SIZES } from './image.ts';

/**
 * Guesses the block size from one file, reading a few bytes of it.
 *
 * A first block that is compressed starts where the pointer table ends, so a zlib header stands there for the right size
 * only. Three direct blocks that follow each other do so at the distance of a page.
 *
 * @returns bytes, or null when the file does not tell; the image's own page size whenever that is possible
 */
export function guessPageSize(image: CramfsImage, inode: Inode): number | null {
  if (inode.type !== 'file' || inode.size === 0) return null;
  let guesses = guessed.get(image);
  if (guesses === undefined) guessed.set(image, (guesses = new WeakMap()));
  let guess = guesses.get(inode);
  if (guess === undefined) guesses.set(inode, (guess = guessOnce(image, inode)));
  return guess;
}

/** By image, since one opened with other blocks has the same inodes: batches ask about the same files again and again. */
const guessed = new WeakMap<CramfsImage, WeakMap<Inode, number | null>>();

function guessOnce(image: CramfsImage, inode: Inode): number | null {
  const sizes = [image.pageSize, ...PAGE_SIZES.filter((size) => size !== image.pageSize)];
  return sizes.find((size) => plausible(image, inode, size) === true) ?? null;
}

/** Whether a block size fits: yes, no, or (null) it cannot be told. */
function plausible(image: CramfsImage, inode: Inode, pageSize: number): boolean | null {
  const count = blockCount(inode.size, pageSize);
  const pointer = (index: number): number | null => {
    const at = inode.ino + index * 4;
    return image.source.read(at, 4).length === 4 ? image.words.u32(at) : null;
  };
  const first = pointer(0);
  if (first === null) return false;
  const { direct, uncompressed, address } = decodeBlockPointer(first);
  if (direct) {
    if (!uncompressed) return null;
    // Two steps of the same length: a single gap between blocks must not pass for a larger page.
    for (const index of [1, 2]) {
      if (index === 2 && count === 2) {
        // The table ends here: one step will do where the next word cannot be a pointer that follows.
        const after = pointer(index);
        const beyond = after === null ? null : decodeBlockPointer(after);
        return beyond !== null && !beyond.direct && beyond.address < address + 2 * pageSize ? true : null;
      }
      const word = index < count ? pointer(index) : null;
      const next = word === null ? null : decodeBlockPointer(word);
      if (next === null || !next.direct || !next.uncompressed) return null;
      if (next.address !== address + index * pageSize) return false;
    }
    return true;
  }
  const start = inode.ino + count * 4;
  if (address === start) return null;
  if (address < start) return false;
  if (uncompressed) return address - start === Math.min(pageSize, inode.size);
  const header = image.source.read(start, 2);
  // RFC 1950: method 8, window of at most 32 KiB, and the two bytes a multiple of 31.
  const [cmf = 0, flg = 0] = header;
  return header.length === 2 && (cmf & 0x0f) === 8 && cmf >>> 4 <= 7 && (cmf * 256 + flg) % 31 === 0;
}
