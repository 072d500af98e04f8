/**
 * What a rule of the audit is: the findings that it reports, and what it looks at on the way through an image.
 *
 * An audit goes through the tree once, together with the check. Files that matter to a machine (programs, libraries, whatever
 * has direct blocks) are then started and mapped on the board, and rules see how that went: what Linux does with a file comes out of the
 * kernel model, never out of a rule. Rules keep no more than they need, because images may be large.
 */
import type { AnyDefinition, ArgsOf, Severity } from '../findings/definition.ts';
import type { FindingPlace } from '../findings/finding.ts';
import type { AuditContext } from './context.ts';
import type { Program, ProgramRun } from './programs.ts';
import type { AuditNumbers } from './result.ts';
import type { MappedSubject } from './subject.ts';
import type { SurveyedEntry } from './survey.ts';

/** What a rule looks at. Calls come in this order, and in that of the tree. */
export interface AuditVisitor {
  /** A device node, or an entry whose mode gives more than most files should. */
  special?(entry: SurveyedEntry): void;
  /** A program that was started. */
  program?(program: Program, run: ProgramRun): void;
  /** A program, a library, or another file with direct blocks, and how Linux maps it: not at all if it does not mount. */
  mapped?(subject: MappedSubject): void;
  /** Everything has been seen. */
  end?(numbers: AuditNumbers): void;
}

/** Takes a finding. */
export type AuditReport<D extends AnyDefinition> = <K extends D>(
  definition: K,
  place: FindingPlace,
  args: ArgsOf<K> | (() => ArgsOf<K>),
  severity?: Severity,
) => void;

/** A rule of the audit. */
export interface AuditRule {
  readonly findings: readonly AnyDefinition[];
  /** Begins the audit of one image. */
  begin(context: AuditContext): AuditVisitor;
}

/** Makes a rule that reports no other findings than its own. */
export function defineRule<D extends AnyDefinition>(
  findings: readonly D[],
  begin: (context: AuditContext, report: AuditReport<D>) => AuditVisitor,
): AuditRule {
  return {
    findings,
    begin: (context) =>
      begin(context, (definition, place, args, severity) => {
        context.findings.add(definition, place, args, severity);
      }),
  };
}
