/**
 * Findings of an audit, in ids and values. The words are in report/auditWords.
 */
import type { Severity } from '../check/codes.ts';
import type { AuditArguments, AuditId } from './ids.ts';

/** A finding of one id. */
export interface AuditFindingOf<I extends AuditId> {
  readonly id: I;
  /** As the id has it, or as a policy wants it. */
  readonly severity: Severity;
  /** Path in the image, with a leading slash; null where it is the image as a whole. */
  readonly path: string | null;
  /** Byte offset in the image of what the finding is about; null where no byte is. */
  readonly offset: number | null;
  readonly args: AuditArguments[I];
}

/** A finding; `id` tells the type of `args`. */
export type AuditFinding = { readonly [I in AuditId]: AuditFindingOf<I> }[AuditId];
