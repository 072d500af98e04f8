/** `cramfs-lab run IMAGE`: what a real kernel does with an image. */
import { decodeName } from '../../../lib/format.ts';
import { CramfsImage } from '../../../lib/index.ts';
import {
  addForceOption,
  EXIT,
  GROUPS,
  grouped,
  type Io,
  openOutput,
  type OutputRules,
  parseNumber,
  readFiles,
} from '../../../lib/cli/shared.ts';
import { type Command, Option } from 'commander';
import { bootImage } from '../boot.node.ts';
import { type LabRegion, PAGE_SIZE } from '../bootPlan.ts';
import { type LabOptions, prepareLab } from '../build.node.ts';
import { compareTranscript, countRequests } from '../compare.ts';
import { labDifferencesText, totalsText } from '../differencesText.ts';
import { parseRequests } from '../parseRecords.ts';
import { type LabRequest, type LabTranscript, transcriptText } from '../record.ts';
import { wholeFileRequests } from '../wholeFiles.ts';
import { capturedText, captureRequests } from './captures.ts';
import { addKernelOptions, LAB_EXIT_CODES, withKernel } from './labOptions.ts';
import { readMaybePacked } from './transcriptFile.ts';
import { addMountOption, addRegionOptions, openRegion, type RegionOptions } from './region.ts';

interface RunOptions extends RegionOptions {
  readonly vectors?: string;
  readonly smaps?: readonly string[];
  readonly output?: string;
  readonly force?: boolean;
  readonly compare?: boolean;
  readonly timeout?: string;
}

const NOTES = `
Examples:
  cramfs-lab run fw.cramfs -o fw.jsonl
  cramfs-lab run fw.cramfs --compare --phys 0x80000000
  cramfs-lab run fw.cramfs --smaps /bin/app > app.smaps
${LAB_EXIT_CODES}`;

/** Adds the arguments and options of the command, and what it does. `done` gets the exit code. */
export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  grouped(command, GROUPS.output, () =>
    command
      .option('-o, --output <file>', 'write the transcript to a file (default: standard output)')
      .addOption(
        new Option('--compare', 'print what the emulation does differently, instead of the transcript').conflicts(
          'mount',
        ),
      ),
  );
  return addMountOption(addKernelOptions(addRegionOptions(addForceOption(command))))
    .description('Boot a real kernel with an image in memory and show what mmap(), read() and execve() do with it')
    .option('--vectors <file>', 'requests, or a transcript to repeat (default: map and read each file as a whole)')
    .addOption(
      new Option(
        '--smaps <program...>',
        'start these programs instead and print /proc/PID/smaps of each when it ends',
      ).conflicts(['vectors', 'compare']),
    )
    .option('--timeout <seconds>', 'time limit (default: none while results come, 120 without any)')
    .addHelpText('after', NOTES)
    .action(async (file: string, options: RunOptions) => {
      const region = openRegion(file, options, io, (image) => requestsFor(image, options));
      done(
        await withKernel(options, io, (lab, signal) =>
          run(region, { ...options, inputs: readFiles([file], options) }, io, lab, signal),
        ),
      );
    });
}

async function run(
  region: LabRegion,
  options: RunOptions & Pick<OutputRules, 'inputs'>,
  io: Io,
  wanted: LabOptions,
  signal: AbortSignal,
): Promise<number> {
  const timeoutSeconds = options.timeout === undefined ? undefined : parseNumber(options.timeout, '--timeout', null);
  const boot = async (): Promise<LabTranscript> =>
    bootImage(await prepareLab(wanted), region, { signal, timeoutSeconds });
  const textOf = (transcript: LabTranscript): string =>
    options.smaps === undefined ? transcriptText(transcript) : capturedText(transcript, io);
  const transcript =
    options.output === undefined ? await boot() : await bootInto(options.output, options, boot, textOf);
  if (options.compare === true) return compare(region, transcript, io);
  if (options.output === undefined) io.stdout.write(textOf(transcript));
  return EXIT.ok;
}

/** Writes the transcript into a file; an existing file is reported before the boot. */
async function bootInto(
  file: string,
  { force, inputs }: RunOptions & Pick<OutputRules, 'inputs'>,
  boot: () => Promise<LabTranscript>,
  textOf: (transcript: LabTranscript) => string,
): Promise<LabTranscript> {
  const output = openOutput(file, { replaces: force === true, inputs });
  try {
    const transcript = await boot();
    output.write(Buffer.from(textOf(transcript)));
    output.commit();
    return transcript;
  } finally {
    output.discard();
  }
}

function requestsFor(image: Uint8Array, { vectors, smaps }: RunOptions): readonly LabRequest[] {
  if (smaps !== undefined) return captureRequests(smaps, 'smaps');
  if (vectors !== undefined) return parseRequests(decodeName(readMaybePacked(vectors)), vectors);
  return wholeFileRequests(CramfsImage.open(image, { pageSize: PAGE_SIZE }));
}

function compare(region: LabRegion, transcript: LabTranscript, io: Io): number {
  const image = CramfsImage.open(region.image, { pageSize: transcript.setup.page_size });
  const differences = compareTranscript(image, transcript);
  const totals = totalsText(countRequests(transcript.records), differences);
  io.stdout.write(`${labDifferencesText(differences)}Linux ${transcript.setup.release}: ${totals}\n`);
  return differences.length > 0 ? EXIT.findings : EXIT.ok;
}
