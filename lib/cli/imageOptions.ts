/**
 * The image argument and the options that every subcommand over one image has.
 */
import { type Command, Option } from 'commander';
import { CramfsError } from '../base/errors.ts';
import { type CramfsImage, PAGE_SIZES } from '../image/image.ts';
import { openDetected } from '../inspect/openDetected.ts';
import type { ByteSource } from '../source/byteSource.ts';
import { openFileSource, openStdinSource } from '../source/nodeFile.ts';
import type { Io } from './io.ts';
import { parseNumber } from './numbers.ts';
import type { ColourChoice } from './style.ts';

/** The options as commander hands them over: text, still. */
export interface ImageOptions {
  readonly imageOffset?: string;
  readonly pageSize?: string;
  readonly json?: boolean;
  readonly color: ColourChoice;
}

/**
 * Adds the options that {@link openImage} and the reporters take; the command adds its own arguments. A command that
 * prints no report leaves out --json and --color.
 */
export function addImageOptions(command: Command, { report = true }: { readonly report?: boolean } = {}): Command {
  command
    .option('--image-offset <n>', 'where the image starts in the file (default: 0)')
    .option('--page-size <n>', "bytes of a block: 4K, 8K, 16K or 64K (default: what the image's files tell)");
  return report ? addReportOptions(command) : command;
}

/** Adds --json and --color. */
export function addReportOptions(command: Command): Command {
  return command
    .option('--json', 'print JSON')
    .addOption(new Option('--color <when>', 'colour').choices(['auto', 'always', 'never']).default('auto'));
}

/** The `<image>` argument's description. */
export const IMAGE_ARGUMENT = 'the image: a file, or - for standard input';

/** The exit codes, as help texts end. */
export const EXIT_CODES = `
Exit codes:
  0 done   1 findings   2 wrong usage, or no such path   3 the image cannot be
  read, is not cramfs, or is damaged where it matters   70 a bug of ours
`;

/**
 * Opens a file, or standard input for "-".
 *
 * @throws CramfsError IO
 */
export function openSource(file: string, io: Io): ByteSource {
  return file === '-' ? openStdinSource(io.stdin) : openFileSource(file);
}

/**
 * Opens the image that the user named; close() it in the end.
 *
 * @throws CramfsError USAGE, IO, NOT_CRAMFS, TRUNCATED
 */
export function openImage(file: string, options: ImageOptions, io: Io): CramfsImage {
  const pageSize = parsePageSize(options.pageSize);
  const imageOffset =
    options.imageOffset === undefined
      ? undefined
      : parseNumber(options.imageOffset, '--image-offset', pageSize ?? 4096);
  const source = openSource(file, io);
  try {
    return openDetected(source, { imageOffset, pageSize });
  } catch (error) {
    source.close();
    throw error instanceof CramfsError && error.code === 'NOT_CRAMFS' ? withScanHint(error) : error;
  }
}

/** Opens the image, hands it to `use`, and closes it whatever happens. */
export function withImage<T>(file: string, options: ImageOptions, io: Io, use: (image: CramfsImage) => T): T {
  const image = openImage(file, options, io);
  try {
    return use(image);
  } finally {
    image.close();
  }
}

/**
 * `--page-size`; undefined for "find out".
 *
 * @throws CramfsError USAGE
 */
export function parsePageSize(text: string | undefined): number | undefined {
  if (text === undefined || text === 'auto') return undefined;
  const pageSize = parseNumber(text, '--page-size', null);
  if (PAGE_SIZES.includes(pageSize)) return pageSize;
  throw new CramfsError('USAGE', { found: `--page-size: ${text} is none of 4K, 8K, 16K and 64K` });
}

function withScanHint(error: CramfsError): CramfsError {
  const found = `${error.details.found ?? 'something else'} ("cramfs scan" looks for images inside a file)`;
  return new CramfsError(error.code, { ...error.details, found });
}
