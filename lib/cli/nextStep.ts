/**
 * The next step of a diagnosis as a command that can be pasted: the user's own on another place of the file.
 */
import { hex } from '../base/hex.ts';
import type { NextStep } from '../report/diagnosisWords.ts';
import type { Io } from './io.ts';
import { quoted } from './shell.ts';

/** The command for a step, or null where there is none. `file`: the image's argument as it was given. */
export function nextCommand(step: NextStep | null, file: string, io: Pick<Io, 'commandLine'>): string | null {
  if (step === null) return null;
  const typed = io.commandLine ?? ['cramfs', 'info', file];
  switch (step.kind) {
    case 'offset':
      // Standard input has no name to add the offset to.
      return file === '-'
        ? withOption(typed, '--image-offset', hex(step.offset))
        : shell(typed.map((word) => (word === file ? `${file}@${hex(step.offset)}` : word)));
    case 'image':
      return withOption(typed, '--image', String(step.index));
    case 'pipe':
      return `${shell([...step.words, file])} | ${shell(typed.map((word) => (word === file ? '-' : word)))}`;
    case 'program':
      return shell([...step.words, file]);
  }
}

/** The words with an option more, before what follows "--". */
function withOption(typed: readonly string[], option: string, value: string): string {
  const end = typed.indexOf('--');
  const at = end === -1 ? typed.length : end;
  return shell([...typed.slice(0, at), option, value, ...typed.slice(at)]);
}

const shell = (words: readonly string[]): string => words.map(quoted).join(' ');
