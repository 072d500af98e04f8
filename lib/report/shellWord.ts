/** Names as arguments of shell commands. */
import { printableName } from '../format/names.ts';

const PLAIN = /^[A-Za-z0-9_./:=@%+,-]+$/;

/** A name to paste into a command, quoted where the shell needs it; `otherwise` where it cannot be shown as it is. */
export function shellWord(name: string, otherwise: string): string {
  const word = name.startsWith('-') ? `./${name}` : name;
  if (PLAIN.test(word)) return word;
  if (word === '' || printableName(word) !== word) return otherwise;
  return `'${word.replaceAll("'", "'\\''")}'`;
}
