/** A command line as a shell splits it into words, as far as a line that is still being typed shows it. */

/** A word of a line. */
export interface ShellWord {
  /** Without quotes and backslashes. Variables and patterns are left as they are. */
  readonly text: string;
  /** As it was typed. */
  readonly raw: string;
  /** The quote that is open at the word's end: only the last word can have one. */
  readonly quote: '' | "'" | '"';
}

/** The words of a line. One that ends with a space has an empty last word: the next to be typed. */
export function shellWords(line: string): ShellWord[] {
  const words: ShellWord[] = [];
  let at = 0;
  for (;;) {
    while (isSpace(line[at])) at++;
    const word = readWord(line, at);
    words.push(word);
    at += word.raw.length;
    if (at >= line.length) return words;
  }
}

/** The word that begins at a place; it is empty at the end of the line. */
function readWord(line: string, start: number): ShellWord {
  let text = '';
  let quote: ShellWord['quote'] = '';
  let at = start;
  for (; at < line.length; at++) {
    const letter = line[at] ?? '';
    const next = line[at + 1] ?? '';
    if (quote === '' && isSpace(letter)) break;
    if (letter === quote) quote = '';
    else if (quote === '' && (letter === "'" || letter === '"')) quote = letter;
    else if (letter === '\\' && (quote === '' || (quote === '"' && /[$`"\\]/.test(next)))) {
      text += next;
      at++;
    } else text += letter;
  }
  return { text, raw: line.slice(start, at), quote };
}

function isSpace(letter: string | undefined): boolean {
  return letter === ' ' || letter === '\t' || letter === '\n';
}
