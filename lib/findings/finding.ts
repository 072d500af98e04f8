/** Findings, in ids and values. The words are in their definitions. */
import type { AnyDefinition, ArgsOf, Severity } from './definition.ts';

/** A finding of one definition. */
export interface FindingOf<D extends AnyDefinition> {
  readonly id: D['id'];
  /** As the definition has it, or as a rule or a policy wants it. */
  readonly severity: Severity;
  /** Path in the image, with a leading slash; null for the image as a whole. Paths above 4095 bytes begin with "…". */
  readonly path: string | null;
  /** Byte offset in the image of what the finding is about; null where no byte is. */
  readonly offset: number | null;
  readonly args: ArgsOf<D>;
}

/** A finding of any definition. `isFinding` knows the type of its arguments. */
export interface Finding {
  readonly id: string;
  readonly severity: Severity;
  readonly path: string | null;
  readonly offset: number | null;
  readonly args: Readonly<Record<string, unknown>>;
}

/** What a finding is about: a path, and a byte offset in the image. Null for the image as a whole, and where no byte is. */
export interface FindingPlace {
  /** Asked for only if the finding is kept. */
  readonly path: (() => string) | null;
  readonly offset: number | null;
}

/** A finding of a definition. */
export function makeFinding<D extends AnyDefinition>(
  { id, severity }: D,
  path: string | null,
  offset: number | null,
  args: ArgsOf<D>,
): Finding {
  return { id, severity, path, offset, args: args as Readonly<Record<string, unknown>> };
}

/** Whether a finding is one of a definition. */
export function isFinding<D extends AnyDefinition>(definition: D, finding: Finding): finding is Finding & FindingOf<D> {
  return finding.id === definition.id;
}
