/**
 * `cramfs-map`: from arguments to an exit code.
 */
import { EXIT, type Io } from './io.ts';
import { defineMapCommand } from './mapCommand.ts';
import { exitCodeFor, newProgram } from './program.ts';

/** Runs `cramfs-map` with the arguments behind the program's name. Never throws and never exits. */
export function runCramfsMap(argv: readonly string[], io: Io): number {
  let exitCode: number = EXIT.ok;
  const program = newProgram('cramfs-map', io);
  defineMapCommand(program, io, (code) => {
    exitCode = code;
  });
  try {
    program.parse(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    return exitCodeFor(error, argv, io, 'cramfs-map');
  }
}
