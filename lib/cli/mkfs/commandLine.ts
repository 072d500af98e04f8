/**
 * Fixes as commands that can be pasted: the user's own, with options added.
 */

import { quoted } from '../shell.ts';

/**
 * The command that was given, with options more and without others.
 *
 * @param argv the words after the program's name
 * @param without options without a value, to be left out
 */
export function commandWith(
  argv: readonly string[],
  added: readonly string[],
  without: readonly string[] = [],
): string {
  const kept = argv.filter((word) => !without.includes(word));
  return ['cramfs', ...kept, ...added].map(quoted).join(' ');
}
