/**
 * The stored content of a file, read a page at a time: what the image's maker put in, which is not always what Linux reads
 * (exec/programFile).
 */
import type { ElfReader } from '../elf/elf.ts';
import { type Block, fileBlock } from '../image/blocks.ts';
import { readBlock } from '../image/content.ts';
import type { CramfsImage, Inode } from '../image/image.ts';

/** A file of the image, for readers of headers. */
export class StoredFile implements ElfReader {
  readonly #image: CramfsImage;
  readonly #inode: Inode;
  #page: { readonly index: number; readonly bytes: Uint8Array } | null = null;

  constructor(image: CramfsImage, inode: Inode) {
    this.#image = image;
    this.#inode = inode;
  }

  get size(): number {
    return this.#inode.size;
  }

  /**
   * The bytes [offset, offset + length), cut short where the file ends.
   *
   * @throws CramfsError as readBlock()
   */
  read(offset: number, length: number): Uint8Array {
    const end = Math.min(offset + length, this.size);
    if (offset < 0 || !(end > offset)) return new Uint8Array(0);
    const { pageSize } = this.#image;
    const result = new Uint8Array(end - offset);
    for (let at = offset; at < end;) {
      const index = Math.floor(at / pageSize);
      const within = at - index * pageSize;
      const piece = this.#block(index).subarray(within, within + end - at);
      result.set(piece, at - offset);
      at += piece.length;
    }
    return result;
  }

  #block(index: number): Uint8Array {
    if (this.#page?.index !== index) {
      const block: Block = fileBlock(this.#image, this.#inode, index);
      this.#page = { index, bytes: readBlock(this.#image, block) };
    }
    return this.#page.bytes;
  }
}
