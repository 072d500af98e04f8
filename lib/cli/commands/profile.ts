/** `cramfs profile IMAGE CAPTURE…`: which pages of an image a target used. */
import type { Command } from 'commander';
import { imageIndex } from '../../profile/fileIndex.ts';
import { parseDevice } from '../../profile/devices.ts';
import { readCaptures } from '../../profile/readCaptures.ts';
import { profileCsv, profileJson } from '../../report/profile/profileJson.ts';
import { profileText } from '../../report/profile/profileText.ts';
import { openCaptures } from '../captures.ts';
import { addImageOptions, IMAGE_ARGUMENT, type ImageOptions, openImage } from '../imageOptions.ts';
import { EXIT, type Io } from '../io.ts';
import { parseNumber } from '../numbers.ts';
import { GROUPS, grouped } from '../help/helpfulCommand.ts';
import { writeOutput } from '../outputFile.ts';

interface ProfileOptions extends ImageOptions {
  readonly output?: string;
  readonly device?: string;
  readonly phys?: string;
}

const HELP = `
Examples:
  cramfs profile plain.cramfs boot.trace -o used.csv
  cramfs profile plain.cramfs run1.trace run2.trace smaps.txt --json

A capture is the text of /sys/kernel/tracing/trace with filemap events, of
/proc/PID/maps or smaps, of "perf script", AXFS's CSV, or CSV or JSON of this
command; what it is shows by its content. Record it on an image without direct
blocks: direct pages make no events. docs/profile.md shows how.

Exit codes:
  0 done   2 wrong usage, or a file that is not a capture of this image   3 the
  image or a file cannot be read or written   70 internal error
`;

export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  grouped(command, GROUPS.output, () =>
    command.option('-o, --output <file>', 'write the profile as CSV, for "cramfs mkfs --xip-profile"'),
  );
  return addImageOptions(command)
    .description('Show which pages of an image a target used, from what it recorded')
    .argument('<image>', `${IMAGE_ARGUMENT}: the one that was mounted when the captures were recorded`)
    .argument('<captures...>', 'what the target recorded')
    .option('--device <major:minor>', "the image's device in the captures (default: the one whose files match)")
    .option('--phys <address>', 'physical address of the image, for maps of direct mappings (default: 0x10000000)')
    .addHelpText('after', HELP)
    .action(async (file: string, captures: readonly string[], options: ProfileOptions) => {
      done(await profile(file, captures, options, io));
    });
}

async function profile(file: string, names: readonly string[], options: ProfileOptions, io: Io): Promise<number> {
  const device = options.device === undefined ? null : parseDevice(options.device);
  const physBase = options.phys === undefined ? undefined : parseNumber(options.phys, '--phys', null);
  const captures = openCaptures(names);
  const image = openImage(file, options, io);
  try {
    const files = imageIndex(image);
    const result = readCaptures(captures, files, { device, physBase });
    if (options.output !== undefined) {
      await writeOutput(options.output, Buffer.from(profileCsv(result.profile)), { replaces: true });
    }
    if (options.json === true) io.stdout.write(`${JSON.stringify(profileJson(result, files))}\n`);
    else io.stdout.write(profileText(result, files));
    return EXIT.ok;
  } finally {
    image.close();
  }
}
