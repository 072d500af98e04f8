/** What a vector came to, in a word: for statistics, and for choosing vectors that are worth asking. */
import type { LabVectorRecord } from './record.ts';

/** Outcomes that a mapping can have, as {@link outcomeOf} names them, and how often each is wanted. */
export const OUTCOMES: ReadonlyMap<string, number> = new Map([
  ['pfnmap', 5],
  ['mixedmap', 5],
  ['mixedmap, last page is shared', 3],
  ['vma is writable', 2],
  ['beyond file limit', 2],
  ['unsuitable block layout', 4],
  ['unsuitable block layout: image offset 0', 2],
  ['data is not page aligned', 3],
  ['no suitable block remaining', 2],
  ['not offered', 1],
  ['EACCES', 1],
  ['EINVAL', 1],
  ['ENODEV', 1],
  ['ENOMEM', 1],
  ['EOVERFLOW', 1],
  ['open: EROFS', 1],
  ['open: EISDIR', 0.5],
  ['open: ENOENT', 0.5],
  ['open: ENOTDIR', 0.5],
]);

/**
 * What a vector came to: `pfnmap`, `mixedmap`, the kernel's reason for mapping nothing directly, `not offered` where the
 * image does not let files be mapped directly, `does not return` where the kernel oopses, or the name of an error.
 */
export function outcomeOf({ errno, failed, kmsg, state, bug, returned }: LabVectorRecord): string {
  if (bug !== undefined || returned === false) return 'does not return';
  if (errno !== null) return failed === 'open' ? `open: ${errno}` : errno;
  const isShared = kmsg.some((line) => line.endsWith('last page is shared'));
  if (state === 'pfnmap') return 'pfnmap';
  if (state === 'mixedmap') return isShared ? 'mixedmap, last page is shared' : 'mixedmap';
  const reason = kmsg
    .map((line) => /direct mmap impossible: (.*)$/.exec(line)?.[1])
    .find((found) => found !== undefined);
  if (reason === undefined) return 'not offered';
  // A walk that stops says so; a run at image offset 0 counts as none without a word.
  const isZero = reason === 'unsuitable block layout' && !kmsg.some((line) => line.startsWith('cramfs: range:'));
  return isZero ? `${reason}: image offset 0` : reason;
}

/** How often each outcome came up, the frequent ones first. */
export function countOutcomes(outcomes: Iterable<string>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const outcome of outcomes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return new Map([...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
}
