/** The words of device tree source, with comments and preprocessor lines taken out. */
import { badTableAt } from './partitionTable.ts';

/** A word of the source. */
export interface DtsToken {
  readonly kind: 'word' | 'string' | 'char' | 'mark' | 'end';
  /** As written; of strings and characters, what they mean. */
  readonly text: string;
  readonly line: number;
  readonly column: number;
  readonly file: string;
}

/** Reads a file that a source includes; null if it cannot be read. `from` is the file that includes it. */
export type IncludeReader = (file: string, from: string) => { readonly name: string; readonly text: string } | null;

/** What the words of a source depend on, and what they come to. */
export interface DtsInput {
  readonly include: IncludeReader;
  /** Macros without arguments. */
  readonly macros: Map<string, string>;
  /** What they come to; see macroValue(). */
  readonly values: Map<string, bigint | null>;
  /** Characters of all files so far. */
  length: number;
}

/** Files that include each other are no deeper than this. */
const MAX_INCLUDES = 16;
/** Characters of a source with all that it includes. */
const MAX_LENGTH = 16 << 20;
/** Lines of the C preprocessor. "#address-cells" begins alike and is none. */
const DIRECTIVE = /^\s*#\s*(include|define|undef|if|ifdef|ifndef|elif|else|endif|error|warning|pragma|line)\b(.*)$/;
const LINE_MARK = /^\s*#\s+[0-9]+\s+"/;
const WORD = /[\w,.+?#@/\\-]/;
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '0': '\0',
};

/**
 * The words of a source and of what it includes.
 *
 * @throws CramfsError BAD_TABLE with line and column
 */
export function* dtsTokens(text: string, file: string, input: DtsInput, depth = 0): Generator<DtsToken, void> {
  const bad = (line: number, column: number, message: string): Error => badTableAt(file, { line, column, message });
  input.length += text.length;
  if (input.length > MAX_LENGTH) throw bad(1, 1, `the source has more than ${MAX_LENGTH} characters`);
  if (depth > MAX_INCLUDES) throw bad(1, 1, `files include each other more than ${MAX_INCLUDES} deep`);
  const lines = text.split(/\r?\n/);
  let inComment = false;
  /** In parentheses there are C's words, in which "-" and "/" are no letters. */
  let parentheses = 0;
  for (const [index, whole] of lines.entries()) {
    const line = index + 1;
    let at = 0;
    if (!inComment) {
      const [, directive, rest = ''] = DIRECTIVE.exec(whole) ?? [];
      if (directive !== undefined) {
        yield* preprocess(directive, rest.trim(), { file, line, input, depth });
        continue;
      }
      if (LINE_MARK.test(whole)) continue;
    }
    while (at < whole.length) {
      if (inComment) {
        const end = whole.indexOf('*/', at);
        inComment = end < 0;
        at = inComment ? whole.length : end + 2;
        continue;
      }
      const letter = whole[at] ?? '';
      const place = { line, column: at + 1, file };
      if (/\s/.test(letter)) at += 1;
      else if (whole.startsWith('//', at)) at = whole.length;
      else if (whole.startsWith('/*', at)) {
        inComment = true;
        at += 2;
      } else if (letter === '"' || letter === "'") {
        const { text: value, end } = quoted(whole, at, (message) => bad(line, at + 1, message));
        at = end;
        yield { ...place, kind: letter === '"' ? 'string' : 'char', text: value };
      } else if ((parentheses > 0 ? /\w/ : WORD).test(letter)) {
        const end = wordEnd(whole, at, parentheses > 0 ? /\w/ : WORD);
        yield { ...place, kind: 'word', text: whole.slice(at, end) };
        at = end;
      } else {
        const mark =
          ['<<', '>>', '<=', '>=', '==', '!=', '&&', '||'].find((each) => whole.startsWith(each, at)) ?? letter;
        yield { ...place, kind: 'mark', text: mark };
        at += mark.length;
        if (mark === '(') parentheses += 1;
        if (mark === ')') parentheses = Math.max(0, parentheses - 1);
      }
    }
  }
  if (inComment) throw bad(lines.length, 1, 'a comment does not end');
  if (depth === 0)
    yield { kind: 'end', text: '', line: lines.length, column: (lines[lines.length - 1]?.length ?? 0) + 1, file };
}

/** Where a word ends that begins at `at`: a comment ends it too. */
function wordEnd(line: string, start: number, letters: RegExp): number {
  let at = start + 1;
  while (at < line.length && letters.test(line[at] ?? '') && !line.startsWith('//', at) && !line.startsWith('/*', at))
    at += 1;
  return at;
}

interface DirectivePlace {
  readonly file: string;
  readonly line: number;
  readonly input: DtsInput;
  readonly depth: number;
}

function* preprocess(
  directive: string,
  rest: string,
  { file, line, input, depth }: DirectivePlace,
): Generator<DtsToken, void> {
  const bad = (message: string): Error => badTableAt(file, { line, column: 1, message });
  switch (directive) {
    case 'include': {
      // <dt-bindings/…> has macros; where one of them matters, it is missed.
      const name = /^"([^"]+)"/.exec(rest)?.[1];
      if (name !== undefined) yield* included(name, { file, line, input, depth });
      return;
    }
    case 'define': {
      const [, name, value = ''] = /^([A-Za-z_]\w*)(?:\s+(.*))?$/.exec(rest) ?? [];
      input.values.clear();
      if (name !== undefined) input.macros.set(name, value.replace(/\/\*.*?\*\/|\/\/.*$/g, '').trim());
      return;
    }
    case 'undef':
      input.values.clear();
      input.macros.delete(rest);
      return;
    case 'pragma':
    case 'line':
    case 'warning':
      return;
    default:
      throw bad(`#${directive} is not supported: preprocess the file (cpp -nostdinc), or use the .dtb`);
  }
}

/** The words of a file that is included. */
export function* included(name: string, { file, line, input, depth }: DirectivePlace): Generator<DtsToken, void> {
  const found = input.include(name, file);
  if (found === null) throw badTableAt(file, { line, column: 1, message: `cannot read "${name}", which it includes` });
  yield* dtsTokens(found.text, found.name, input, depth + 1);
}

function quoted(line: string, start: number, bad: (message: string) => Error): { text: string; end: number } {
  const quote = line[start];
  let text = '';
  for (let at = start + 1; at < line.length; at++) {
    const letter = line[at] ?? '';
    if (letter === quote) return { text, end: at + 1 };
    if (letter !== '\\') {
      text += letter;
      continue;
    }
    at += 1;
    const [, hexadecimal, octal] = /^(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3}))/.exec(line.slice(at, at + 3)) ?? [];
    if (hexadecimal !== undefined) {
      text += String.fromCharCode(parseInt(hexadecimal, 16));
      at += hexadecimal.length;
    } else if (octal !== undefined) {
      text += String.fromCharCode(parseInt(octal, 8) & 0xff);
      at += octal.length - 1;
    } else text += ESCAPES[line[at] ?? ''] ?? line[at] ?? '';
  }
  throw bad('a string does not end on its line');
}
