/**
 * JSON text in pieces, for what is printed in large numbers: JSON.stringify() takes several times as long for them.
 */
import { jsonText } from '../base/json.ts';

/** Text that JSON has as it is, between quotation marks. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** A string in quotation marks. */
export const jsonString = (text: string): string => (PLAIN.test(text) ? `"${text}"` : jsonText(text));

/** A number; null for what is none in JSON. */
export const jsonNumber = (value: number): string => (Number.isFinite(value) ? String(value) : 'null');

/**
 * A list of values. What map() and join() do for it depends on what the list holds, so that V8 gives up optimised code at
 * the first list of another kind.
 */
export function listJson<T>(values: readonly T[], textOf: (value: T) => string): string {
  let json = '';
  for (const value of values) json += json === '' ? textOf(value) : `,${textOf(value)}`;
  return `[${json}]`;
}

/** Any strings. */
export const textsJson = (texts: readonly string[]): string => listJson(texts, jsonString);

/** Strings that are plain: words of a fixed list. */
export const wordsJson = (words: readonly string[]): string => (words.length === 0 ? '[]' : `["${words.join('","')}"]`);

/** The keys of an object, with a comma before each: to be put behind others. */
export function keysJson(values: Readonly<Record<string, unknown>>): string {
  const json = jsonText(values);
  return json === '{}' ? '' : `,${json.slice(1, -1)}`;
}

/** Keys whose numbers are addresses: they are written in hexadecimal. */
const ADDRESSES: ReadonlySet<string> = new Set(['address', 'to', 'expectedOffset']);

/** Whether the number of a key is an address. */
export const isAddress = (key: string): boolean => ADDRESSES.has(key);
