/** What a command line that is still being typed lacks: where in the tree of commands its last word is. */
import type { Argument, Command, Option } from 'commander';

/** What the last word of a line is. */
export type Target =
  | { readonly kind: 'command' }
  | { readonly kind: 'option' }
  /** Of an option; `prefix` is what comes before the value in the same word: "--format=". */
  | { readonly kind: 'value'; readonly option: Option; readonly prefix: string }
  | { readonly kind: 'operand'; readonly argument: Argument }
  /** The command takes no further word. */
  | { readonly kind: 'nothing' };

/** A line up to its last word, which is being typed. */
export interface Cursor {
  /** The command that the words before have reached. */
  readonly command: Command;
  readonly target: Target;
  /** The last word, without the target's prefix. */
  readonly text: string;
  /** What the options before have been given, by their attribute names. */
  readonly options: ReadonlyMap<string, string>;
  /** Operands before, of the command reached. */
  readonly operands: readonly string[];
}

/** Reads the words after the program's name; the last one is the word that is being typed, and may be empty. */
export function cursorOf(program: Command, words: readonly string[]): Cursor {
  const reader = new LineReader(program);
  for (const word of words.slice(0, -1)) reader.read(word);
  return reader.last(words.at(-1) ?? '');
}

class LineReader {
  #command: Command;
  readonly #options = new Map<string, string>();
  #operands: string[] = [];
  /** The option whose value comes next. */
  #pending: Option | null = null;
  /** A variadic option that takes more words. */
  #open: Option | null = null;
  #onlyOperands = false;

  constructor(program: Command) {
    this.#command = program;
  }

  read(word: string): void {
    const pending = this.#pending ?? (word.startsWith('-') ? null : this.#open);
    this.#pending = null;
    if (pending !== null) {
      this.#options.set(pending.attributeName(), word);
      this.#open = pending.variadic ? pending : null;
      return;
    }
    this.#open = null;
    if (this.#onlyOperands || !word.startsWith('-') || word === '-') this.#operand(word);
    else if (word === '--') this.#onlyOperands = true;
    else this.#option(word);
  }

  last(word: string): Cursor {
    const [target, text] = this.#target(word);
    return { command: this.#command, target, text, options: this.#options, operands: this.#operands };
  }

  #target(word: string): [Target, string] {
    const pending = this.#pending ?? (word.startsWith('-') ? null : this.#open);
    if (pending !== null) return [{ kind: 'value', option: pending, prefix: '' }, word];
    if (!this.#onlyOperands && word.startsWith('-')) {
      const [, prefix = '', flag = '', text = ''] = /^((--[^=]+)=)(.*)$/s.exec(word) ?? [];
      const option = prefix === '' ? undefined : optionOf(this.#command, flag);
      if (option !== undefined && takesValue(option)) return [{ kind: 'value', option, prefix }, text];
      return [{ kind: prefix === '' ? 'option' : 'nothing' }, word];
    }
    const { commands, registeredArguments } = this.#command;
    if (commands.length > 0) return [{ kind: this.#operands.length === 0 ? 'command' : 'nothing' }, word];
    const place = this.#operands.length;
    const lastArgument = registeredArguments.at(-1);
    const argument = registeredArguments[place] ?? (lastArgument?.variadic === true ? lastArgument : undefined);
    return [argument === undefined ? { kind: 'nothing' } : { kind: 'operand', argument }, word];
  }

  #operand(word: string): void {
    const command = this.#command.commands.find((candidate) => candidate.name() === word);
    // "help" shows what a command is, and takes the names of commands as the program does.
    if (word === 'help' && this.#command.commands.length > 0) return;
    if (command === undefined || this.#operands.length > 0) this.#operands.push(word);
    else this.#command = command;
  }

  #option(word: string): void {
    const [flag = '', ...rest] = word.startsWith('--') ? word.split('=') : [word.slice(0, 2)];
    const option = optionOf(this.#command, flag);
    if (option === undefined) return;
    const attached = word.startsWith('--') ? (rest.length > 0 ? rest.join('=') : null) : word.slice(2) || null;
    if (!takesValue(option)) {
      // "-Rl" are two options.
      if (!word.startsWith('--') && attached !== null) this.#option(`-${attached}`);
    } else if (attached === null) this.#pending = option;
    else this.#options.set(option.attributeName(), attached);
  }
}

function optionOf(command: Command, flag: string): Option | undefined {
  return command.options.find(({ long, short }) => flag === long || flag === short);
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}
