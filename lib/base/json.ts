/** JSON as it is printed: what a terminal would obey, or show in another order, is escaped. */

/** Control characters, bidirectional controls, and halves of characters, among them bytes that are no UTF-8. */
export const UNPRINTABLE =
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]/gu;

/** A value as JSON in one line, in which nothing is a control character; it reads as the same value. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(UNPRINTABLE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
