/**
 * `cramfs check IMAGE`: fsck.
 */
import { jsonText } from '../../base/json.ts';
import type { Command } from 'commander';
import { plainLine } from '../../format/escapedNames.ts';
import { printableName } from '../../format/names.ts';
import { checkJson } from '../../report/checkJson.ts';
import { checkText } from '../../report/checkText.ts';
import { RULES, VENDOR_RULES } from '../../check/rules/index.ts';
import { checkParallel } from '../../workers/checkParallel.ts';
import { openedLine } from '../diagnosisLine.ts';
import { diagnosisLineText } from '../../report/diagnosisWords.ts';
import {
  addImageOptions,
  addJobsOption,
  addQuietOption,
  IMAGES_ARGUMENT,
  type ImageOptions,
  openPlacedImage,
  parseJobs,
} from '../imageOptions.ts';
import { EXIT, type Io } from '../io.ts';
import { eachImage, type ImageOutcome } from '../manyImages.ts';
import { styleFor, widthFor } from '../style.ts';

/** The options as commander hands them over: text, still. */
interface CheckCommandOptions extends ImageOptions {
  readonly inflate: boolean;
  readonly vendor?: boolean;
  readonly jobs?: string;
  readonly threads?: string;
  readonly quiet?: boolean;
}

const NOTES = `
Examples:
  cramfs check fw.cramfs
  cramfs check images/*.cramfs --quiet
  cramfs check router.bin@0x20000 --vendor

Errors are damage, or what Linux cannot use; warnings are likely to cause
trouble; notes are for information. "cramfs explain CODE" shows the page of a
finding. Consecutive blocks of a file with the same trouble share a line; --json
has a finding for each. With several images --json prints one line for each, and
a table closes the report.

Exit codes:
  0 no errors   1 errors   2 wrong usage   3 the image cannot be read or is not
  cramfs   70 internal error
`;

/** Adds the arguments and options of the command, and what it does. `done` gets the exit code. */
export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  addImageOptions(
    command
      .description('Check an image: structure, checksum, names, pointers, and every compressed block')
      .argument('<images...>', IMAGES_ARGUMENT)
      .option('--vendor', "the image is for a vendor's kernel: do not report that Linux cannot read its files")
      .option('--no-inflate', 'do not inflate compressed blocks: faster, but finds damaged data only by the CRC'),
  );
  return addJobsOption(addQuietOption(command), 'one per processor, at most 4; 1 for small images')
    .addHelpText('after', NOTES)
    .action(async (files: string[], options: CheckCommandOptions) => {
      const { json, quiet } = options;
      const many = {
        io,
        program: 'cramfs check',
        json: json === true,
        quiet,
        columns: ['errors', 'warnings', 'notes'],
      };
      done(await eachImage(files, many, (file, own, place) => check(file, options, own, place, files.length > 1)));
    });
}

async function check(
  file: string,
  options: CheckCommandOptions,
  io: Io,
  place: number,
  isOneOfMany: boolean,
): Promise<ImageOutcome> {
  const threads = parseJobs(options);
  const opened = openPlacedImage(file, options, io);
  const { image } = opened;
  try {
    const { path, imageOffset } = opened.place;
    // What other threads cannot open by its path is checked by this one.
    const crew = path === null ? { file, imageOffset, threads: 1 } : { file: path, imageOffset, threads };
    const line = openedLine(opened.place, image, io);
    const result = await checkParallel(image, {
      ...crew,
      inflate: options.inflate,
      rules: options.vendor === true ? VENDOR_RULES : RULES,
    });
    if (options.quiet !== true) {
      const style = styleFor(io, options.color);
      const name = printableName(file);
      if (options.json === true) {
        const named = isOneOfMany ? { file } : {};
        io.stdout.write(`${jsonText({ ...named, ...checkJson(result), diagnosis: line })}\n`);
      } else {
        if (isOneOfMany && place > 0) io.stdout.write('\n');
        if (line !== null) io.stdout.write(`${style.bad(plainLine(`${name}: ${diagnosisLineText(line)}`))}\n`);
        io.stdout.write(checkText(result, name, style, widthFor(io)));
      }
    }
    const { error, warning, note } = result.counts;
    return { code: error > 0 ? EXIT.findings : EXIT.ok, cells: [error, warning, note].map(String) };
  } finally {
    image.close();
  }
}
