/**
 * The next step of a diagnosis as a command that can be pasted: the user's own on another place of the file.
 */
import { basename } from 'node:path';
import { hex } from '../base/hex.ts';
import type { NextStep } from '../report/diagnosisWords.ts';
import { splitArgument } from './imagePlace.ts';
import type { Io } from './io.ts';
import { quoted } from './shell.ts';

/** The command for a step, or null where there is none. `file`: the image's argument as it was given. */
export function nextCommand(step: NextStep | null, file: string, io: Pick<Io, 'commandLine'>): string | null {
  if (step === null) return null;
  const typed = withoutPlace(io.commandLine ?? ['cramfs', 'info', file]);
  // The place that was tried is not the place to go to.
  const plain = splitArgument(file).file;
  const named = (name: string): string[] =>
    typed.map((word) => (word === file ? name : word.endsWith(`=${file}`) ? word.slice(0, -file.length) + name : word));
  switch (step.kind) {
    case 'offset':
      // Standard input has no name to add the offset to.
      return file === '-'
        ? withOption(typed, '--image-offset', hex(step.offset))
        : shell(named(`${plain}@${hex(step.offset)}`));
    case 'image':
      // Of two images each has a number of its own.
      return typed[1] === 'diff' && file !== '-'
        ? shell(named(`${plain}@#${String(step.index)}`))
        : withOption(named(plain), '--image', String(step.index));
    case 'pipe': {
      // Standard input is read once.
      if (file !== '-' && isReadTwice(typed, file)) {
        const unpacked = `${basename(plain)}.img`;
        return `${shell([...step.words, plain])} > ${quoted(unpacked)} && ${shell(named(unpacked))}`;
      }
      return `${shell([...step.words, plain])} | ${shell(named('-'))}`;
    }
    case 'file': {
      const unpacked = `${basename(plain)}.img`;
      return `${shell([...step.words, plain, unpacked])} && ${shell(named(unpacked))}`;
    }
    case 'program':
      return shell([...step.words, plain]);
  }
}

/** Whether a command reads two images, so that standard input cannot be both. */
function isReadTwice(typed: readonly string[], file: string): boolean {
  return typed[1] === 'diff' || typed.includes('-') || typed.filter((word) => word === file).length > 1;
}

/** The words without the options that say where in the file the image is. */
function withoutPlace(typed: readonly string[]): string[] {
  const end = typed.indexOf('--');
  return typed.filter((word, i) => {
    if (end !== -1 && i >= end) return true;
    const before = typed[i - 1] ?? '';
    return !/^--image(?:-offset)?(?:=|$)/.test(word) && !/^--image(?:-offset)?$/.test(before);
  });
}

/** The words with an option more, before what follows "--". */
function withOption(typed: readonly string[], option: string, value: string): string {
  const end = typed.indexOf('--');
  const at = end === -1 ? typed.length : end;
  return shell([...typed.slice(0, at), option, value, ...typed.slice(at)]);
}

const shell = (words: readonly string[]): string => words.map(quoted).join(' ');
