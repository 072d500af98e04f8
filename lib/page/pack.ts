/**
 * Binary data in a page: numbers as varints, deflated, in base 64.
 */
import { deflate, inflate } from 'pako';

/** A list of unsigned whole numbers below 2^53, seven bits a byte, the lowest first. */
export function packNumbers(numbers: Iterable<number>): Uint8Array {
  let bytes = new Uint8Array(1024);
  let length = 0;
  for (const number of numbers) {
    if (length + 8 > bytes.length) {
      const larger = new Uint8Array(bytes.length * 2);
      larger.set(bytes);
      bytes = larger;
    }
    let rest = number;
    while (rest >= 0x80) {
      bytes[length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    bytes[length++] = rest;
  }
  return bytes.subarray(0, length);
}

/** What {@link packNumbers} packed. */
export function unpackNumbers(bytes: Uint8Array): number[] {
  const numbers: number[] = [];
  let value = 0;
  let scale = 1;
  for (const byte of bytes) {
    value += (byte & 0x7f) * scale;
    scale *= 0x80;
    if (byte < 0x80) {
      numbers.push(value);
      value = 0;
      scale = 1;
    }
  }
  return numbers;
}

/** Deflated, in base 64. */
export function packBytes(bytes: Uint8Array): string {
  const packed = deflate(bytes, { level: 9 });
  let text = '';
  for (let at = 0; at < packed.length; at += 0x8000) {
    text += String.fromCharCode(...packed.subarray(at, at + 0x8000));
  }
  return btoa(text);
}

/** What {@link packBytes} packed. */
export function unpackBytes(text: string): Uint8Array {
  const letters = atob(text);
  const packed = new Uint8Array(letters.length);
  for (let at = 0; at < letters.length; at++) packed[at] = letters.charCodeAt(at);
  return inflate(packed);
}
