/** A policy's word on an audit. */
import type { Severity } from '../findings/definition.ts';
import type { Finding } from '../findings/finding.ts';
import { MAX_PER_ID, NO_COUNTS } from '../findings/findingList.ts';
import type { AuditResult, SuppressedFinding } from '../audit/result.ts';
import { budgetFindings } from './budgets.ts';
import { Exceptions } from './exceptions.ts';
import { compareFindings, definitionOf } from './findings.ts';
import type { Policy } from './policy.ts';
import { requirementFindings } from './requirements.ts';
import { withSettings, worstSeverity } from './settings.ts';

type Counts = Record<Severity, number>;

/**
 * An audit as a policy wants it: what it requires and limits is evaluated, then rules get their severities, then exceptions
 * suppress, and exceptions that are expired or of no use are findings too.
 *
 * Findings that the audit only counted are as bad as they may be: exceptions and options that hang on paths or values do
 * not excuse them.
 *
 * @param result of auditImage() with {@link isRequired} as `alsoList`
 * @param today YYYY-MM-DD
 */
export function applyPolicy(result: AuditResult, policy: Policy, today: string): AuditResult {
  const { settings } = policy;
  const exceptions = new Exceptions(policy.exceptions, today);
  const kept: Finding[] = [];
  const suppressed: SuppressedFinding[] = [...result.suppressed];
  const take = (finding: Finding): void => {
    const judged = withSettings(finding, settings);
    if (judged === null) return;
    const known = exceptions.suppress(judged);
    if (known === null) kept.push(judged);
    else suppressed.push(known);
  };
  // An exception for what something else suppressed is of use all the same.
  for (const { finding } of result.suppressed) exceptions.suppress(finding);
  for (const finding of result.findings) take(finding);
  for (const finding of requirementFindings(result.files, policy)) take(finding);
  for (const finding of budgetFindings(result, policy)) take(finding);
  for (const finding of exceptions.findings((id) => (result.omitted[id] ?? 0) > 0)) take(finding);

  const omitted: Record<string, number> = {};
  const counts: Counts = { ...NO_COUNTS };
  const omit = (id: string, severity: Severity, count: number): void => {
    counts[severity] += count;
    if (count > 0) omitted[id] = (omitted[id] ?? 0) + count;
  };
  for (const [id, severity, count] of omittedSeverities(result)) {
    const worst = worstSeverity(id, severity, settings);
    if (worst !== 'off' && !exceptions.coversAll(id)) omit(id, worst, count);
  }
  const findings: Finding[] = [];
  const seen = new Map<string, number>();
  for (const finding of kept.sort(compareFindings)) {
    const count = (seen.get(finding.id) ?? 0) + 1;
    seen.set(finding.id, count);
    if (count > MAX_PER_ID) {
      omit(finding.id, finding.severity, 1);
    } else {
      counts[finding.severity]++;
      findings.push(finding);
    }
  }
  return { ...result, findings, counts, omitted, suppressed };
}

/** How many findings of each id and severity an audit only counted. */
function omittedSeverities({ findings, counts, omitted }: AuditResult): [string, Severity, number][] {
  const left: Counts = { ...counts };
  for (const { severity } of findings) left[severity]--;
  const ids = Object.entries(omitted).map(([id, count]) => {
    const severities = new Set(findings.filter((finding) => finding.id === id).map(({ severity }) => severity));
    return { id, count, severities: severities.size === 0 ? [definitionOf({ id }).severity] : [...severities] };
  });
  // Those of one severity are certain; hazards have several, and what is left is theirs.
  ids.sort((a, b) => a.severities.length - b.severities.length);
  return ids.flatMap(({ id, count, severities }) => {
    let rest = count;
    return severities.map((severity, index): [string, Severity, number] => {
      const taken = index === severities.length - 1 ? rest : Math.min(rest, Math.max(0, left[severity]));
      left[severity] -= taken;
      rest -= taken;
      return [id, severity, taken];
    });
  });
}
