/** What completion finds. */

/** The first word of the calls by which shells ask what could follow. */
export const COMPLETE = '__complete';

/** A word that could come next. */
export interface Candidate {
  readonly value: string;
  /** A few words about it; may be empty. */
  readonly description: string;
  /** Whether more of the same word follows: a folder, a list that goes on. */
  readonly open?: boolean;
}

/** What could come next: names of files, which shells know best, or words. */
export type Completion =
  { readonly kind: 'files' | 'folders' } | { readonly kind: 'words'; readonly words: readonly Candidate[] };
