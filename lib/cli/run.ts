/**
 * `cramfs-map`: from arguments to an exit code.
 */
import { answer } from './commands/mapAnswer.ts';
import { reportFailure } from './failure.ts';
import type { Io } from './io.ts';
import { plainQuestion } from './plainQuestion.ts';

/** Runs `cramfs-map` with the arguments after the program's name. Never throws and never exits. */
export async function runCramfsMap(argv: readonly string[], io: Io): Promise<number> {
  const named: Io = { ...io, commandLine: ['cramfs-map', ...argv] };
  const question = plainQuestion(argv);
  if (question === null) return (await import('./mapProgram.ts')).runMapProgram(argv, named);
  const { image, path, options } = question;
  try {
    return await answer(image, path, options, { io: named, program: 'cramfs-map' });
  } catch (error) {
    return reportFailure(error, named, 'cramfs-map', options.json === true && options.quiet !== true);
  }
}
