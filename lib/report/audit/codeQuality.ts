/** An audit as a Code Quality report of GitLab: an array of issues, each with a fingerprint of its own. */
import { jsonText } from '../../base/json.ts';
import type { AuditedImage } from '../../audit/run.ts';
import type { Severity } from '../../findings/definition.ts';
import { plainLine } from '../../format/escapedNames.ts';
import { printableName } from '../../format/names.ts';
import { shownPath } from '../../format/shownPath.ts';
import { definitionOf } from '../../policy/findings.ts';
import { fingerprints } from '../../policy/fingerprint.ts';
import { findingWords } from '../findingWords.ts';
import type { AuditReporter } from './reporter.ts';

const SEVERITIES: Readonly<Record<Severity, string>> = { error: 'critical', warning: 'major', note: 'info' };

export const codeQualityReport: AuditReporter = async function* (images) {
  yield '[';
  let isFirst = true;
  for await (const image of images) {
    const issues = issuesOf(image).map((issue) => jsonText(issue));
    if (issues.length > 0) yield `${isFirst ? '' : ','}\n${issues.join(',\n')}`;
    isFirst &&= issues.length === 0;
  }
  yield '\n]\n';
};

function issuesOf({ image, result, error }: AuditedImage): Record<string, unknown>[] {
  // Issues have a place in the repository: the image's file.
  const location = { path: printableName(image).replace(/^\.\//, ''), lines: { begin: 1 } };
  if (result === null) {
    const description = `the image cannot be read: ${plainLine(error.message)}`;
    return [{ description, check_name: error.code, fingerprint: `${image}:unreadable`, severity: 'blocker', location }];
  }
  const names = fingerprints(result);
  return result.findings.map((finding) => {
    const { cause } = findingWords(finding, result);
    const where = finding.path === null ? '' : `${shownPath(finding.path)}: `;
    return {
      description: `${where}${definitionOf(finding).title}: ${cause}`,
      check_name: finding.id,
      fingerprint: `${image}:${names.get(finding) ?? ''}`,
      severity: SEVERITIES[finding.severity],
      location,
    };
  });
}
