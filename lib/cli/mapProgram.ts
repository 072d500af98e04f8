/** `cramfs-map` with all its options. */
import type { Command } from 'commander';
import { define } from './commands/map.ts';
import { EXIT, type Io } from './io.ts';
import { exitCodeFor, newProgram } from './program.ts';

/** `cramfs-map` as a command: for its documentation. */
export function mapProgram(io: Io): Command {
  return define(newProgram('cramfs-map', io), io, () => undefined);
}

/** Runs `cramfs-map` with the arguments after the program's name. Never throws and never exits. */
export async function runMapProgram(argv: readonly string[], io: Io): Promise<number> {
  let exitCode: number = EXIT.ok;
  const program = define(newProgram('cramfs-map', io), io, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    return exitCodeFor(error, argv, io, 'cramfs-map');
  }
}
