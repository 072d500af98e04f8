/** What is selected, shared by all views and kept in the URL's fragment. */

/** The selection. */
export interface Selection {
  /** Lossless path of a file; null for none. */
  readonly path: string | null;
  /** Image offset that is looked at; null for none. */
  readonly offset: number | null;
}

type Listener = (selection: Selection) => void;

/** Keeps the selection and tells the views. */
export class State {
  #selection: Selection = { path: null, offset: null };
  #started = false;
  readonly #listeners: Listener[] = [];

  constructor() {
    window.addEventListener('hashchange', () => {
      this.#take(fromHash(location.hash));
    });
  }

  get selection(): Selection {
    return this.#selection;
  }

  /** Selects, and writes the fragment. */
  select(selection: Selection): void {
    const hash = toHash(selection);
    if (hash !== location.hash && !(hash === '' && location.hash === '#'))
      history.replaceState(null, '', hash === '' ? '#' : hash);
    this.#take(selection);
  }

  /** Takes what the fragment says, and tells all views. */
  start(): void {
    this.#take(fromHash(location.hash));
  }

  /** Calls back at each change, and now if there is a selection already. */
  listen(listener: Listener): void {
    this.#listeners.push(listener);
    if (this.#started) listener(this.#selection);
  }

  #take(selection: Selection): void {
    this.#started = true;
    this.#selection = selection;
    for (const listener of this.#listeners) listener(selection);
  }
}

function toHash({ path, offset }: Selection): string {
  const parts = [
    ...(path === null ? [] : [`file=${encodeURIComponent(escapeLone(path))}`]),
    ...(offset === null ? [] : [`at=0x${offset.toString(16)}`]),
  ];
  return parts.length === 0 ? '' : `#${parts.join('&')}`;
}

function fromHash(hash: string): Selection {
  const parameters = new Map(
    hash
      .slice(1)
      .split('&')
      .map((part): [string, string] => {
        const [key = '', value = ''] = part.split('=');
        return [key, value];
      }),
  );
  const file = parameters.get('file');
  const at = Number(parameters.get('at') ?? NaN);
  return {
    path: file === undefined || file === '' ? null : decoded(file),
    offset: Number.isSafeInteger(at) && at >= 0 ? at : null,
  };
}

/** Bytes that are not valid UTF-8 are lone surrogates in paths, which a URL cannot hold: `\udcXX`; a backslash is doubled. */
const escapeLone = (path: string): string =>
  path.replaceAll('\\', '\\\\').replaceAll(/[\udc80-\udcff]/gu, (letter) => `\\u${letter.charCodeAt(0).toString(16)}`);

function decoded(text: string): string {
  try {
    return decodeURIComponent(text).replaceAll(/\\(?:\\|u(dc[89a-f][0-9a-f]))/g, (_all, digits?: string) =>
      digits === undefined ? '\\' : String.fromCharCode(Number.parseInt(digits, 16)),
    );
  } catch {
    return text;
  }
}
