/**
 * Programs that are defined once for each subcommand and run many times: defining one takes as long as running it on a
 * small image does. It matters where one process runs many commands, one after the other or several at once.
 */
import type { Command } from 'commander';
import { EXIT, type Io } from './io.ts';
import { defineProgram, type SubcommandProgram } from './programTree.ts';

/** What a definition is bound to: the run that it is used for. */
interface Run {
  io: Io;
  exitCode: number;
}

interface Defined {
  readonly program: Command;
  readonly run: Run;
}

/** Definitions that no run uses, by program and subcommand. */
const idle = new WeakMap<SubcommandProgram, Map<string, Defined>>();

/**
 * Uses a program with one of its subcommands defined.
 *
 * @param wanted the subcommand; null for the names of all
 * @returns what `use` returns; null for the exit code that the subcommand gave
 */
export async function withProgram(
  definition: SubcommandProgram,
  wanted: string | null,
  io: Io,
  use: (program: Command) => Promise<number | null>,
): Promise<number> {
  let own = idle.get(definition);
  if (own === undefined) idle.set(definition, (own = new Map<string, Defined>()));
  const name = wanted ?? '';
  const defined = own.get(name) ?? (await define(definition, wanted, io));
  own.delete(name);
  Object.assign(defined.run, { io, exitCode: EXIT.ok });
  try {
    return (await use(defined.program)) ?? defined.run.exitCode;
  } finally {
    own.set(name, defined);
  }
}

async function define(definition: SubcommandProgram, wanted: string | null, io: Io): Promise<Defined> {
  const run: Run = { io, exitCode: EXIT.ok };
  const ofRun: Io = {
    get stdout() {
      return run.io.stdout;
    },
    get stderr() {
      return run.io.stderr;
    },
    get stdin() {
      return run.io.stdin;
    },
    get env() {
      return run.io.env;
    },
    get commandLine() {
      return run.io.commandLine;
    },
  };
  const program = await defineProgram(definition, wanted === null ? [] : [wanted], ofRun, (exitCode) => {
    run.exitCode = exitCode;
  });
  return { program, run };
}
