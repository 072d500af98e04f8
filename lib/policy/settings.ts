/** What the settings of a policy make of findings. */
import { ALIGNMENT_PADDING } from '../audit/rules/padding.ts';
import { DUPLICATE_DATA } from '../audit/rules/duplicateData.ts';
import { UNMAPPABLE_DIRECT } from '../audit/rules/unmappableDirect.ts';
import type { Severity } from '../findings/definition.ts';
import { type Finding, isFinding } from '../findings/finding.ts';
import { severityRank } from '../findings/findingList.ts';
import { matchesGlobs, type PathGlobs } from './globs.ts';
import type { RuleOptions, RuleSetting } from './policy.ts';

/** A finding as the settings want it; null where it is none to them. The last setting that says a thing counts. */
export function withSettings(finding: Finding, settings: readonly RuleSetting[]): Finding | null {
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

function isFine(finding: Finding, { maxBytes, maxPercent, minBytes = 0, allow }: RuleOptions): boolean {
  if (isFinding(ALIGNMENT_PADDING, finding)) {
    const { bytes, imageBytes } = finding.args;
    if (maxBytes === undefined && maxPercent === undefined) return false;
    return bytes <= (maxBytes ?? Infinity) && bytes * 100 <= (maxPercent ?? Infinity) * imageBytes;
  }
  if (isFinding(UNMAPPABLE_DIRECT, finding) || isFinding(DUPLICATE_DATA, finding)) return finding.args.bytes < minBytes;
  return allow !== undefined && isFor(allow, finding.path);
}

/**
 * How bad findings are of which nothing but id and severity is known: as bad as they may be, where that hangs on the path.
 */
export function worstSeverity(id: string, severity: Severity, settings: readonly RuleSetting[]): Severity | 'off' {
  let worst: Severity | 'off' = severity;
  for (const setting of settings) {
    if (setting.severity === null || !setting.ids.includes(id)) continue;
    if (setting.paths === null) worst = setting.severity;
    else if (rank(setting.severity) > rank(worst)) worst = setting.severity;
  }
  return worst;
}

function rank(severity: Severity | 'off'): number {
  return severity === 'off' ? -1 : severityRank(severity);
}
