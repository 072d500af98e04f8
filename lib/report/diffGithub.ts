/** `cramfs diff --format github`: annotations of GitHub Actions. */
import type { ImageDiff } from '../diff/diffResult.ts';
import type { Failure } from '../diff/failOn.ts';
import { printableName } from '../format/names.ts';
import { shownPath } from '../format/shownPath.ts';
import { plural, size } from '../base/words.ts';
import { failureText } from './diffFailures.ts';
import { githubCommand } from './githubCommand.ts';

/** Annotations that are written: GitHub shows ten of a kind. */
const MOST = 50;

/** An error for each condition that is met, a warning for each mapping that is less direct, and a line in the log. */
export function diffGithub(diff: ImageDiff, failed: readonly Failure[]): string {
  const { images, numbers, removed, added, changed, omitted } = diff;
  const errors = failed.map((failure) => githubCommand('error', images.b, 'cramfs diff', failureText(failure)));
  const lost = diff.xip
    .filter((change) => change.lost)
    .map(({ path, segment, a, b }) => {
      const what = `${shownPath(path)}${segment === null ? '' : ` ${segment.kind}`}`;
      const message = `${what} runs from flash to a lesser part: RAM ${size(a.ramBytes)} → ${size(b.ramBytes)}`;
      return githubCommand('warning', images.b, 'No longer direct', message);
    });
  const files = removed.length + added.length + changed.length + omitted;
  const sizes = `image ${size(numbers.a.imageBytes)} → ${size(numbers.b.imageBytes)}`;
  const names = `${printableName(images.a)} → ${printableName(images.b)}`;
  // In front of a line "::" would make it a command; these words never do.
  return `${errors.join('')}${lost.slice(0, MOST).join('')}diff of ${names}: ${plural(files, 'file')}, ${sizes}\n`;
}
