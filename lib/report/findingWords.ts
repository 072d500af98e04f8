/** What a finding says, fit for every report. */
import type { Finding } from '../findings/finding.ts';
import { printableName } from '../format/names.ts';
import { definitionOf } from '../policy/findings.ts';
import type { FindingRun } from './findingRuns.ts';
import { type FixedImage, fixPlace } from './fixPlace.ts';

/** Two sentences without full stops. */
export interface FindingWords {
  readonly cause: string;
  readonly fix: string;
}

/** Cause and fix. Names in them cannot write control characters. */
export function findingWords(finding: Finding, image: FixedImage): FindingWords {
  return runWords({ first: finding, cause: definitionOf(finding).cause(finding.args) }, image);
}

/** The same of a run of findings. */
export function runWords({ first, cause }: FindingRun, image: FixedImage): FindingWords {
  const fix = definitionOf(first).fix(first.args, fixPlace(image, first.path));
  return { cause: harmless(cause), fix: harmless(fix) };
}

/** Backslashes stay as they are: most names have been escaped before. */
function harmless(text: string): string {
  return text.split('\\').map(printableName).join('\\');
}
