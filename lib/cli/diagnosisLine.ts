/** The diagnosis of a file as commands print it: one line, with the command to go on with. */
import { CramfsError } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import { type Diagnosis, diagnose } from '../diagnose/diagnose.ts';
import { diagnoseOpened } from '../diagnose/openedImage.ts';
import type { CramfsImage } from '../image/image.ts';
import { printableName } from '../format/names.ts';
import { diagnosisLineText, diagnosisWords } from '../report/diagnosisWords.ts';
import type { ByteSource } from '../source/byteSource.ts';
import { complain } from './complain.ts';
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

/**
 * What was done to the dump of an image that opens; null for a sound one, and for damage of unknown cause.
 *
 * @throws CramfsError IO
 */
export function openedLine(
  place: Pick<ImagePlace, 'source' | 'imageOffset' | 'argument' | 'hit'>,
  image: CramfsImage,
  io: Pick<Io, 'commandLine'>,
  crcUpTo?: number,
): DiagnosisLine | null {
  if (place.hit !== null) return null;
  const diagnosis = diagnoseOpened(place.source, image, place.imageOffset, crcUpTo);
  return diagnosis === null ? null : diagnosisLine(diagnosis, place.argument, io);
}

/** Bytes of an image whose CRC commands look at although they need little of it: some ten milliseconds. */
const PROMPT_CRC = 16 << 20;

/** How what was done to a dump is looked for, and what follows from it. */
export interface AnnounceOptions {
  /** Bytes of an image whose CRC is looked at for it. */
  readonly crcUpTo?: number;
  /** Whether the image must be as it was made: something is built from it. Default false. */
  readonly sound?: boolean;
}

/**
 * Says on standard error what was done to the dump of an image, before the command says anything else of it. Of a dump
 * that only ends too soon nothing is said: what is there is as it was, and where it is not, the command says so.
 *
 * @throws CramfsError IO; NOT_CRAMFS with the diagnosis, where all bytes are in another order (that the magic number can be
 *   read in it means nothing) and, with `sound`, for whatever was done
 */
export function announceDump(
  place: ImagePlace,
  image: CramfsImage,
  io: Io,
  { crcUpTo = PROMPT_CRC, sound = false }: AnnounceOptions = {},
): void {
  if (place.hit !== null) return;
  const diagnosis = diagnoseOpened(place.source, image, place.imageOffset, sound ? Infinity : crcUpTo);
  if (diagnosis === null || isOnlyCut(diagnosis)) return;
  const line = diagnosisLine(diagnosis, place.argument, io);
  if (sound || isReordered(diagnosis) || isElsewhere(diagnosis, place)) {
    throw new CramfsError('NOT_CRAMFS', { what: diagnosisLineText(line), diagnosis: line });
  }
  complain(io, `${programOf(io)}: ${printableName(place.argument)}: ${diagnosisLineText(line)}`);
}

/** Whether the file just ends before its image does. */
function isOnlyCut(diagnosis: Diagnosis): boolean {
  return diagnosis.kind === 'image' && diagnosis.hit.undone.length === 0 && diagnosis.hit.loss === null;
}

/** Whether the bytes or bits are in another order. */
function isReordered(diagnosis: Diagnosis): boolean {
  return diagnosis.kind === 'image' && diagnosis.hit.undone.some(({ kind }) => kind === 'order');
}

/** Whether the image begins elsewhere: nothing that is read from here means what it says. */
function isElsewhere(diagnosis: Diagnosis, { imageOffset }: ImagePlace): boolean {
  return diagnosis.kind === 'image' && diagnosis.hit.offset !== imageOffset;
}

/** The program as its messages begin: "cramfs ls", "cramfs-map". */
function programOf({ commandLine: [program = 'cramfs', command = ''] = [] }: Io): string {
  return program === 'cramfs' ? `${program} ${command}`.trim() : program;
}

/**
 * The error for a place where no image is, with what the file is instead.
 *
 * @param before words in front: what else it is not
 */
export function notAnImage(
  error: CramfsError,
  place: ImagePlace,
  io: Pick<Io, 'commandLine'>,
  before = '',
): CramfsError {
  const line = diagnosisLine(diagnose(place.source), place.argument, io);
  const where = place.imageOffset === 0 ? '' : `none begins at ${hex(place.imageOffset)}; `;
  return new CramfsError('NOT_CRAMFS', {
    what: `${before}${where}${diagnosisLineText(line)}`,
    diagnosis: line,
    cause: error,
  });
}

/** Opens an image at a place; what the file is instead is in the error. Closes the source where that fails. */
export function openAt<T>(place: ImagePlace, io: Io, open: (source: ByteSource, imageOffset: number) => T): T {
  try {
    return open(place.source, place.imageOffset);
  } catch (error) {
    try {
      throw error instanceof CramfsError && error.code === 'NOT_CRAMFS' ? notAnImage(error, place, io) : error;
    } finally {
      place.source.close();
    }
  }
}
