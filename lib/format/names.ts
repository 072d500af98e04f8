/**
 * File names and link targets are bytes; programs want strings.
 *
 * Bytes that are no UTF-8 become lone surrogates U+DC80…U+DCFF, one a byte (as Python's "surrogateescape" does), so a
 * name survives the way to a string, through JSON and back, byte for byte.
 */
import { PATH_MAX } from '../base/paths.ts';
import { hexDigits } from '../base/hex.ts';
import { UNPRINTABLE } from '../base/json.ts';

/** Bytes to string; never fails. */
export function decodeName(bytes: Uint8Array): string {
  let ascii = '';
  for (const byte of bytes) {
    if (byte >= 0x80) return decodeAny(bytes);
    ascii += String.fromCharCode(byte);
  }
  return ascii;
}

/** By hand, since a decoder that throws at every byte of a long bad name takes a hundred times as long. */
function decodeAny(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length;) {
    const first = bytes[i] ?? 0;
    const length = sequenceLength(first);
    if (length === 0 || !continues(bytes, i, length)) {
      text += String.fromCharCode(0xdc00 + first);
      i += 1;
      continue;
    }
    let code = length === 1 ? first : first & (0xff >>> (length + 1));
    for (let k = 1; k < length; k++) code = (code << 6) | ((bytes[i + k] ?? 0) & 0x3f);
    text += String.fromCodePoint(code);
    i += length;
  }
  return text;
}

/** Whether a sequence is whole, and neither overlong, nor a surrogate, nor above U+10FFFF. */
function continues(bytes: Uint8Array, at: number, length: number): boolean {
  if (at + length > bytes.length) return false;
  for (let k = 1; k < length; k++) if (((bytes[at + k] ?? 0) & 0xc0) !== 0x80) return false;
  const [first = 0, second = 0] = bytes.subarray(at, at + 2);
  if (first === 0xe0) return second >= 0xa0;
  if (first === 0xed) return second < 0xa0;
  if (first === 0xf0) return second >= 0x90;
  return first !== 0xf4 || second < 0x90;
}

function sequenceLength(first: number): number {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  if (first >= 0xf0 && first <= 0xf4) return 4;
  return 0;
}

/** Whether the bytes of a name are UTF-8. May say no of some that are: those with characters above U+FFFF. */
export function isUtf8(text: string): boolean {
  return !/[\udc80-\udcff]/.test(text);
}

/** String to bytes, the inverse of {@link decodeName}. */
export function encodeName(text: string): Uint8Array {
  const ascii = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80) return encodeAny(text);
    ascii[i] = code;
  }
  return ascii;
}

function encodeAny(text: string): Uint8Array {
  const encoder = new TextEncoder();
  if (isUtf8(text)) return encoder.encode(text);
  const bytes: number[] = [];
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00);
    else bytes.push(...encoder.encode(char));
  }
  return Uint8Array.from(bytes);
}

/**
 * A name as it may be shown on a terminal: control characters, bidirectional controls and bytes that are no UTF-8 are
 * escaped, so that no name can move the cursor or reorder the line.
 */
export function printableName(text: string): string {
  return PLAIN.test(text) ? text : escapedName(text);
}

/** Names as they nearly always are. */
const PLAIN = /^[ -[\]-~]*$/;

function escapedName(text: string): string {
  return text.replaceAll('\\', '\\\\').replace(UNPRINTABLE, escaped);
}

/** Characters of a line of a file, or of an argument, that a message quotes. */
const MOST_QUOTED = 80;
/** A word that is longer than any path of Linux. */
const ENDLESS_WORD = new RegExp(`[^\\s:'"]{${String(PATH_MAX + 1)},}`, 'g');

/**
 * A line as it may be printed among others: what {@link printableName} escapes is escaped, but for backslashes, and so is
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
