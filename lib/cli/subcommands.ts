/**
 * A program that is a table of subcommands; only the one that runs is loaded.
 */
import { COMPLETE } from './completion/candidate.ts';
import { EXIT, type Io } from './io.ts';
import { exitCodeFor } from './program.ts';
import { withProgram } from './definedProgram.ts';
import type { SubcommandProgram } from './programTree.ts';

/** Runs a program with the arguments after its name. Never throws and never exits. */
export async function runSubcommand(definition: SubcommandProgram, argv: readonly string[], io: Io): Promise<number> {
  if (argv[0] === COMPLETE) {
    const { complete } = await import('./completion/complete.ts');
    return complete(definition, argv.slice(1), io);
  }
  const { name, subcommands } = definition;
  // "help NAME" is "NAME --help"; a NAME that is not known is an error as it is without "help".
  const asksHelp = argv[0] === 'help' && argv[1] !== undefined;
  const words = asksHelp ? argv.slice(1) : argv;
  const wanted = subcommands.find((subcommand) => subcommand.name === words[0]);
  try {
    const run = { ...io, commandLine: [name, ...argv] };
    return await withProgram(definition, wanted?.name ?? null, run, async (program) => {
      if (argv.length === 0) {
        io.stderr.write(program.helpInformation());
        return EXIT.usage;
      }
      await program.parseAsync(asksHelp && wanted !== undefined ? [...words, '--help'] : words, { from: 'user' });
      return null;
    });
  } catch (error) {
    return exitCodeFor(error, argv, io, wanted === undefined ? name : `${name} ${wanted.name}`);
  }
}
