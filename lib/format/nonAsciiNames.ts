/** Names with other characters than ASCII's, to strings and back: see names.ts. */

/** Bytes to string. By hand, since a decoder that throws at every byte of a long bad name takes a hundred times as long. */
export function decodeAnyName(bytes: Uint8Array): string {
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

/** String to bytes. */
export function encodeAnyName(text: string): Uint8Array {
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
