/**
 * What the bytes of an image are for, as pictures show it: one order, one legend, the same colours in the report page, in
 * stills and on the terminal. Hues are Okabe and Ito's, which colour-blind people tell apart; lightness and hatching differ
 * too.
 */
import { ACCOUNT_LABELS, type AccountLabel } from '../inspect/account.ts';

/** A kind of bytes in a picture. */
export interface Tone {
  readonly name: 'direct' | 'zlib' | 'stored' | 'metadata' | 'padding' | 'unreferenced' | 'damage' | 'empty';
  /** As the legend says it. */
  readonly title: string;
  readonly light: string;
  readonly dark: string;
  /** Drawn with diagonal lines. */
  readonly hatched: boolean;
  /** A cell of it on a terminal. */
  readonly cell: string;
  /** Its colour on a terminal: an index of the 256 that terminals share, nearest to those above on either background. */
  readonly ansi: number;
}

/** In the order of legends. */
const LOOKS: Readonly<Record<Tone['name'], Omit<Tone, 'name'>>> = {
  direct: { title: 'direct, runs from flash', light: '#0072b2', dark: '#56b4e9', hatched: false, cell: '#', ansi: 32 },
  zlib: { title: 'compressed', light: '#d98c00', dark: '#e69f00', hatched: false, cell: 'z', ansi: 172 },
  stored: { title: 'stored, not mappable', light: '#009e73', dark: '#1fb98c', hatched: false, cell: 's', ansi: 36 },
  metadata: { title: 'metadata', light: '#7a828c', dark: '#8d96a1', hatched: false, cell: 'm', ansi: 245 },
  padding: { title: 'padding', light: '#c3c8ce', dark: '#4a5058', hatched: true, cell: '.', ansi: 250 },
  unreferenced: { title: 'unreferenced', light: '#a8568c', dark: '#cc79a7', hatched: true, cell: '?', ansi: 175 },
  damage: { title: 'overlap or damage', light: '#c43e1c', dark: '#f0693f', hatched: false, cell: '!', ansi: 202 },
  empty: { title: 'outside the image', light: '#e4e6e9', dark: '#2b2f35', hatched: true, cell: ' ', ansi: 240 },
};

/** A tone by its name. */
export const toneNamed = (name: Tone['name']): Tone => ({ name, ...LOOKS[name] });

/** All tones, in the order of legends. */
export const TONES: readonly Tone[] = (Object.keys(LOOKS) as Tone['name'][]).map(toneNamed);

/** What a page of a mapping can be, with the tone that it has in pictures. */
export interface PageState {
  readonly name: 'direct' | 'partly' | 'paged' | 'past';
  readonly title: string;
  readonly tone: Tone['name'];
  /** A cell of it on a terminal. */
  readonly cell: string;
}

/** `partly`: several pages in one cell, of which some are direct. */
const PAGE_LOOKS: Readonly<Record<PageState['name'], Omit<PageState, 'name'>>> = {
  direct: { title: 'direct', tone: 'direct', cell: '#' },
  partly: { title: 'partly direct', tone: 'direct', cell: '+' },
  paged: { title: 'paged', tone: 'zlib', cell: '.' },
  past: { title: 'past end of file', tone: 'empty', cell: '-' },
};

/** The state of a name. */
export const pageState = (name: PageState['name']): PageState => ({ name, ...PAGE_LOOKS[name] });

/** All states, in the order of legends. */
export const PAGE_STATES: readonly PageState[] = (Object.keys(PAGE_LOOKS) as PageState['name'][]).map(pageState);

const TONE_OF: Readonly<Record<AccountLabel, Tone['name']>> = {
  'boot pad': 'padding',
  superblock: 'metadata',
  inserted: 'metadata',
  inode: 'metadata',
  name: 'metadata',
  'block pointer': 'metadata',
  zlib: 'zlib',
  stored: 'stored',
  direct: 'direct',
  'direct-zlib': 'zlib',
  padding: 'padding',
  unreferenced: 'unreferenced',
  trailing: 'unreferenced',
};

/** Index in {@link TONES} of a tone. */
export const toneIndex = (name: Tone['name']): number => TONES.findIndex((tone) => tone.name === name);

/** For each of ACCOUNT_LABELS the index in {@link TONES}. */
export const TONE_OF_LABEL: readonly number[] = ACCOUNT_LABELS.map((label) => toneIndex(TONE_OF[label]));
