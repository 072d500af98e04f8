/** Options as getopt_long() of the GNU C library takes them: operands may come between, long names may be shortened. */

/** A long option: the letter that it stands for, and whether it takes a value ("--name=value"). */
export interface LongOption {
  readonly letter: string;
  readonly value: 'none' | 'optional' | 'required';
}

/** What the words of a command line are. */
export interface ParsedWords {
  /** In the order of the command line. */
  readonly options: readonly { readonly letter: string; readonly value: string | null }[];
  readonly operands: readonly string[];
  /** What is wrong with the first option that cannot be taken; null for nothing. */
  readonly problem: string | null;
}

/**
 * Takes a command line apart.
 *
 * @param letters the options of one letter; a colon follows those that take a value, as for getopt()
 */
export function parseWords(
  argv: readonly string[],
  letters: string,
  longs: Readonly<Record<string, LongOption>> = {},
): ParsedWords {
  const options: { letter: string; value: string | null }[] = [];
  const operands: string[] = [];
  const words = [...argv];
  const failed = (problem: string): ParsedWords => ({ options, operands, problem });
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--') {
      operands.push(...words);
      break;
    }
    if (word.startsWith('--')) {
      const { name, value: given } = splitOnce(word.slice(2));
      const long = findLong(name, longs);
      if (typeof long === 'string') return failed(long);
      if (given !== null && long.value === 'none') return failed(`option '--${name}' does not take a value`);
      const value = given ?? (long.value === 'required' ? (words.shift() ?? null) : null);
      if (value === null && long.value === 'required') return failed(`option '--${name}' requires a value`);
      options.push({ letter: long.letter, value });
    } else if (word.startsWith('-') && word !== '-') {
      for (let at = 1; at < word.length; at++) {
        const letter = word.charAt(at);
        const place = letter === ':' ? -1 : letters.indexOf(letter);
        if (place === -1) return failed(`invalid option -- '${letter}'`);
        if (letters[place + 1] !== ':') {
          options.push({ letter, value: null });
          continue;
        }
        const value = at + 1 < word.length ? word.slice(at + 1) : words.shift();
        if (value === undefined) return failed(`option requires a value -- '${letter}'`);
        options.push({ letter, value });
        break;
      }
    } else {
      operands.push(word);
    }
  }
  return { options, operands, problem: null };
}

function splitOnce(text: string): { name: string; value: string | null } {
  const at = text.indexOf('=');
  return at === -1 ? { name: text, value: null } : { name: text.slice(0, at), value: text.slice(at + 1) };
}

/** The option of a name, or of the only one that begins so; else what is wrong. */
function findLong(name: string, longs: Readonly<Record<string, LongOption>>): LongOption | string {
  const exact = Object.hasOwn(longs, name) ? longs[name] : undefined;
  if (exact !== undefined) return exact;
  const [only, ...others] = Object.keys(longs).filter((candidate) => candidate.startsWith(name));
  const found = only === undefined || others.length > 0 ? undefined : longs[only];
  if (found !== undefined) return found;
  return only === undefined ? `unrecognized option '--${name}'` : `option '--${name}' is ambiguous`;
}
