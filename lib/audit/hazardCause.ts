/**
 * Whose fault a violated invariant is: told from where the file's own pointers lead, and from what is seen.
 */
import type { Block } from '../image/blocks.ts';
import type { Board } from '../verdict/board.ts';
import type { Violation } from '../verdict/violation.ts';
import type { MapVerdict } from '../verdict/mapVerdict.ts';
import type { DataOwners } from './dataOwners.ts';
import { readsLastPageAsZeros } from './lastPage.ts';
import type { MappedSubject } from './subject.ts';

/** What stands behind a violation. */
export type HazardCause =
  /** A block of the file that lies behind the end of the image, be it in part. */
  | { readonly kind: 'pointer'; readonly block: Block }
  /** Bytes of another file are seen in a page of this one. */
  | { readonly kind: 'other file'; readonly page: number; readonly other: string }
  /** Nothing of the above: the kernel's own doing. */
  | { readonly kind: 'kernel' };

/** Judges the violations of mappings of one file. */
export class HazardJudge {
  readonly #board: Board;
  readonly #owners: DataOwners;
  readonly #subject: MappedSubject;
  /** See {@link readsLastPageAsZeros}; found out at the first question. */
  #lastPage: number | null | undefined;

  constructor(board: Board, owners: DataOwners, subject: MappedSubject) {
    this.#board = board;
    this.#owners = owners;
    this.#subject = subject;
  }

  /** The cause; null where another finding tells of it. */
  causeOf(verdict: MapVerdict, { code, pages, sees }: Violation): HazardCause | null {
    if (pages === null) return { kind: 'kernel' };
    const { path, blocks } = this.#subject;
    const first = Math.floor(verdict.offset / verdict.pageSize) + pages.first;
    // That the last page reads as zeros is a defect of every kernel, and a finding of the check.
    const isAboutRead = sees?.shows === 'zeros' || code === 'read-differs';
    if (isAboutRead && pages.count === 1 && first === this.#zeroedPage()) return null;
    const outside = blocks()
      .slice(first, first + pages.count)
      .find((block) => this.#isOutside(block));
    if (outside !== undefined) return { kind: 'pointer', block: outside };
    if (sees?.shows === 'file' && sees.path !== path) return { kind: 'other file', page: first, other: sees.path };
    if (sees?.shows !== 'tail') return { kind: 'kernel' };
    // Bytes behind the end of the file are stray memory, too; one of both says it.
    if (code === 'stray-memory') return null;
    const other = this.#tailOwner(verdict, pages.first, first);
    return other === null || other === path ? { kind: 'kernel' } : { kind: 'other file', page: first, other };
  }

  #zeroedPage(): number | null {
    if (this.#lastPage === undefined) this.#lastPage = readsLastPageAsZeros(this.#board, this.#subject);
    return this.#lastPage;
  }

  #isOutside({ kind, start, length }: Block): boolean {
    return kind === 'direct' && start + length > this.#board.image.size;
  }

  /** The file whose data is seen behind the end of this one: that of the first byte there that is not zero. */
  #tailOwner(verdict: MapVerdict, page: number, index: number): string | null {
    const { memory, image } = this.#board;
    const phys = verdict.pages?.[page]?.phys ?? null;
    const bytes = this.#subject.blocks()[index]?.bytes;
    if (phys === null || bytes === undefined) return null;
    const end = phys - memory.base + bytes;
    const tail = image.source.read(end, verdict.pageSize - bytes);
    const at = tail.findIndex((byte) => byte !== 0);
    return at === -1 ? null : this.#owners.at(end + at);
  }
}
