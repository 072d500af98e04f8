/** Whether to use colour, and how wide to write. */
import { COLOURS, NO_COLOURS, type Style } from '../report/style.ts';
import type { Io } from './io.ts';

/** What --color takes. */
export type ColourChoice = 'auto' | 'always' | 'never';

/** The style for standard output: NO_COLOR and FORCE_COLOR are honoured, --color outranks both. */
export function styleFor(io: Io, choice: ColourChoice): Style {
  if (choice !== 'auto') return choice === 'always' ? COLOURS : NO_COLOURS;
  const { NO_COLOR, FORCE_COLOR, TERM } = io.env;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return NO_COLOURS;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0') return COLOURS;
  return io.stdout.isTTY && TERM !== 'dumb' ? COLOURS : NO_COLOURS;
}

/** Columns to write to: the terminal's, within reason; in a pipe lines are not broken beyond 100. */
export function widthFor(io: Io): number {
  return Math.min(Math.max(io.stdout.columns ?? 80, 40), 120);
}
