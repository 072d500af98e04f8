/**
 * The file that an image is built in: block after block, so that no image is held in memory, under a temporary name until
 * it is whole. For anything but a regular file the image is built in memory.
 */
import type { DirectoryEntry } from '../../mkfs/sourceTree.ts';
import { CramfsImage } from '../../image/image.ts';
import { type BuildOptions, type BuiltImage, buildImage, drawImage } from '../../mkfs/mkfs.ts';
import { StoredCanvas } from '../../mkfs/storedCanvas.ts';
import { openOptionsOf, type VendorFormat } from '../../mkfs/vendorFormat.ts';
import { verifyBuilt } from '../../mkfs/verifyBuilt.ts';
import { type ByteSource, bytesSource, cachedSource } from '../../source/byteSource.ts';
import { openStoredOutput, type OutputRules, type StoredOutput, writeOutput } from '../outputFile.ts';

/** An image on its way to its file. It must be discarded in the end, which does nothing to one that has its name. */
export class ImageOutput {
  readonly #path: string;
  readonly #rules: OutputRules;
  #file: StoredOutput | null = null;
  #bytes: Uint8Array | null = null;
  #source: ByteSource | null = null;

  /** @param path of the file */
  constructor(path: string, rules: OutputRules) {
    this.#path = path;
    this.#rules = rules;
  }

  /** Builds the image. @throws CramfsError CANNOT_WRITE, and as buildImage() */
  async build(root: DirectoryEntry, options: BuildOptions): Promise<BuiltImage> {
    const file = openStoredOutput(this.#path, this.#rules);
    if (file === null) {
      const built = await buildImage(root, options);
      this.take(built.bytes);
      return built;
    }
    this.#file = file;
    const canvas = new StoredCanvas(file.storage);
    const built = await drawImage(root, canvas, options);
    canvas.finish();
    const { storage } = file;
    this.#source = cachedSource({
      size: () => built.size,
      readInto: (target, offset) => storage.read(target, offset),
      close: () => undefined,
    });
    return built;
  }

  /** Takes an image that was built in memory. */
  take(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#source = bytesSource(bytes);
  }

  /** Looks at the image as a stranger: see verifyBuilt(). @throws CramfsError BROKEN_PLAN */
  verify(pageSize: number, format?: VendorFormat): void {
    if (this.#source !== null) verifyBuilt(this.#source, pageSize, format);
  }

  /** The image that was built. @throws CramfsError */
  image(pageSize: number, format: VendorFormat): CramfsImage | null {
    return this.#source === null ? null : CramfsImage.open(this.#source, { pageSize, ...openOptionsOf(format) });
  }

  /** Gives the file its name. @throws CramfsError CANNOT_WRITE; USAGE for a name that was taken meanwhile */
  async commit(): Promise<void> {
    if (this.#bytes !== null) await writeOutput(this.#path, this.#bytes, this.#rules);
    else this.#file?.commit();
  }

  /** Leaves nothing of it, unless it was committed. */
  discard(): void {
    this.#file?.discard();
  }
}
