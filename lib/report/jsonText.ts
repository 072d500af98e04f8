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

/** Any strings. */
export function textsJson(texts: readonly string[]): string {
  let json = '';
  for (const text of texts) json += json === '' ? jsonString(text) : `,${jsonString(text)}`;
  return `[${json}]`;
}

/** Strings that are plain: words of a fixed list. */
export const wordsJson = (words: readonly string[]): string => (words.length === 0 ? '[]' : `["${words.join('","')}"]`);

/** The keys of an object, with a comma before each: to be put behind others. */
export function keysJson(values: Readonly<Record<string, unknown>>): string {
  const json = jsonText(values);
  return json === '{}' ? '' : `,${json.slice(1, -1)}`;
}
