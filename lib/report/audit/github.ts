/** Annotations of GitHub Actions: a workflow command for each finding, as the runner reads them from standard output. */
import type { AuditResult } from '../../audit/result.ts';
import { diagnosisLineText } from '../diagnosisWords.ts';
import { addToTotals, type AuditedImage, NO_TOTALS } from '../../audit/run.ts';
import type { Severity } from '../../findings/definition.ts';
import type { Finding } from '../../findings/finding.ts';
import { plainLine } from '../../format/escapedNames.ts';
import { shownPath } from '../../format/shownPath.ts';
import { definitionOf } from '../../policy/findings.ts';
import { countsText } from './counts.ts';
import { findingWords } from '../findingWords.ts';
import { githubCommand } from '../githubCommand.ts';
import type { AuditReporter } from './reporter.ts';

const COMMANDS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', note: 'notice' };

export const githubReport: AuditReporter = async function* (images) {
  let totals = NO_TOTALS;
  for await (const image of images) {
    totals = addToTotals(totals, image);
    yield annotationsOf(image).join('');
  }
  // In front of a line "::" would make it a command; a count never does.
  yield `${countsText(totals)}\n`;
};

function annotationsOf({ image, diagnosis, result, error }: AuditedImage): string[] {
  if (result === null) return [githubCommand('error', image, 'the image cannot be read', plainLine(error.message))];
  const first = diagnosis === null ? [] : [plainLine(diagnosisLineText(diagnosis))];
  return [
    ...first.map((line) => githubCommand('error', image, 'the dump is not the image as it was written', line)),
    ...result.findings.map((finding) =>
      githubCommand(
        COMMANDS[finding.severity],
        image,
        `${finding.id}: ${definitionOf(finding).title}`,
        messageOf(finding, result),
      ),
    ),
  ];
}

function messageOf(finding: Finding, result: AuditResult): string {
  const { cause, fix } = findingWords(finding, result);
  return `${finding.path === null ? '' : `${shownPath(finding.path)}: `}${cause}\nto fix: ${fix}`;
}
