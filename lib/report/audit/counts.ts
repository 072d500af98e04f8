/** Counts of findings in words. */
import type { AuditTotals } from '../../audit/run.ts';
import type { Style } from '../style.ts';
import { NO_COLOURS } from '../style.ts';
import { plural } from '../../base/words.ts';

type Counts = Pick<AuditTotals, 'counts' | 'suppressed'>;

/** "2 errors, no warnings, 1 note; 3 suppressed": errors always, the rest where there is any. */
export function findingCounts({ counts, suppressed }: Counts, style: Style = NO_COLOURS): string {
  const errors = counts.error > 0 ? style.bad(plural(counts.error, 'error')) : style.good('no errors');
  const parts = [
    errors,
    ...(counts.warning > 0 ? [style.fair(plural(counts.warning, 'warning'))] : []),
    ...(counts.note > 0 ? [plural(counts.note, 'note')] : []),
  ];
  return `${parts.join(', ')}${suppressed > 0 ? style.faint(`; ${String(suppressed)} suppressed`) : ''}`;
}

/** "3 images, 1 of them unreadable: 2 errors". */
export function countsText(totals: AuditTotals, style: Style = NO_COLOURS): string {
  const { images, unreadable } = totals;
  const unread = unreadable === 0 ? '' : style.bad(`, ${String(unreadable)} of them unreadable`);
  return `${plural(images, 'image')}${unread}: ${findingCounts(totals, style)}`;
}
