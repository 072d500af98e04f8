/**
 * What is selected, what is asked about it and how the views look: shared by all views and kept in the URL's fragment, so
 * that a link shows a colleague the same.
 */

/** The selection. */
export interface Selection {
  /** Lossless path of a file; null for none. */
  readonly path: string | null;
  /** Image offset that is looked at; null for none. */
  readonly offset: number | null;
}

/** What the form asks of the file: forgotten when another file is selected. */
export const ASKED_KEYS = ['part', 'offset', 'length', 'prot'] as const;
/** What else the form asks: stays from file to file. */
export const MACHINE_KEYS = ['sharing', 'kernel', 'phys', 'pageSize'] as const;
/** How map, treemap and table look. */
export const VIEW_KEYS = ['columns', 'kind', 'filter', 'sort', 'area'] as const;

/** A part of the fragment besides the selection. */
export type Key = (typeof ASKED_KEYS)[number] | (typeof MACHINE_KEYS)[number] | (typeof VIEW_KEYS)[number];

const KEYS: readonly string[] = [...ASKED_KEYS, ...MACHINE_KEYS, ...VIEW_KEYS];

/** Texts of the keys that differ from what a view begins with. */
export type Details = Readonly<Partial<Record<Key, string>>>;

type Listener = (selection: Selection, details: Details) => void;
type LinkListener = (details: Details) => void;

/** Keeps selection and details, and calls the views back. */
export class State {
  #selection: Selection = { path: null, offset: null };
  #details: Details = {};
  #started = false;
  /** The timer of a fragment that is to be written; 0 for none. */
  #writing = 0;
  readonly #listeners: Listener[] = [];
  readonly #linkListeners: LinkListener[] = [];

  constructor() {
    window.addEventListener('hashchange', () => {
      if (location.hash !== toHash(this.#selection, this.#details)) this.start();
    });
  }

  get selection(): Selection {
    return this.#selection;
  }

  /** Selects, and writes the fragment. */
  select(selection: Selection): void {
    if (selection.path !== this.#selection.path) this.#details = without(this.#details, ASKED_KEYS);
    this.#selection = selection;
    this.#write();
    this.#tell();
  }

  /**
   * Changes details, of which the caller shows what follows, and writes the fragment soon: writing takes longer than a mapping,
   * and changes come one after the other. Null: as a view begins.
   */
  set(changes: Readonly<Partial<Record<Key, string | null>>>): void {
    this.#details = merged(this.#details, changes);
    this.#writing ||= window.setTimeout(() => {
      this.#write();
    });
  }

  /** Takes what the fragment says, and calls all views back. */
  start(): void {
    this.#stopWriting();
    const { selection, details } = fromHash(location.hash);
    this.#selection = selection;
    this.#details = details;
    for (const listener of this.#linkListeners) listener(details);
    this.#started = true;
    this.#tell();
  }

  /** Calls back at each selection, and now if there is one already. */
  listen(listener: Listener): void {
    this.#listeners.push(listener);
    if (this.#started) listener(this.#selection, this.#details);
  }

  /** Calls back when a link is opened, before what it selects is told, and now if that has been. */
  listenToLinks(listener: LinkListener): void {
    this.#linkListeners.push(listener);
    if (this.#started) listener(this.#details);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener(this.#selection, this.#details);
  }

  #stopWriting(): void {
    window.clearTimeout(this.#writing);
    this.#writing = 0;
  }

  #write(): void {
    this.#stopWriting();
    const hash = toHash(this.#selection, this.#details);
    // An empty fragment is written as "#": a page from disk cannot name itself without.
    if (hash !== location.hash && !(hash === '' && location.hash === '#'))
      history.replaceState(null, '', hash === '' ? '#' : hash);
  }
}

const isKey = (name: string): name is Key => KEYS.includes(name);

const without = (details: Details, keys: readonly Key[]): Details =>
  Object.fromEntries(Object.entries(details).filter(([key]) => !isKey(key) || !keys.includes(key)));

function merged(details: Details, changes: Readonly<Partial<Record<Key, string | null>>>): Details {
  const all: [string, string | null][] = Object.entries({ ...details, ...changes });
  return Object.fromEntries(all.filter(([, value]) => value !== null));
}

function toHash({ path, offset }: Selection, details: Details): string {
  const parts = [
    ...(path === null ? [] : [`file=${encodeURIComponent(escapeLone(path))}`]),
    ...(offset === null ? [] : [`at=0x${offset.toString(16)}`]),
    ...KEYS.flatMap((key) => {
      const value = isKey(key) ? details[key] : undefined;
      return value === undefined ? [] : [`${key}=${encodeURIComponent(escapeLone(value))}`];
    }),
  ];
  return parts.length === 0 ? '' : `#${parts.join('&')}`;
}

function fromHash(hash: string): { readonly selection: Selection; readonly details: Details } {
  const parameters = new Map(
    hash
      .slice(1)
      .split('&')
      .map((part): [string, string] => {
        const cut = part.indexOf('=');
        return cut === -1 ? [part, ''] : [part.slice(0, cut), decoded(part.slice(cut + 1))];
      }),
  );
  const file = parameters.get('file') ?? '';
  const at = Number(parameters.get('at') ?? NaN);
  return {
    selection: { path: file === '' ? null : file, offset: Number.isSafeInteger(at) && at >= 0 ? at : null },
    details: Object.fromEntries([...parameters].filter(([key]) => isKey(key))),
  };
}

/** Bytes that are not valid UTF-8 are lone surrogates in paths, which a URL cannot hold: `\udcXX`; a backslash is doubled. */
const escapeLone = (path: string): string =>
  path.replaceAll('\\', '\\\\').replaceAll(/[\ud800-\udfff]/gu, (letter) => `\\u${letter.charCodeAt(0).toString(16)}`);

function decoded(text: string): string {
  try {
    return decodeURIComponent(text).replaceAll(/\\(?:\\|u(d[89a-f][0-9a-f]{2}))/g, (_all, digits?: string) =>
      digits === undefined ? '\\' : String.fromCharCode(Number.parseInt(digits, 16)),
    );
  } catch {
    return text;
  }
}
