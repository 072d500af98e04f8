/**
 * `cramfs-map`: from arguments to an exit code.
 */
import { EXIT, type Io } from './io.ts';
import type { Command } from 'commander';
import { define } from './commands/map.ts';
import { exitCodeFor, newProgram } from './program.ts';

/** `cramfs-map` as a command: for its documentation. */
export function mapProgram(io: Io): Command {
  return define(newProgram('cramfs-map', io), io, () => undefined);
}

/** Runs `cramfs-map` with the arguments after the program's name. Never throws and never exits. */
export async function runCramfsMap(argv: readonly string[], io: Io): Promise<number> {
  let exitCode: number = EXIT.ok;
  const program = newProgram('cramfs-map', io);
  define(program, { ...io, commandLine: ['cramfs-map', ...argv] }, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    return exitCodeFor(error, argv, io, 'cramfs-map');
  }
}
