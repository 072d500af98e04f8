/**
 * A program that is a table of subcommands; only the one that runs is loaded.
 */
import type { Subcommand } from './commands/command.ts';
import { EXIT, type Io } from './io.ts';
import { exitCodeFor, newCommand, newProgram } from './program.ts';

/** A program's name, what it is for, and its subcommands in the order of the help. */
export interface SubcommandProgram {
  readonly name: string;
  readonly description: string;
  readonly subcommands: readonly Subcommand[];
}

/** Runs a program with the arguments after its name. Never throws and never exits. */
export async function runSubcommand(
  { name, description, subcommands }: SubcommandProgram,
  argv: readonly string[],
  io: Io,
): Promise<number> {
  let exitCode: number = EXIT.ok;
  const program = newProgram(name, io).description(description);
  const wanted = subcommands.find((subcommand) => subcommand.name === argv[0]);
  try {
    for (const subcommand of subcommands) {
      const command = newCommand(subcommand.name, io).summary(subcommand.summary);
      if (subcommand === wanted) {
        const { define } = await subcommand.load();
        define(command, { ...io, commandLine: [name, ...argv] }, (code) => {
          exitCode = code;
        });
      }
      program.addCommand(command);
    }
    if (argv.length === 0) {
      io.stderr.write(program.helpInformation());
      return EXIT.usage;
    }
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    return exitCodeFor(error, argv, io, wanted === undefined ? name : `${name} ${wanted.name}`);
  }
}
