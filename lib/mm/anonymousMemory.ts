/**
 * Anonymous memory: what has no file behind it, and reads as zeros until it is written.
 */
import type { FileOperations, OpenFile } from './fileOperations.ts';
import type { Folio } from './pageTable.ts';

/** A page of a process's own, of zeros; the bytes are there once they are asked for, as most pages never are. */
export class ZeroFolio implements Folio {
  readonly anonymous = true;
  readonly #pageSize: number;
  #bytes: Uint8Array | null = null;

  constructor(pageSize: number) {
    this.#pageSize = pageSize;
  }

  get bytes(): Uint8Array {
    this.#bytes ??= new Uint8Array(this.#pageSize);
    return this.#bytes;
  }
}

/** Each page is a page of zeros; what is written is copied, as in any private mapping. */
class ZeroPages implements FileOperations {
  readonly mmap = { prepare: () => null, complete: () => null };
  readonly #zeros: ZeroFolio;

  constructor(pageSize: number) {
    this.#zeros = new ZeroFolio(pageSize);
  }

  readFolio(): { readonly bytes: Uint8Array } {
    return this.#zeros;
  }
}

/** What stands in for the file of an anonymous mapping. Its offset is the mapping's own address, as in the kernel. */
export function anonymousMemory(pageSize: number): OpenFile {
  return { name: '', size: Infinity, operations: new ZeroPages(pageSize) };
}

/** Whether a mapping with this file is anonymous memory. */
export function isAnonymous(file: OpenFile): boolean {
  return file.operations instanceof ZeroPages;
}
