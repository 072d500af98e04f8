/** `cramfs-lab rerun TRANSCRIPT…`: asks a real kernel again what it was asked. */
import { basename } from 'node:path';
import type { Command } from 'commander';
import { CramfsError, CramfsImage } from '../../../lib/index.ts';
import { NO_COLOURS, table } from '../../../lib/report.ts';
import { complain, EXIT, type Io } from '../../../lib/cli/shared.ts';
import type { Architecture } from '../architectures.ts';
import { bootImage } from '../boot.node.ts';
import { type LabRegion, PAGE_SIZE, validateRegions } from '../bootPlan.ts';
import { type Lab, prepareLab } from '../build.node.ts';
import { compareTranscript, countRequests, type LabDifference } from '../compare.ts';
import { labDifferencesText } from '../differencesText.ts';
import { recordedDifferences } from '../recorded.ts';
import type { LabTranscript } from '../record.ts';
import { addKernelOptions, architectureOf, type KernelOptions, LAB_EXIT_CODES, withKernel } from './labOptions.ts';
import { readImageOf, readTranscript } from './transcriptFile.ts';

interface RerunOptions extends KernelOptions {
  readonly images: string;
}

const NOTES = `
Examples:
  cramfs-lab rerun fw.jsonl
  cramfs-lab rerun transcripts/*.jsonl.gz --images images --kernel-release 6.12

"recorded" counts the fields in which the kernel now differs from the
transcript. With the same kernel, all fields must be equal; with another,
addresses may differ, and fields in which the emulation expects the two kernels
to differ.
"emulation" counts the fields in which the kernel differs from the emulation.
`;

/** Adds the arguments and options of the command, and what it does. `done` gets the exit code. */
export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  return addKernelOptions(command)
    .description('Repeat the requests of transcripts on a real kernel and show what differs')
    .argument('<transcripts...>', 'transcripts, JSON lines; .gz is unpacked')
    .option('--images <folder>', 'folder with the images that transcripts name', '.')
    .addHelpText('after', NOTES)
    .addHelpText('after', LAB_EXIT_CODES)
    .action(async (files: readonly string[], options: RerunOptions) => {
      done(
        await withKernel(options, io, async (wanted, signal) => {
          const asked = files.map((file) => readAsked(file, options.images, architectureOf(options)));
          return rerunAll(asked, io, await prepareLab(wanted), signal);
        }),
      );
    });
}

/** What came of one transcript. */
interface Rerun {
  readonly name: string;
  readonly fresh: LabTranscript;
  readonly toRecord: readonly LabDifference[];
  readonly toEmulation: readonly LabDifference[];
  readonly seconds: number;
}

/** What was asked, and the image that it was asked about. */
interface Asked {
  readonly name: string;
  readonly recorded: LabTranscript;
  readonly image: CramfsImage;
  readonly region: LabRegion;
}

function readAsked(file: string, images: string, architecture: Architecture): Asked {
  const recorded = readTranscript(file);
  const { setup, records } = recorded;
  if (setup.page_size !== PAGE_SIZE) {
    const found = `${file}: recorded with pages of ${setup.page_size} bytes; the lab has pages of ${PAGE_SIZE}`;
    throw new CramfsError('USAGE', { found });
  }
  const image = readImageOf(recorded, images);
  const region = {
    name: setup.image,
    image,
    physAddress: Number(setup.base),
    regionBytes: setup.mtd_size,
    requests: records,
  };
  validateRegions([region], architecture);
  return { name: basename(file), recorded, image: CramfsImage.open(image, { pageSize: PAGE_SIZE }), region };
}

async function rerunAll(asked: readonly Asked[], io: Io, lab: Lab, signal: AbortSignal): Promise<number> {
  const reruns: Rerun[] = [];
  for (const one of asked) {
    complain(io, `${one.name} on Linux ${lab.release}`);
    reruns.push(await rerun(one, lab, signal));
  }
  io.stdout.write(`${table([HEADER, ...reruns.map(row)], '').join('\n')}\n`);
  const differing = reruns.filter(({ toRecord, toEmulation }) => toRecord.length + toEmulation.length > 0);
  for (const { name, toRecord, toEmulation } of differing) {
    const recorded = labDifferencesText(toRecord, NO_COLOURS, ['recorded', 'now']);
    io.stdout.write(`\n${name}\n${recorded}${labDifferencesText(toEmulation)}`);
  }
  return differing.length > 0 ? EXIT.findings : EXIT.ok;
}

async function rerun({ name, recorded, image, region }: Asked, lab: Lab, signal: AbortSignal): Promise<Rerun> {
  const began = performance.now();
  const fresh = await bootImage(lab, region, { signal });
  const seconds = (performance.now() - began) / 1000;
  return {
    name,
    fresh,
    toRecord: recordedDifferences(image, recorded, fresh),
    toEmulation: compareTranscript(image, fresh),
    seconds,
  };
}

const HEADER = ['transcript', 'vectors', 'reads', 'programs', 'recorded', 'emulation', 'seconds'];

function row({ name, fresh, toRecord, toEmulation, seconds }: Rerun): string[] {
  const { vectors, reads, programs } = countRequests(fresh.records);
  const numbers = [vectors, reads, programs, toRecord.length, toEmulation.length];
  return [name, ...numbers.map(String), seconds.toFixed(1)];
}
