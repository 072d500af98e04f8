/**
 * `cramfs check IMAGE`: fsck.
 */
import type { Command } from 'commander';
import { printableName } from '../../format/names.ts';
import { checkJson } from '../../report/checkJson.ts';
import { checkText } from '../../report/checkText.ts';
import { checkParallel } from '../../workers/checkParallel.ts';
import {
  addImageOptions,
  addJobsOption,
  addQuietOption,
  IMAGE_ARGUMENT,
  type ImageOptions,
  openImage,
  parseJobs,
} from '../imageOptions.ts';
import { EXIT, type Io } from '../io.ts';
import { parseNumber } from '../numbers.ts';
import { styleFor, widthFor } from '../style.ts';

/** The options as commander hands them over: text, still. */
interface CheckCommandOptions extends ImageOptions {
  readonly inflate: boolean;
  readonly jobs?: string;
  readonly threads?: string;
  readonly quiet?: boolean;
}

const NOTES = `
Errors are damage, or what Linux cannot use; warnings are likely to cause
trouble; notes are for information. "cramfs explain CODE" shows the page of a
finding.

Exit codes:
  0 no errors   1 errors   2 wrong usage   3 the image cannot be read or is not
  cramfs   70 internal error
`;

/** Adds the arguments and options of the command, and what it does. `done` gets the exit code. */
export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  addImageOptions(
    command
      .description('Check an image: structure, checksum, names, pointers, and every compressed block')
      .argument('<image>', IMAGE_ARGUMENT)
      .option('--no-inflate', 'do not inflate compressed blocks: faster, but finds damaged data only by the CRC'),
  );
  return addJobsOption(addQuietOption(command), 'one per processor, at most 4; 1 for small images')
    .addHelpText('after', NOTES)
    .action(async (file: string, options: CheckCommandOptions) => {
      done(await check(file, options, io));
    });
}

async function check(file: string, options: CheckCommandOptions, io: Io): Promise<number> {
  const threads = parseJobs(options);
  const image = openImage(file, options, io);
  try {
    const imageOffset =
      options.imageOffset === undefined ? 0 : parseNumber(options.imageOffset, '--image-offset', image.pageSize);
    const result = await checkParallel(image, { file, imageOffset, threads, inflate: options.inflate });
    if (options.quiet !== true) {
      io.stdout.write(
        options.json === true
          ? `${JSON.stringify(checkJson(result))}\n`
          : checkText(result, printableName(file), styleFor(io, options.color), widthFor(io)),
      );
    }
    return result.counts.error > 0 ? EXIT.findings : EXIT.ok;
  } finally {
    image.close();
  }
}
