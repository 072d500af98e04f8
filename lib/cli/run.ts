/**
 * Running a command: from arguments to an exit code.
 */
import { Command, CommanderError } from 'commander';
import { reportFailure } from './failure.ts';
import { EXIT, type Io } from './io.ts';
import { defineMapCommand } from './mapCommand.ts';
import { VERSION } from './version.ts';

/** Runs `cramfs-map` with the arguments behind the program's name. Never throws and never exits. */
export function runCramfsMap(argv: readonly string[], io: Io): number {
  let exitCode: number = EXIT.ok;
  const program = withIo(new Command('cramfs-map'), io).version(VERSION, '-V, --version', 'print the version');
  defineMapCommand(program, io, (code) => {
    exitCode = code;
  });
  try {
    program.parse(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return reportFailure(error, io, 'cramfs-map', argv.includes('--json'));
  }
}

function withIo(program: Command, io: Io): Command {
  return program
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ helpWidth: Math.min(io.stdout.columns ?? 80, 100) })
    .configureOutput({
      writeOut: (text) => {
        io.stdout.write(text);
      },
      writeErr: (text) => {
        io.stderr.write(text);
      },
      outputError: (text, write) => {
        write(text.replace(/^error: /, `${program.name()}: `));
      },
    });
}
