/** What a page of a mapping shows, as data. */

/**
 * What a page shows.
 *
 * `ok`: the file's bytes, and zeros behind its end; `tail`: the file's bytes, and something else behind its end; `zeros`
 * in place of the file's bytes; `file`: a page of a file that is not the one to be seen; `image`: another part of the image;
 * `foreign`: memory that is not the image's; `sigbus` within the file; `sigbus-behind` behind its end; `sigsegv`: not
 * readable; `killed`: the touch ends the process.
 */
export type Sight =
  | { readonly shows: 'ok' | 'tail' | 'zeros' | 'foreign' | 'sigbus' | 'sigbus-behind' | 'sigsegv' | 'killed' }
  | { readonly shows: 'file'; readonly path: string; readonly page: number }
  | { readonly shows: 'image'; /** Byte offset in the image. */ readonly offset: number };
