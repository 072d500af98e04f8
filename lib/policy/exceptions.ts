/** Findings that a policy knows of and does not count. */
import { args, defineFinding } from '../findings/definition.ts';
import { type Finding, makeFinding } from '../findings/finding.ts';
import type { SuppressedFinding } from '../audit/result.ts';
import type { PolicyException } from './policy.ts';
import { isFor } from './settings.ts';

/** `exception` counts from 0, in the order of the file. */
export const EXCEPTION_EXPIRED = defineFinding({
  id: 'policy/exception-expired',
  severity: 'error',
  scope: 'image',
  args: args<{ readonly exception: number; readonly expires: string; readonly reason: string }>(),
  distinct: ({ reason }) => [reason],
  title: 'Expired policy exception',
  cause: ({ expires, reason }) => `the exception "${reason}" was valid until ${expires}`,
  fix: 'fix what it covers, or set a new date',
});

/** `exception` counts from 0, in the order of the file. */
export const EXCEPTION_UNUSED = defineFinding({
  id: 'policy/exception-unused',
  severity: 'warning',
  scope: 'image',
  args: args<{ readonly exception: number; readonly reason: string }>(),
  distinct: ({ reason }) => [reason],
  title: 'Unused policy exception',
  cause: ({ reason }) => `nothing in the image needs the exception "${reason}"`,
  fix: 'remove the exception from the policy',
});

/** The exceptions of a policy, and which of them were of use. */
export class Exceptions {
  readonly #exceptions: readonly PolicyException[];
  readonly #today: string;
  readonly #used = new Set<PolicyException>();

  /** @param today YYYY-MM-DD */
  constructor(exceptions: readonly PolicyException[], today: string) {
    this.#exceptions = exceptions;
    this.#today = today;
  }

  /** The finding as suppressed by the first exception that fits; null where none does. */
  suppress(finding: Finding): SuppressedFinding | null {
    const exception = this.#exceptions.find(
      (each) => !this.#isExpired(each) && each.ids.includes(finding.id) && isFor(each.paths, finding.path),
    );
    if (exception === undefined) return null;
    this.#used.add(exception);
    return { finding, by: 'exception', reason: exception.reason };
  }

  /** Whether all findings of an id are suppressed, wherever they are. */
  coversAll(id: string): boolean {
    return this.#exceptions.some(
      (exception) => !this.#isExpired(exception) && exception.ids.includes(id) && exception.paths === null,
    );
  }

  /**
   * Findings about the exceptions themselves.
   *
   * @param isUnknown whether there may be findings of an id that were not seen
   */
  findings(isUnknown: (id: string) => boolean): Finding[] {
    return this.#exceptions.flatMap((exception, index): Finding[] => {
      const { expires, reason } = exception;
      if (expires !== null && this.#isExpired(exception)) {
        return [makeFinding(EXCEPTION_EXPIRED, null, null, { exception: index, expires, reason })];
      }
      if (this.#used.has(exception) || exception.ids.some(isUnknown)) return [];
      return [makeFinding(EXCEPTION_UNUSED, null, null, { exception: index, reason })];
    });
  }

  #isExpired({ expires }: PolicyException): boolean {
    return expires !== null && expires < this.#today;
  }
}
