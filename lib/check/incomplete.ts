/** The bounds of a check, or of the audit that goes with it, were reached: no honest image gets there. */
import { args, defineFinding } from '../findings/definition.ts';

/** What there is too much of. */
export type Boundless = 'block pointers' | 'compressed data' | 'programs' | 'mapped pages';

export const CHECK_INCOMPLETE = defineFinding({
  id: 'image/check-incomplete',
  severity: 'error',
  scope: 'entry',
  args: args<{ readonly what: Boundless; readonly limit: number }>(),
  title: 'Incomplete check',
  cause: ({ what, limit }) =>
    `files share so much data that there are more ${what} than an image of this size can hold (${String(limit)}); the rest was not checked`,
  fix: 'do not trust the image: no build tool produces this, and anything may be in the unchecked part',
});
