/** The diagnosis of a file as commands print it: one line, with the command to go on with. */
import { CramfsError } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import { type Diagnosis, diagnose } from '../diagnose/diagnose.ts';
import { diagnoseOpened } from '../diagnose/openedImage.ts';
import type { CramfsImage } from '../image/image.ts';
import { diagnosisWords } from '../report/diagnosisWords.ts';
import type { Io } from './io.ts';
import type { ImagePlace } from './imagePlace.ts';
import { nextCommand } from './nextStep.ts';

/** A diagnosis, as JSON output has it. */
export interface DiagnosisLine {
  /** For programs. */
  readonly code: string;
  readonly message: string;
  /** What to run next, ready to be pasted; null where only another dump helps. */
  readonly command: string | null;
}

/** A diagnosis for a command. `argument`: the image as it was typed. */
export function diagnosisLine(diagnosis: Diagnosis, argument: string, io: Pick<Io, 'commandLine'>): DiagnosisLine {
  const { code, sentence, next } = diagnosisWords(diagnosis);
  return { code, message: sentence, command: nextCommand(next, argument, io) };
}

/** The line without a line break. */
export function diagnosisText({ message, command }: DiagnosisLine): string {
  return command === null ? message : `${message}; run: ${command}`;
}

/**
 * What was done to the dump of an image that opens; null for a sound one, and for damage of unknown cause.
 *
 * @throws CramfsError IO
 */
export function openedLine(place: ImagePlace, image: CramfsImage, io: Pick<Io, 'commandLine'>): DiagnosisLine | null {
  if (place.hit !== null) return null;
  const diagnosis = diagnoseOpened(place.source, image, place.imageOffset);
  return diagnosis === null ? null : diagnosisLine(diagnosis, place.argument, io);
}

/** The error for a place where no image is, with what the file is instead. */
export function notAnImage(error: CramfsError, place: ImagePlace, io: Pick<Io, 'commandLine'>): CramfsError {
  const line = diagnosisLine(diagnose(place.source), place.argument, io);
  const where = place.imageOffset === 0 ? '' : `none begins at ${hex(place.imageOffset)}; `;
  return new CramfsError('NOT_CRAMFS', {
    what: `${where}${diagnosisText(line)}`,
    diagnosis: line,
    cause: error,
  });
}
