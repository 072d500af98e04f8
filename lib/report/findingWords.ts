/** What a finding says, fit for every report. */
import type { Finding } from '../findings/finding.ts';
import { printableName } from '../format/names.ts';
import { definitionOf } from '../policy/findings.ts';
import { type FixedImage, fixPlace } from './fixPlace.ts';

/** Two sentences without full stops. */
export interface FindingWords {
  readonly cause: string;
  readonly fix: string;
}

/** Cause and fix. Names in them cannot write control characters. */
export function findingWords(finding: Finding, image: FixedImage): FindingWords {
  const definition = definitionOf(finding);
  const place = fixPlace(image, finding.path);
  return { cause: harmless(definition.cause(finding.args)), fix: harmless(definition.fix(finding.args, place)) };
}

/** Backslashes stay as they are: most names have been escaped before. */
function harmless(text: string): string {
  return text.split('\\').map(printableName).join('\\');
}
