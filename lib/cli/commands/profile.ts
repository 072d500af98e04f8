/** `cramfs profile IMAGE CAPTURE…`: which pages of an image a target used. */
import { jsonText } from '../../base/json.ts';
import { type Command, Option } from 'commander';
import { checkBoard, type BoardCheck, type CheckRequest } from '../../profile/check/checkBoard.ts';
import { imageIndex } from '../../profile/fileIndex.ts';
import { parseDevice } from '../../profile/devices.ts';
import { readCaptures } from '../../profile/readCaptures.ts';
import { boardChecksJson } from '../../report/profile/checkJson.ts';
import { boardCheckText } from '../../report/profile/checkText.ts';
import { profileCsv, profileJson } from '../../report/profile/profileJson.ts';
import { profileText } from '../../report/profile/profileText.ts';
import { addMachineOptions, addProgramOptions } from '../boardOptions.ts';
import { openCaptures } from '../captures.ts';
import { flashVariants } from '../flashVariants.ts';
import { addImageOptions, IMAGE_ARGUMENT, type ImageOptions, openImage } from '../imageOptions.ts';
import { EXIT, type Io } from '../io.ts';
import { GROUPS, grouped } from '../help/groups.ts';
import { chooseMachine, type MachineRequest } from '../machine.ts';
import { styleFor, widthFor } from '../style.ts';
import { writeOutput } from '../outputFile.ts';
import { readFiles } from '../readFiles.ts';

interface ProfileOptions extends ImageOptions, MachineRequest {
  readonly check?: boolean;
  readonly output?: string;
  readonly device?: string;
}

const HELP = `
Examples:
  cramfs profile plain.cramfs boot.trace -o used.csv
  cramfs profile plain.cramfs run1.trace run2.trace smaps.txt --json
  cramfs profile --check fw.cramfs smaps.txt --phys 0x42000000 --kernel 6.12

A capture is the text of /sys/kernel/tracing/trace with filemap events, of
/proc/PID/maps or smaps, of "perf script", AXFS's CSV, or CSV or JSON of this
command; what it is shows by its content. Record it on an image without direct
blocks: direct pages make no events. docs/profile.md shows how.

With --check, captures are maps or smaps of a board that runs from the image:
each mapping is compared with what the model of that board predicts. Where they
differ, the model is run with other kernels, addresses, builds of the image and
mounts, and the one that predicts what the board shows is the cause.

Exit codes:
  0 done   1 with --check: the board does not map what was predicted   2 wrong
  usage, or a file that is not a capture of this image   3 the image or a file
  cannot be read or written   70 internal error
`;

export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  grouped(command, GROUPS.output, () =>
    command.addOption(
      new Option('-o, --output <file>', 'write the profile as CSV, for "cramfs mkfs --xip-profile"').conflicts('check'),
    ),
  );
  return addProgramOptions(addMachineOptions(addImageOptions(command), io))
    .description('Show which pages of an image a target used, from what it recorded, or check its mappings')
    .argument('<image>', `${IMAGE_ARGUMENT}: the one that was mounted when the captures were recorded`)
    .argument('<captures...>', 'what the target recorded')
    .option('--check', 'compare maps or smaps of a running board with the predicted mappings')
    .option('--device <major:minor>', "the image's device in the captures (default: the one whose files match)")
    .addHelpText('after', HELP)
    .action(async (file: string, captures: readonly string[], options: ProfileOptions) => {
      done(await profile(file, captures, options, io));
    });
}

async function profile(file: string, names: readonly string[], options: ProfileOptions, io: Io): Promise<number> {
  const device = options.device === undefined ? null : parseDevice(options.device);
  const machine = await chooseMachine(options);
  const captures = openCaptures(names);
  const image = openImage(file, options, io, machine.pageSize);
  try {
    if (options.check === true) {
      const board = machine.board(image.pageSize);
      const checks: BoardCheck[] = [];
      for (const capture of captures) checks.push(await check({ image, capture, board, device }));
      if (options.json === true) io.stdout.write(`${jsonText(boardChecksJson(checks))}\n`);
      else
        io.stdout.write(
          checks.map((each) => boardCheckText(each, styleFor(io, options.color), widthFor(io))).join('\n'),
        );
      return checks.every(({ ok }) => ok) ? EXIT.ok : EXIT.findings;
    }
    const files = imageIndex(image);
    const { physBase } = machine.board(image.pageSize);
    const result = readCaptures(captures, files, { device, physBase });
    if (options.output !== undefined) {
      await writeOutput(options.output, Buffer.from(profileCsv(result.profile)), {
        replaces: true,
        inputs: readFiles([file, ...names], options),
      });
    }
    if (options.json === true) io.stdout.write(`${jsonText(profileJson(result, files))}\n`);
    else io.stdout.write(profileText(result, files));
    return EXIT.ok;
  } finally {
    image.close();
  }
}

/** Checks a capture; where it may be of another image, the ways to build one of the same files are tried. */
async function check(request: CheckRequest): Promise<BoardCheck> {
  const result = checkBoard(request);
  const differs = result.foreign.length > 0 || result.processes.some(({ differences }) => differences.length > 0);
  // An address or a kernel that explains everything needs no other image.
  if (!differs || result.cause?.every(({ kind }) => kind === 'address' || kind === 'kernel') === true) return result;
  return checkBoard({ ...request, variants: await flashVariants(request.image, result.machine.physBase) });
}
