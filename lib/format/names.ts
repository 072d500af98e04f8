/**
 * File names and link targets are bytes; programs want strings.
 *
 * Bytes that are no UTF-8 become lone surrogates U+DC80…U+DCFF, one a byte (as Python's "surrogateescape" does), so a
 * name survives the way to a string, through JSON and back, byte for byte.
 */
let strict: InstanceType<typeof TextDecoder> | undefined;
const encoder = new TextEncoder();

/** Bytes to string; never fails. */
export function decodeName(bytes: Uint8Array): string {
  let ascii = '';
  for (const byte of bytes) {
    if (byte >= 0x80) return decodeAny(bytes);
    ascii += String.fromCharCode(byte);
  }
  return ascii;
}

function decodeAny(bytes: Uint8Array): string {
  const whole = tryDecode(bytes);
  if (whole !== null) return whole;
  let text = '';
  for (let i = 0; i < bytes.length;) {
    const length = sequenceLength(bytes[i] ?? 0);
    const piece = bytes.subarray(i, i + length);
    const decoded = length === 0 || piece.length < length ? null : tryDecode(piece);
    if (decoded === null) {
      text += String.fromCharCode(0xdc00 + (bytes[i] ?? 0));
      i += 1;
    } else {
      text += decoded;
      i += length;
    }
  }
  return text;
}

function tryDecode(piece: Uint8Array): string | null {
  strict ??= new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    return strict.decode(piece);
  } catch {
    return null;
  }
}

function sequenceLength(first: number): number {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  if (first >= 0xf0 && first <= 0xf4) return 4;
  return 0;
}

/** String to bytes, the inverse of {@link decodeName}. */
export function encodeName(text: string): Uint8Array {
  if (!/[\udc80-\udcff]/.test(text)) return encoder.encode(text);
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
  return text.replace(
    // eslint-disable-next-line no-control-regex -- control characters are what this is about
    /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff\\]/gu,
    (char) => {
      const code = char.codePointAt(0) ?? 0;
      if (char === '\\') return '\\\\';
      if (char === '\n') return '\\n';
      if (char === '\t') return '\\t';
      if (char === '\r') return '\\r';
      if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`;
      if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
      return `\\u${code.toString(16).padStart(4, '0')}`;
    },
  );
}
