/**
 * A program made with commander, wired to an Io: it never exits by itself, and errors become exit codes.
 */
import { type Command, CommanderError } from 'commander';
import { CramfsError } from '../base/errors.ts';
import { reportFailure, writeErrorJson } from './failure.ts';
import { EXIT, type Io } from './io.ts';
import { VERSION } from './version.ts';
import { complain } from './complain.ts';
import { fullName, GROUPS, grouped } from './help/groups.ts';
import { HelpfulCommand } from './help/helpfulCommand.ts';

/** A program of that name that writes to `io`. */
export function newProgram(name: string, io: Io): Command {
  return grouped(newCommand(name, io), GROUPS.general, (program) =>
    program.version(VERSION, '-V, --version', 'print the version'),
  );
}

/** A command of that name that writes to `io`. */
export function newCommand(name: string, io: Io): Command {
  return wire(new HelpfulCommand(name), io);
}

/** Sends a command's output to `io`, and makes it throw in place of exiting. */
function wire(command: Command, io: Io): Command {
  return command
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      getOutHelpWidth: () => Math.min(io.stdout.columns ?? 80, 100),
      getErrHelpWidth: () => Math.min(io.stderr.columns ?? 80, 100),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      writeOut: (text) => {
        io.stdout.write(text);
      },
      writeErr: (text) => {
        io.stderr.write(text);
      },
      outputError: (text) => {
        // The hint is commander's own line; the rest is one line, whatever the arguments hold.
        const [, message = text, hint] = /^(.*?)(?:\n(\(Did you mean [^\n]*))?\n?$/s.exec(text) ?? [];
        complain(io, message.replace(/^error: /, `${fullName(command)}: `));
        if (hint !== undefined) complain(io, hint);
      },
    });
}

/** The exit code for what a program threw; the error is printed, with --json on standard output too. */
export function exitCodeFor(error: unknown, argv: readonly string[], io: Io, program: string): number {
  const json = wantsJson(argv) && !argv.includes('--quiet');
  if (!(error instanceof CommanderError)) return reportFailure(error, io, program, json);
  if (error.exitCode === 0) return EXIT.ok;
  // commander has printed it on standard error already.
  if (json) writeErrorJson(new CramfsError('USAGE', { found: error.message.replace(/^error: /, '') }), io);
  return EXIT.usage;
}

/** Whether one JSON object was asked for, in either of its ways. */
function wantsJson(argv: readonly string[]): boolean {
  return argv.some(
    (argument, index) =>
      argument === '--json' || argument === '--format=json' || (argument === '--format' && argv[index + 1] === 'json'),
  );
}
