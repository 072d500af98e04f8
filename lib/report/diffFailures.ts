/** Conditions of `cramfs diff --fail-on` in words. */
import type { Failure } from '../diff/failOn.ts';
import { plural, size } from '../base/words.ts';
import { shownPath } from '../format/shownPath.ts';

const NAMES = {
  ram: 'RAM with all programs running',
  flash: 'the image',
  padding: 'padding',
  content: 'content',
} as const;
/** Paths that are named. */
const NAMED = 3;

/** "ram=+64K: RAM with all programs running grew by 80 KiB (12.5 %), to 720 KiB". */
export function failureText(failure: Failure): string {
  const { text } = failure.condition;
  if ('before' in failure) {
    const { before, after, condition } = failure;
    const part = before === 0 ? '' : ` (${(((after - before) / before) * 100).toFixed(1)} %)`;
    return `${text}: ${NAMES[condition.name]} grew by ${size(after - before)}${part}, to ${size(after)}`;
  }
  const paths = [...new Set(failure.lost.map(({ path }) => shownPath(path)))];
  const named = paths.slice(0, NAMED).join(', ');
  const more = paths.length > NAMED ? ` and ${String(paths.length - NAMED)} more` : '';
  const what =
    failure.condition.kind === 'direct-lost'
      ? `${plural(paths.length, 'file runs', 'files run')} from flash to a lesser part`
      : plural(paths.length, 'program no longer starts', 'programs no longer start');
  return `${text}: ${what}: ${named}${more}`;
}
