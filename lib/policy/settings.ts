/** What the settings of a policy make of findings. */
import type { Severity } from '../check/codes.ts';
import type { AuditFinding } from '../audit/finding.ts';
import type { AuditId } from '../audit/ids.ts';
import { matchesGlobs, type PathGlobs } from './globs.ts';
import type { RuleOptions, RuleSetting } from './policy.ts';

const ORDER: readonly Severity[] = ['info', 'warning', 'error'];

/** A finding as the settings want it; null where it is none to them. The last setting that says a thing counts. */
export function withSettings(finding: AuditFinding, settings: readonly RuleSetting[]): AuditFinding | null {
  let severity: Severity | 'off' = finding.severity;
  const options: { -readonly [K in keyof RuleOptions]: RuleOptions[K] } = {};
  for (const setting of settings) {
    if (!setting.ids.includes(finding.id) || !isFor(setting.paths, finding.path)) continue;
    severity = setting.severity ?? severity;
    const { maxBytes, maxPercent, minBytes, allow } = setting.options;
    // Bounds that belong together are set together.
    if (maxBytes !== undefined || maxPercent !== undefined) Object.assign(options, { maxBytes, maxPercent });
    if (minBytes !== undefined) options.minBytes = minBytes;
    if (allow !== undefined) options.allow = allow;
  }
  if (severity === 'off' || isFine(finding, options)) return null;
  return severity === finding.severity ? finding : { ...finding, severity };
}

/** Whether something for these paths, or for all, is for a finding there. */
export function isFor(paths: PathGlobs | null, path: string | null): boolean {
  return paths === null || (path !== null && matchesGlobs(path, paths));
}

function isFine(finding: AuditFinding, { maxBytes, maxPercent, minBytes = 0, allow }: RuleOptions): boolean {
  switch (finding.id) {
    case 'image/alignment-padding': {
      const { bytes, imageBytes } = finding.args;
      if (maxBytes === undefined && maxPercent === undefined) return false;
      return bytes <= (maxBytes ?? Infinity) && bytes * 100 <= (maxPercent ?? Infinity) * imageBytes;
    }
    case 'xip/unmappable-direct':
    case 'image/duplicate-data':
      return finding.args.bytes < minBytes;
    default:
      return allow !== undefined && isFor(allow, finding.path);
  }
}

/**
 * How bad findings are of which nothing but id and severity is known: as bad as they may be, where that hangs on the path.
 */
export function worstSeverity(id: AuditId, severity: Severity, settings: readonly RuleSetting[]): Severity | 'off' {
  let worst: Severity | 'off' = severity;
  for (const setting of settings) {
    if (setting.severity === null || !setting.ids.includes(id)) continue;
    if (setting.paths === null) worst = setting.severity;
    else if (rank(setting.severity) > rank(worst)) worst = setting.severity;
  }
  return worst;
}

function rank(severity: Severity | 'off'): number {
  return severity === 'off' ? -1 : ORDER.indexOf(severity);
}
