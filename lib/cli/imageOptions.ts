/**
 * The image argument and the options that every subcommand over one image has.
 */
import { type Command, Option } from 'commander';
import { CramfsError } from '../base/errors.ts';
import type { CramfsImage } from '../image/image.ts';
import { openDetected } from '../inspect/openDetected.ts';
import { GROUPS, grouped } from './help/groups.ts';
import { announceDump, type AnnounceOptions, openAt } from './diagnosisLine.ts';
import { type ImagePlace, openPlace, type PlaceOptions } from './imagePlace.ts';
import type { Io } from './io.ts';
import { withNearPaths } from './nearPaths.ts';
import { parseNumber, parsePageSize } from './numbers.ts';
import type { ColourChoice } from './style.ts';

/** The options as commander hands them over: text, still. */
export interface ImageOptions extends PlaceOptions {
  readonly pageSize?: string;
  readonly json?: boolean;
  readonly color: ColourChoice;
}

interface ImageOptionGroup {
  /** Whether there are --json and --color. */
  readonly report?: boolean;
  /** What --page-size is without the option, for the help. */
  readonly pageSizeDefault?: string;
}

/**
 * Adds the options that {@link openImage} and the reporters take; the command adds its own arguments. A command that
 * prints no report leaves out --json and --color.
 */
export function addImageOptions(
  command: Command,
  { report = true, pageSizeDefault = 'detected from the image' }: ImageOptionGroup = {},
): Command {
  grouped(command, GROUPS.image, () =>
    addPlaceOptions(command).option(
      '--page-size <n>',
      `bytes of a block: 4K, 8K, 16K or 64K (default: ${pageSizeDefault})`,
    ),
  );
  return report ? addReportOptions(command) : command;
}

/** Adds --image-offset, --image and --page-size, for commands that take files with one image each. */
export function addOffsetOptions(command: Command, where: string): Command {
  return grouped(command, GROUPS.image, () =>
    command
      .option('--image-offset <n>', `where the image starts in ${where} (default: 0); FILE@N is the same`)
      .option(
        '--image <n>',
        `the nth image that "cramfs scan" finds in ${where}, decoded as scan decodes it; or FILE@#N`,
      )
      .option('--page-size <n>', 'bytes of a block: 4K, 8K, 16K or 64K (default: detected from the image)'),
  );
}

/** Adds --image-offset and --image. */
export function addPlaceOptions(command: Command): Command {
  return command
    .option('--image-offset <n>', 'where the image starts in the file (default: 0); FILE@N is the same')
    .option(
      '--image <n>',
      'the nth image that "cramfs scan" finds in the file, decoded as scan decodes it; or FILE@#N',
    );
}

/** Adds --json and --color. */
export function addReportOptions(command: Command): Command {
  return addColourOption(grouped(command, GROUPS.output, () => command.option('--json', 'print JSON')));
}

/** Adds --color. */
export function addColourOption(command: Command): Command {
  return grouped(command, GROUPS.output, () =>
    command.addOption(new Option('--color <when>', 'use colours').choices(['auto', 'always', 'never']).default('auto')),
  );
}

/** Adds --quiet. */
export function addQuietOption(command: Command): Command {
  return grouped(command, GROUPS.output, () => command.option('--quiet', 'print nothing on standard output'));
}

/** Adds --jobs, with its old name --threads. */
export function addJobsOption(command: Command, standard = 'one per processor, at most 4'): Command {
  return grouped(command, GROUPS.general, () =>
    command
      .option('--jobs <n>', `number of threads (default: ${standard})`)
      .addOption(new Option('--threads <n>').hideHelp()),
  );
}

/** Adds --force. */
export function addForceOption(command: Command): Command {
  return grouped(command, GROUPS.output, () => command.option('--force', 'replace existing files'));
}

/** More threads than this are no use. */
const MAX_JOBS = 64;

/**
 * `--jobs`; undefined without it.
 *
 * @throws CramfsError USAGE
 */
export function parseJobs({
  jobs,
  threads,
}: {
  readonly jobs?: string;
  readonly threads?: string;
}): number | undefined {
  const text = jobs ?? threads;
  if (text === undefined) return undefined;
  const number = parseNumber(text, '--jobs', null);
  if (number >= 1 && number <= MAX_JOBS) return number;
  throw new CramfsError('USAGE', { found: `--jobs: ${text} is not a number from 1 to ${String(MAX_JOBS)}` });
}

/** The descriptions of the `<images...>` and the `<image>` argument. */
export const IMAGES_ARGUMENT = 'the images: files, FILE@OFFSET, or - for standard input';
export const IMAGE_ARGUMENT = 'the image: a file, FILE@OFFSET, or - for standard input';

/** The exit codes, as help texts end. */
export const EXIT_CODES = `
Exit codes:
  0 done   1 findings   2 wrong usage, or no such path in the image
  3 the image cannot be read, is not cramfs or is damaged, or a file cannot be
  read or written   70 internal error
`;

/** An opened image and where it is. */
export interface OpenedImage {
  readonly image: CramfsImage;
  readonly place: ImagePlace;
}

/**
 * Opens the image that the user named; close() it in the end.
 *
 * @param fallback bytes of a page without `--page-size`; undefined to detect it
 * @throws CramfsError USAGE, IO, NOT_CRAMFS (with what the file is instead), TRUNCATED
 */
export function openPlacedImage(argument: string, options: ImageOptions, io: Io, fallback?: number): OpenedImage {
  const pageSize = parsePageSize(options.pageSize) ?? fallback;
  const place = openPlace(argument, options, io, pageSize);
  return { image: openAt(place, io, (source, imageOffset) => openDetected(source, { imageOffset, pageSize })), place };
}

/**
 * The image of {@link openPlacedImage}, where its place does not matter; what was done to the dump is said.
 *
 * @throws CramfsError as openPlacedImage() and announceDump()
 */
export function openImage(
  argument: string,
  options: ImageOptions,
  io: Io,
  fallback?: number,
  announced: AnnounceOptions = {},
): CramfsImage {
  const { image, place } = openPlacedImage(argument, options, io, fallback);
  try {
    announceDump(place, image, io, announced);
    return image;
  } catch (error) {
    image.close();
    throw error;
  }
}

/** Opens the image, hands it to `use`, and closes it whatever happens. */
export function withImage<T>(
  file: string,
  options: ImageOptions,
  io: Io,
  use: (image: CramfsImage) => T,
  fallback?: number,
): T {
  const image = openImage(file, options, io, fallback);
  try {
    return use(image);
  } catch (error) {
    throw withNearPaths(error, image);
  } finally {
    image.close();
  }
}
