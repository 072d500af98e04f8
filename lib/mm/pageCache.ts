/** The page cache: what has been read of files, for all processes of a kernel. */
import type { FolioRead, OpenFile } from './fileOperations.ts';
import type { Kernel } from './kernel.ts';

/** Folios by file and page. */
export class PageCache {
  readonly #kernel: Kernel;
  /** Null until the first read: most processes of a batch read nothing. */
  #folios: Map<OpenFile, Map<number, FolioRead>> | null = null;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Whether page `index` of a file has been read. */
  has(file: OpenFile, index: number): boolean {
    return this.#folios?.get(file)?.has(index) === true;
  }

  /** Page `index` of a file, read once. A failure is logged and tried again the next time. */
  read(file: OpenFile, index: number): FolioRead {
    this.#folios ??= new Map();
    let folios = this.#folios.get(file);
    if (folios === undefined) {
      folios = new Map();
      this.#folios.set(file, folios);
    }
    let read = folios.get(index);
    if (read === undefined) {
      read = file.operations.readFolio(index);
      if ('error' in read) this.#kernel.log.push(...read.log);
      else folios.set(index, read);
    }
    return read;
  }
}
