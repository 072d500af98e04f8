/** `cramfs-lab run IMAGE`: what a real kernel does with an image. */
import { CramfsImage } from '../../../lib/index.ts';
import {
  IMAGE_ARGUMENT,
  openSource,
  EXIT,
  type Io,
  readText,
  parseNumber,
  openOutput,
} from '../../../lib/cli/shared.ts';
import { type Command, Option } from 'commander';
import { defaultBases } from '../architectures.ts';
import { bootImage } from '../boot.node.ts';
import { type LabRegion, PAGE_SIZE, validateRegions } from '../bootPlan.ts';
import { type LabOptions, prepareLab } from '../build.node.ts';
import { compareTranscript, countRequests } from '../compare.ts';
import { labDifferencesText, totalsText } from '../differencesText.ts';
import { parseRequests } from '../parseRecords.ts';
import { type LabRequest, type LabTranscript, transcriptText } from '../record.ts';
import { wholeFileRequests } from '../wholeFiles.ts';
import { addKernelOptions, architectureOf, type KernelOptions, LAB_EXIT_CODES, withKernel } from './labOptions.ts';

interface RunOptions extends KernelOptions {
  readonly vectors?: string;
  readonly phys?: string;
  readonly region?: string;
  readonly regionSize?: string;
  readonly output?: string;
  readonly force?: boolean;
  readonly compare?: boolean;
  readonly timeout?: string;
}

/** The region of the recorded transcripts; larger images get a larger one. */
const REGION_BYTES = 64 * 2 ** 20;

/** Adds the arguments and options of the command, and what it does. `done` gets the exit code. */
export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  return addKernelOptions(command)
    .description('Boot a real kernel with an image in memory and show what mmap(), read() and execve() do with it')
    .argument('<image>', IMAGE_ARGUMENT)
    .option('--vectors <file>', 'requests, or a transcript to repeat (default: map and read each file as a whole)')
    .option('--phys <address>', 'physical address of the image (default: the lowest with enough space)')
    .option('--region <size>', 'size of the memory region with the image, a power of two (default: 64M)')
    .addOption(new Option('--region-size <size>').hideHelp())
    .option('-o, --output <file>', 'write the transcript to a file (default: standard output)')
    .option('--force', 'replace existing files')
    .option('--compare', 'print what the emulation does differently, instead of the transcript')
    .option('--timeout <seconds>', 'time limit (default: none while results come, 120 without any)')
    .addHelpText('after', LAB_EXIT_CODES)
    .action(async (file: string, options: RunOptions) => {
      const region = regionOf(file, options, io);
      done(await withKernel(options, io, (lab, signal) => run(region, options, io, lab, signal)));
    });
}

async function run(
  region: LabRegion,
  options: RunOptions,
  io: Io,
  wanted: LabOptions,
  signal: AbortSignal,
): Promise<number> {
  const timeoutSeconds = options.timeout === undefined ? undefined : parseNumber(options.timeout, '--timeout', null);
  const boot = async (): Promise<LabTranscript> =>
    bootImage(await prepareLab(wanted), region, { signal, timeoutSeconds });
  const transcript = options.output === undefined ? await boot() : await bootInto(options.output, options, boot);
  if (options.compare === true) return compare(region, transcript, io);
  if (options.output === undefined) io.stdout.write(transcriptText(transcript));
  return EXIT.ok;
}

/** Writes the transcript into a file; an existing file is reported before the boot. */
async function bootInto(
  file: string,
  { force }: RunOptions,
  boot: () => Promise<LabTranscript>,
): Promise<LabTranscript> {
  const output = openOutput(file, { replaces: force === true });
  try {
    const transcript = await boot();
    output.write(Buffer.from(transcriptText(transcript)));
    output.commit();
    return transcript;
  } finally {
    output.discard();
  }
}

function regionOf(file: string, options: RunOptions, io: Io): LabRegion {
  const number = (text: string | undefined, option: string, otherwise: number): number =>
    text === undefined ? otherwise : parseNumber(text, option, PAGE_SIZE);
  const architecture = architectureOf(options);
  const source = openSource(file, io);
  try {
    const image = source.read(0, source.size).slice();
    const whole = Math.max(REGION_BYTES, 2 ** Math.ceil(Math.log2(image.length)));
    const region = {
      name: file,
      image,
      physAddress: number(options.phys, '--phys', defaultBases(architecture)[0] ?? 0),
      regionBytes: number(options.region ?? options.regionSize, '--region', whole),
      requests: requestsFor(image, options.vectors),
    };
    validateRegions([region], architecture);
    return region;
  } finally {
    source.close();
  }
}

function requestsFor(image: Uint8Array, vectors: string | undefined): readonly LabRequest[] {
  if (vectors !== undefined) return parseRequests(readText(vectors), vectors);
  return wholeFileRequests(CramfsImage.open(image, { pageSize: PAGE_SIZE }));
}

function compare(region: LabRegion, transcript: LabTranscript, io: Io): number {
  const image = CramfsImage.open(region.image, { pageSize: transcript.setup.page_size });
  const differences = compareTranscript(image, transcript);
  const totals = totalsText(countRequests(transcript.records), differences);
  io.stdout.write(`${labDifferencesText(differences)}Linux ${transcript.setup.release}: ${totals}\n`);
  return differences.length > 0 ? EXIT.findings : EXIT.ok;
}
