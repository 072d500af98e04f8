/**
 * The one place where failures are printed.
 */
import { plainLine } from '../format/escapedNames.ts';
import type { Io } from './io.ts';

/**
 * Prints a line on standard error. Whatever it quotes, of images, files or the command line, it stays one line that
 * neither a terminal nor a CI system takes for a command.
 */
export function complain(io: Pick<Io, 'stderr'>, line: string): void {
  io.stderr.write(`${plainLine(line)}\n`);
}
