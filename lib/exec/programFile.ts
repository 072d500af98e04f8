/**
 * A file as execve() and the dynamic linker open it, and read it: through the page cache, so with the oddities of Linux's
 * read path.
 */
import { CramfsError } from '../base/errors.ts';
import type { OpenFile } from '../mm/fileOperations.ts';
import type { Board, BoardFile } from '../verdict/board.ts';
import { openForMapping } from '../verdict/process.ts';
import type { ElfReader } from '../elf/elf.ts';

/** Pages that were read, by path: kernel_read() and read(2) leave them in the page cache, however they are stored. */
export type PageReads = Map<string, Set<number>>;

/** An opened program, library or script. */
export class ProgramFile implements ElfReader {
  readonly file: BoardFile;
  /** What is mapped: one for each open(), as mappings of different opens do not merge. */
  readonly openFile: OpenFile;
  /** Bytes of a page of the machine. */
  readonly pageSize: number;
  readonly #log: string[];
  readonly #reads: PageReads | null;
  #page: { readonly index: number; readonly bytes: Uint8Array } | null = null;

  /**
   * @param log the kernel log
   * @param reads gets the pages that are read
   */
  constructor(board: Board, file: BoardFile, log: string[], reads: PageReads | null = null) {
    this.file = file;
    this.openFile = openForMapping(board, file);
    this.pageSize = board.cpu.pageSize;
    this.#log = log;
    this.#reads = reads;
  }

  /** Path in the image, symlinks followed: what /proc/PID/maps shows. */
  get path(): string {
    return this.file.resolved.path;
  }

  get size(): number {
    return this.file.inode.size;
  }

  /** Whether the file may be executed by root, who needs any of the three x bits (do_open_execat()). */
  get isExecutable(): boolean {
    return this.file.inode.type === 'file' && (this.file.inode.mode & 0o111) !== 0;
  }

  /**
   * kernel_read(): bytes [offset, offset + length), cut short where the file ends.
   *
   * @throws CramfsError BAD_BLOCK where a page cannot be read (EIO); IO
   */
  read(offset: number, length: number): Uint8Array {
    return this.#read(offset, length, this.#reads);
  }

  #read(offset: number, length: number, reads: PageReads | null): Uint8Array {
    const end = Math.min(offset + length, this.size);
    if (offset < 0 || !(end > offset)) return new Uint8Array(0);
    const result = new Uint8Array(end - offset);
    for (let at = offset; at < end;) {
      const index = Math.floor(at / this.pageSize);
      const within = at - index * this.pageSize;
      if (reads !== null) noteRead(reads, this.path, index);
      const piece = this.#folio(index).subarray(within, Math.min(this.pageSize, within + end - at));
      result.set(piece, at - offset);
      at += piece.length;
    }
    return result;
  }

  /**
   * The same bytes for a look that neither kernel nor process takes: nothing is logged.
   *
   * @returns null where a page cannot be read
   */
  peek(offset: number, length: number): Uint8Array | null {
    const logged = this.#log.length;
    try {
      return this.#read(offset, length, null);
    } catch (error) {
      if (!(error instanceof CramfsError) || error.code !== 'BAD_BLOCK') throw error;
      this.#log.length = logged;
      return null;
    }
  }

  #folio(index: number): Uint8Array {
    if (this.#page?.index === index) return this.#page.bytes;
    const read = this.openFile.operations.readFolio(index);
    if ('error' in read) {
      this.#log.push(...read.log);
      throw new CramfsError('BAD_BLOCK', {
        path: this.path,
        what: `block ${String(index)}`,
        found: read.log.join(', '),
      });
    }
    this.#page = { index, bytes: read.bytes };
    return read.bytes;
  }
}

function noteRead(reads: PageReads, path: string, page: number): void {
  const pages = reads.get(path) ?? new Set<number>();
  pages.add(page);
  reads.set(path, pages);
}
