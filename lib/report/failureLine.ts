/** A call that fails, in a sentence. */
import type { FailedVerdict } from '../verdict/mapVerdict.ts';
import { adviceCause } from './mapAdvice.ts';
import type { Style } from './style.ts';

/** How a call fails: "EINVAL: mmap fails, the length is 0." */
export function failureLine({ errno, failed, advice }: FailedVerdict, style: Style): string {
  const why = advice === null ? '' : `, ${adviceCause(advice)}`;
  return `${style.bad(errno ?? 'refused')}: ${failed ?? 'mmap'} fails${why}.`;
}
