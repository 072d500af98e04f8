/**
 * File names and link targets are bytes; programs want strings.
 *
 * Bytes that are no UTF-8 become lone surrogates U+DC80…U+DCFF, one a byte (as Python's "surrogateescape" does), so a
 * name survives the way to a string, through JSON and back, byte for byte.
 */
import { escapedName } from './escapedNames.ts';
import { decodeAnyName, encodeAnyName } from './nonAsciiNames.ts';

/** Bytes to string; never fails. */
export function decodeName(bytes: Uint8Array): string {
  let ascii = '';
  for (const byte of bytes) {
    if (byte >= 0x80) return decodeAnyName(bytes);
    ascii += String.fromCharCode(byte);
  }
  return ascii;
}

/** String to bytes, the inverse of {@link decodeName}. */
export function encodeName(text: string): Uint8Array {
  const ascii = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80) return encodeAnyName(text);
    ascii[i] = code;
  }
  return ascii;
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
