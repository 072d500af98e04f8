/** The text after a command's options, in its parts. Sections are separated by blank lines. */

/** The parts of a text. */
export interface HelpNotes {
  /** Lines as they are shown: a command, and perhaps two spaces and what it is about. */
  readonly examples: readonly string[];
  /** Paragraphs, each with its lines. */
  readonly paragraphs: readonly (readonly string[])[];
  /** Code and meaning. */
  readonly exitCodes: readonly (readonly [code: string, meaning: string])[];
}

const EXAMPLES = 'Examples:';
const EXIT_CODES = 'Exit codes:';

/** Parses a text. */
export function helpNotes(text: string): HelpNotes {
  const sections = text
    .split(/\n\s*\n/)
    .map((section) => section.split('\n').filter((line) => line.trim() !== ''))
    .filter((lines) => lines.length > 0);
  const under = (heading: string): string[] => sections.find(([first]) => first === heading)?.slice(1) ?? [];
  return {
    examples: under(EXAMPLES).map((line) => line.trim()),
    paragraphs: sections.filter(([first]) => first !== EXAMPLES && first !== EXIT_CODES),
    exitCodes: exitCodes(under(EXIT_CODES).join(' ')),
  };
}

/** "0 done   1 findings": codes are separated by three spaces, or a line's beginning. */
function exitCodes(text: string): [string, string][] {
  const codes: [string, string][] = [];
  for (const [, code = '', meaning = ''] of text.matchAll(/(?:^|\s{2,})(\d{1,3}) (.*?)(?=\s{2,}\d{1,3} |$)/g)) {
    codes.push([code, meaning.replace(/\s+/g, ' ').trim()]);
  }
  return codes;
}
