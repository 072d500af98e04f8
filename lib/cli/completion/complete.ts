/**
 * `cramfs __complete SHELL PROGRAM …`: what could follow on a command line. The scripts of `cramfs completion` call it.
 *
 * The first line of the answer is what the others are: `words`, `words open` if more of the same word follows the only
 * one, `files` or `folders` where the shell completes names of files itself. Each other line is a word; for zsh and fish
 * a tab and its description follow. It never prints a message, which would garble the prompt.
 */
import { join } from 'node:path';
import type { Io } from '../io.ts';
import { EXIT } from '../io.ts';
import { defineProgram, type SubcommandProgram } from '../programTree.ts';
import type { Candidate } from './candidate.ts';
import { type Cursor, cursorOf } from './cursor.ts';
import { type ShellWord, shellWords } from './shellWords.ts';
import { completionAt } from './values.ts';

/** Answers a shell. Never throws: what goes wrong gives no words. */
export async function complete(definition: SubcommandProgram, argv: readonly string[], io: Io): Promise<number> {
  try {
    io.stdout.write(await answer(definition, argv, io));
    return EXIT.ok;
  } catch {
    return EXIT.bug;
  }
}

async function answer(definition: SubcommandProgram, argv: readonly string[], io: Io): Promise<string> {
  const [shell = '', called = '', ...rest] = argv;
  const typed = shell === 'bash' ? shellWords(rest[0] ?? '').slice(1) : rest.map(asWord);
  // fish has the words before without their quotes, and the last one as it was typed.
  if (shell === 'fish') typed.splice(-1, 1, shellWords(rest.at(-1) ?? '')[0] ?? asWord(''));
  const current = typed.at(-1) ?? asWord('');
  const alone = definition.alone?.[called.replace(/^.*[/]/, '')];
  const words = [...(alone === undefined ? [] : [alone]), ...typed.map(({ text }) => text)];
  const cursor = await cursorAt(definition, words, io);
  const found = await completionAt(cursor, io);
  if (found.kind !== 'words') return `${found.kind}\n`;
  const fitting = found.words.filter(({ value }) => value.startsWith(current.text));
  const isOpen = fitting.length === 1 && fitting[0]?.open === true;
  const line = shell === 'bash' ? bashLine(current, rest[1] ?? '') : describedLine;
  return [isOpen ? 'words open' : 'words', ...fitting.map(line)].map((text) => `${text}\n`).join('');
}

/** Where a line ends; only the subcommand that it names is loaded. */
async function cursorAt(definition: SubcommandProgram, words: readonly string[], io: Io): Promise<Cursor> {
  const before = words.slice(0, -1).map((word) => homeOf(word, io));
  const named = before.filter((word) => !word.startsWith('-') && word !== 'help').slice(0, 1);
  const program = await defineProgram(definition, named, io, () => undefined);
  return cursorOf(program, [...before, words.at(-1) ?? '']);
}

/** "~/x" in the home folder: shells hand words over as they were typed. */
function homeOf(word: string, { env }: Io): string {
  return word.startsWith('~/') && env.HOME !== undefined ? join(env.HOME, word.slice(2)) : word;
}

function asWord(text: string): ShellWord {
  return { text, raw: text, quote: '' };
}

function describedLine({ value, description }: Candidate): string {
  return description === '' ? value : `${value}\t${description}`;
}

/**
 * bash inserts words as they are, and in place of what follows the last of its word breaks only: "json" for "--format=js".
 *
 * @param breaks the value of COMP_WORDBREAKS
 */
function bashLine({ raw, quote }: ShellWord, breaks: string): (candidate: Candidate) => string {
  const ends = quote === '' ? breaks.replace(/[\s'"]/g, '') : quote;
  let start = raw.length;
  while (start > 0 && !ends.includes(raw[start - 1] ?? '')) start--;
  const kept = raw.slice(0, start);
  const skipped = shellWords(kept)[0]?.text.length ?? 0;
  return ({ value }) => {
    const rest = value.slice(skipped);
    if (quote === "'") return rest;
    return quote === '"'
      ? rest.replace(/[$`"\\]/g, '\\$&')
      : rest.replace(/[^\w/.,:=@%+~\u{80}-\u{10ffff}-]/gu, '\\$&');
  };
}
