/**
 * Opening an image in another thread as it is open in this one: nothing about it is found out a second time.
 */
import { type InodeLayout, LINUX_INODE, WIDE_INODE } from '../format/inode.ts';
import { CramfsImage, type Quirks } from '../image/image.ts';
import { inflateLzma } from '../image/lzma.ts';
import { openFileSource } from '../source/nodeFile.ts';

/** How an image is open. It can be sent to another thread. */
export interface Opening {
  /** The image's file, and the byte in it at which the image begins. */
  readonly file: string;
  readonly imageOffset: number;
  /** Bytes of a block. */
  readonly pageSize: number;
  readonly inodeLayout: InodeLayout['name'];
  readonly method: 'zlib' | 'lzma';
  readonly quirks: Quirks;
}

/** How an image is open that is in a file. */
export function openingOf(image: CramfsImage, file: string, imageOffset: number): Opening {
  const { pageSize, inodeLayout, quirks, inflate } = image;
  const method = inflate === inflateLzma ? 'lzma' : 'zlib';
  return { file, imageOffset, pageSize, inodeLayout: inodeLayout.name, method, quirks };
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
    inflate: method === 'lzma' ? inflateLzma : undefined,
  });
}
