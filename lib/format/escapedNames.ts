/** Names and lines with characters that must not reach a terminal as they are. */
import { PATH_MAX } from '../base/paths.ts';
import { hexDigits } from '../base/hex.ts';
import { UNPRINTABLE } from '../base/json.ts';

/** A name whose characters need escapes: see printableName(). */
export function escapedName(text: string): string {
  return text.replaceAll('\\', '\\\\').replace(UNPRINTABLE, escaped);
}

/** Characters of a line of a file, or of an argument, that a message quotes. */
const MOST_QUOTED = 80;
/** A word that is longer than any path of Linux. */
const ENDLESS_WORD = new RegExp(`[^\\s:'"]{${String(PATH_MAX + 1)},}`, 'g');

/**
 * A line as it may be printed among others: what printableName() escapes is escaped, but for backslashes, and so is
 * what GitHub Actions takes for a command ("::" at the start, "##[" anywhere). What is quoted is cut after 80
 * characters, and so are words that are longer than any path.
 */
export function plainLine(text: string): string {
  const quoted = text.replace(/"([^"]*)"/g, (quote: string, words: string) =>
    words.length > MOST_QUOTED ? `"${words.slice(0, MOST_QUOTED)}…"` : quote,
  );
  const short =
    quoted.length > PATH_MAX ? quoted.replace(ENDLESS_WORD, (word) => `${word.slice(0, MOST_QUOTED)}…`) : quoted;
  return short
    .replace(UNPRINTABLE, escaped)
    .replace(/^(\s*):(?=:)/, '$1\\x3a')
    .replaceAll('##[', '##\\x5b');
}

function escaped(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (char === '\n') return '\\n';
  if (char === '\t') return '\\t';
  if (char === '\r') return '\\r';
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${hexDigits(code - 0xdc00, 2)}`;
  if (code < 0x100) return `\\x${hexDigits(code, 2)}`;
  return `\\u${hexDigits(code, 4)}`;
}
