/** Findings that a policy knows of and does not count. */
import type { AuditFinding } from '../audit/finding.ts';
import { type AuditId, defaultSeverity } from '../audit/ids.ts';
import type { SuppressedFinding } from '../audit/result.ts';
import type { PolicyException } from './policy.ts';
import { isFor } from './settings.ts';

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
  suppress(finding: AuditFinding): SuppressedFinding | null {
    const exception = this.#exceptions.find(
      (each) => !this.#isExpired(each) && each.ids.includes(finding.id) && isFor(each.paths, finding.path),
    );
    if (exception === undefined) return null;
    this.#used.add(exception);
    return { finding, by: 'exception', reason: exception.reason };
  }

  /** Whether all findings of an id are suppressed, wherever they are. */
  coversAll(id: AuditId): boolean {
    return this.#exceptions.some(
      (exception) => !this.#isExpired(exception) && exception.ids.includes(id) && exception.paths === null,
    );
  }

  /**
   * Findings about the exceptions themselves.
   *
   * @param isUnknown whether there may be findings of an id that were not seen
   */
  findings(isUnknown: (id: AuditId) => boolean): AuditFinding[] {
    return this.#exceptions.flatMap((exception, index): AuditFinding[] => {
      const { expires, reason } = exception;
      const place = { path: null, offset: null };
      if (expires !== null && this.#isExpired(exception)) {
        const id = 'policy/exception-expired';
        return [{ id, severity: defaultSeverity(id), ...place, args: { exception: index, expires, reason } }];
      }
      if (this.#used.has(exception) || exception.ids.some(isUnknown)) return [];
      const id = 'policy/exception-unused';
      return [{ id, severity: defaultSeverity(id), ...place, args: { exception: index, reason } }];
    });
  }

  #isExpired({ expires }: PolicyException): boolean {
    return expires !== null && expires < this.#today;
  }
}
