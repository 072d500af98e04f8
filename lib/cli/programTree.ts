/** A program as a tree of commands. */
import type { Command } from 'commander';
import type { Subcommand } from './commands/command.ts';
import { addHelpCommand } from './help/helpfulCommand.ts';
import type { Io } from './io.ts';
import { newCommand, newProgram } from './program.ts';

/** A program's name, what it is for, and its subcommands in the order of the help. */
export interface SubcommandProgram {
  readonly name: string;
  readonly description: string;
  /** Examples and paragraphs for the help; see helpNotes(). */
  readonly notes: string;
  readonly subcommands: readonly Subcommand[];
  /** Programs that are one of the subcommands by another name: the program, the subcommand. */
  readonly alone?: Readonly<Record<string, string>>;
}

/** A program as a tree of commands: those that are wanted, or the names of all of them if none is. */
export async function defineProgram(
  { name, description, notes, subcommands }: SubcommandProgram,
  wanted: readonly string[],
  io: Io,
  done: (exitCode: number) => void,
): Promise<Command> {
  const program = addHelpCommand(newProgram(name, io).description(description)).addHelpText('after', notes);
  const chosen = subcommands.filter((subcommand) => wanted.includes(subcommand.name));
  for (const subcommand of chosen.length > 0 ? chosen : subcommands) {
    const command = newCommand(subcommand.name, io).summary(subcommand.summary).helpGroup(subcommand.group);
    if (wanted.includes(subcommand.name)) {
      const { define } = await subcommand.load();
      define(command, io, done);
    }
    program.addCommand(command);
  }
  return program;
}

/** A program as a complete tree of commands: for documentation and tests. */
export function wholeProgram(definition: SubcommandProgram, io: Io): Promise<Command> {
  const names = definition.subcommands.map(({ name }) => name);
  return defineProgram(definition, names, io, () => undefined);
}
