/**
 * Which released kernel makes a mapping that keeps all invariants, where the audited one does not: found by mapping.
 */
import { CramfsError } from '../base/errors.ts';
import { RELEASED_MODELS } from '../driver/models/index.ts';
import { KernelBug } from '../mm/kernel.ts';
import type { Board } from '../verdict/board.ts';
import { checkInvariants } from '../verdict/invariants.ts';
import type { MapVerdict } from '../verdict/mapVerdict.ts';
import type { DataOwners } from './dataOwners.ts';
import { HazardJudge } from './hazardCause.ts';
import type { MappedSubject } from './subject.ts';

/** Tries the released kernels of the board's kind, with an MMU or without. */
export class SoundKernels {
  readonly #board: Board;
  readonly #owners: DataOwners;
  #others: readonly Board[] | null = null;

  constructor(board: Board, owners: DataOwners) {
    this.#board = board;
    this.#owners = owners;
  }

  /**
   * The name of the newest one whose mapping of the same request is sound; null where none is.
   *
   * @param end the page at which ends what is seen of the mapping
   * @throws CramfsError IO
   */
  newestFor(subject: MappedSubject, verdict: MapVerdict, end: number): string | null {
    this.#others ??= this.#makeOthers();
    return this.#others.find((board) => this.#isSound(board, subject, verdict, end))?.kernel.name ?? null;
  }

  #makeOthers(): Board[] {
    const hasMmu = this.#board.kernel.nommu === undefined;
    return RELEASED_MODELS.filter(
      ({ name, nommu }) => (nommu === undefined) === hasMmu && name !== this.#board.kernel.name,
    ).map((kernel) => this.#board.variant({ kernel }));
  }

  #isSound(board: Board, subject: MappedSubject, { offset, length, prot, flags }: MapVerdict, end: number): boolean {
    const request = { path: subject.path, offset, length, prot, shared: flags.includes('shared') };
    try {
      const verdict = board.map(request, { trace: true });
      if (verdict.bug !== null) return false;
      const judge = new HazardJudge(board, this.#owners, subject);
      return checkInvariants(verdict, board).every(
        (violation) => (violation.pages?.first ?? 0) >= end || judge.causeOf(verdict, violation) === null,
      );
    } catch (error) {
      if (error instanceof KernelBug || (error instanceof CramfsError && error.code !== 'IO')) return false;
      throw error;
    }
  }
}
