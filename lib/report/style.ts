/** Terminal colours by purpose, and line wrapping. Nothing here depends on colour to be read. */
import { type Tone, toneNamed } from './palette.ts';

/** Paints text, or does not. */
export interface Style {
  readonly good: (text: string) => string;
  readonly fair: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
  /** The colour that bytes or pages have in pictures. */
  readonly tone: (name: Tone['name'], text: string) => string;
}

const paint =
  (open: number, close: number) =>
  (text: string): string =>
    `\u001b[${String(open)}m${text}\u001b[${String(close)}m`;
const plain = (text: string): string => text;

export const COLOURS: Style = {
  good: paint(32, 39),
  fair: paint(33, 39),
  bad: paint(31, 39),
  strong: paint(1, 22),
  faint: paint(2, 22),
  tone: (name, text) => `\u001b[38;5;${String(toneNamed(name).ansi)}m${text}\u001b[39m`,
};
export const NO_COLOURS: Style = {
  good: plain,
  fair: plain,
  bad: plain,
  strong: plain,
  faint: plain,
  tone: (_name, text) => text,
};

/**
 * Breaks text at spaces so that no line is longer than `width`, where words allow.
 *
 * @param indent goes in front of all lines but the first, and counts
 * @param taken columns that are taken already on the first line
 */
export function wrap(text: string, width: number, indent: string, taken = 0): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const candidate = line === '' ? word : `${line} ${word}`;
    const room = width - (lines.length === 0 ? taken : indent.length);
    if (visibleLength(candidate) > room && line !== '') {
      lines.push(line);
      line = word;
    } else {
      line = candidate;
    }
  }
  lines.push(line);
  return lines.join(`\n${indent}`);
}

/** Characters that take room: escape sequences do not. */
function visibleLength(text: string): number {
  // eslint-disable-next-line no-control-regex -- the escape character starts a colour
  return text.replace(/\u001b\[[0-9;]+m/g, '').length;
}
