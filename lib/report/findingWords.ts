/** What a finding says, fit for every report. */
import type { Finding } from '../findings/finding.ts';
import { printableName } from '../format/names.ts';
import { shownPath } from '../format/shownPath.ts';
import { definitionOf } from '../policy/findings.ts';
import { shellWord } from './shellWord.ts';

/** Two sentences without full stops. */
export interface FindingWords {
  readonly cause: string;
  readonly fix: string;
}

/**
 * Cause and fix. Names in them cannot write control characters.
 *
 * @param image the image as the user named it, for commands
 */
export function findingWords(finding: Finding, image: string): FindingWords {
  const definition = definitionOf(finding);
  const place = {
    image: shellWord(image, 'IMAGE'),
    path: finding.path === null ? null : shownPath(finding.path),
  };
  return { cause: harmless(definition.cause(finding.args)), fix: harmless(definition.fix(finding.args, place)) };
}

/** Backslashes stay as they are: most names have been escaped before. */
function harmless(text: string): string {
  return text.split('\\').map(printableName).join('\\');
}
