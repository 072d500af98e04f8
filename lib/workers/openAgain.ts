/**
 * Opens an image in another thread as it is open in this one, without detecting anything again.
 */
import { type InodeLayout, LINUX_INODE, WIDE_INODE } from '../format/inode.ts';
import { type CompressionMethod, inflaterOf, methodOf } from '../image/compression.ts';
import { CramfsImage, type Quirks } from '../image/image.ts';
import { openFileSource } from '../source/nodeFile.ts';

/** How an image is open. It can be sent to another thread. */
export interface Opening {
  /** The image's file, and the byte in it at which the image begins. */
  readonly file: string;
  readonly imageOffset: number;
  /** Bytes of a block. */
  readonly pageSize: number;
  readonly inodeLayout: InodeLayout['name'];
  readonly method: CompressionMethod;
  readonly quirks: Quirks;
}

/** How to open `image`, which is in `file`, again. */
export function openingOf(image: CramfsImage, file: string, imageOffset: number): Opening {
  const { pageSize, inodeLayout, quirks, inflate } = image;
  return { file, imageOffset, pageSize, inodeLayout: inodeLayout.name, method: methodOf(inflate), quirks };
}

/**
 * Opens the image.
 *
 * @throws CramfsError as openFileSource() and CramfsImage.open()
 */
export function openAgain({ file, inodeLayout, method, ...rest }: Opening): CramfsImage {
  return CramfsImage.open(openFileSource(file), {
    ...rest,
    inodeLayout: inodeLayout === WIDE_INODE.name ? WIDE_INODE : LINUX_INODE,
    inflate: inflaterOf(method),
  });
}
