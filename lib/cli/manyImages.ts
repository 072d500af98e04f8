/** Commands over several images: one after the other, an image that fails does not stop the rest, a table closes. */
import { CramfsError } from '../base/errors.ts';
import { printableName } from '../format/names.ts';
import { exitCodeOf, reportFailure } from './failure.ts';
import type { Io } from './io.ts';

/** How it went with one image. */
export interface ImageOutcome {
  readonly code: number;
  /** The image's row in the closing table, without its name. */
  readonly cells: readonly string[];
}

/** What the table and failures need. */
export interface ManyImages {
  readonly io: Io;
  /** "cramfs check". */
  readonly program: string;
  readonly json: boolean;
  readonly quiet?: boolean | undefined;
  /** The head of the closing table, without the column of names. */
  readonly columns: readonly string[];
}

/**
 * Runs a command over images; the worst exit code. With one image a failure is the caller's.
 *
 * @param one gets the image's argument, and an Io whose command line names no other image
 */
export async function eachImage(
  images: readonly string[],
  { io, program, json, quiet, columns }: ManyImages,
  one: (image: string, io: Io, place: number) => Promise<ImageOutcome> | ImageOutcome,
): Promise<number> {
  const [only] = images;
  if (only !== undefined && images.length === 1) return (await one(only, io, 0)).code;
  if (images.filter((image) => image === '-').length > 1) {
    throw new CramfsError('USAGE', { found: 'standard input can be read only once' });
  }
  const rows: string[][] = [];
  let worst = 0;
  for (const [place, image] of images.entries()) {
    const own = alone(image, images, io);
    let outcome: ImageOutcome;
    try {
      outcome = await one(image, own, place);
    } catch (error) {
      if (!(error instanceof CramfsError)) throw error;
      reportFailure(error, io, `${program}: ${printableName(image)}`, json);
      outcome = { code: exitCodeOf(error), cells: [error.code === 'NOT_CRAMFS' ? 'not a cramfs image' : 'not read'] };
    }
    rows.push([printableName(image), ...outcome.cells]);
    worst = Math.max(worst, outcome.code);
  }
  if (!json && quiet !== true) {
    const padded = rows.map((row) => [...row, ...Array.from({ length: columns.length + 1 - row.length }, () => '')]);
    io.stdout.write(`\n${leftTable([['image', ...columns], ...padded]).join('\n')}\n`);
  }
  return worst;
}

/** The Io of one image of several: its command line names no other. */
export function alone(image: string, images: readonly string[], io: Io): Io {
  const others = new Set(images.filter((other) => other !== image));
  return { ...io, commandLine: io.commandLine?.filter((word) => !others.has(word)) };
}

/** A table whose columns are all aligned to the left. */
function leftTable(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
