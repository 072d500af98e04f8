/** `cramfs-lab rerun TRANSCRIPT…`: asks a real kernel again what it was asked. */
import { basename } from 'node:path';
import type { Command } from 'commander';
import { CramfsImage } from '../../image/image.ts';
import { bootImage } from '../../lab/boot.node.ts';
import { type Lab, prepareLab } from '../../lab/build.node.ts';
import { compareTranscript, countRequests, type LabDifference } from '../../lab/compare.ts';
import { labDifferencesText } from '../../lab/differencesText.ts';
import { recordedDifferences } from '../../lab/recorded.ts';
import type { LabTranscript } from '../../lab/record.ts';
import { NO_COLOURS } from '../../report/style.ts';
import { table } from '../../report/table.ts';
import { EXIT, type Io } from '../io.ts';
import { addKernelOptions, type KernelOptions, LAB_EXIT_CODES, withKernel } from './labOptions.ts';
import { readImageOf, readTranscript } from './transcriptFile.ts';

interface RerunOptions extends KernelOptions {
  readonly images: string;
}

const NOTES = `
"recorded" counts the fields in which the kernel now differs from the
transcript. If it is the same kernel, all fields must be equal; if not, addresses
may differ, and what the emulation says that the two kernels do differently.
"emulation" counts those in which it differs from the emulation.
`;

/** Adds the arguments and options of the command, and what it does. `done` gets the exit code. */
export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  return addKernelOptions(command)
    .description(
      'Asks a real kernel again what transcripts say that it was asked, and tells what came out differently.',
    )
    .argument('<transcripts...>', 'transcripts, JSON lines; .gz is unpacked')
    .option('--images <folder>', 'what the names of images in transcripts are relative to', '.')
    .addHelpText('after', NOTES)
    .addHelpText('after', LAB_EXIT_CODES)
    .action(async (files: readonly string[], options: RerunOptions) => {
      done(
        await withKernel(options, io, async (wanted, signal) =>
          rerunAll(files, options.images, io, await prepareLab(wanted), signal),
        ),
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

async function rerunAll(
  files: readonly string[],
  images: string,
  io: Io,
  lab: Lab,
  signal: AbortSignal,
): Promise<number> {
  const reruns: Rerun[] = [];
  for (const file of files) {
    io.stderr.write(`${basename(file)} on Linux ${lab.release}\n`);
    reruns.push(await rerun(file, images, lab, signal));
  }
  io.stdout.write(`${table([HEADER, ...reruns.map(row)], '').join('\n')}\n`);
  const differing = reruns.filter(({ toRecord, toEmulation }) => toRecord.length + toEmulation.length > 0);
  for (const { name, toRecord, toEmulation } of differing) {
    const recorded = labDifferencesText(toRecord, NO_COLOURS, ['recorded', 'now']);
    io.stdout.write(`\n${name}\n${recorded}${labDifferencesText(toEmulation)}`);
  }
  return differing.length > 0 ? EXIT.findings : EXIT.ok;
}

async function rerun(file: string, images: string, lab: Lab, signal: AbortSignal): Promise<Rerun> {
  const recorded = readTranscript(file);
  const { setup, records } = recorded;
  const image = readImageOf(recorded, images);
  const began = performance.now();
  const region = {
    name: setup.image,
    image,
    physAddress: Number(setup.base),
    regionBytes: setup.mtd_size,
    requests: records,
  };
  const fresh = await bootImage(lab, region, { signal });
  const seconds = (performance.now() - began) / 1000;
  const opened = CramfsImage.open(image, { pageSize: setup.page_size });
  return {
    name: basename(file),
    fresh,
    toRecord: recordedDifferences(opened, recorded, fresh),
    toEmulation: compareTranscript(opened, fresh),
    seconds,
  };
}

const HEADER = ['transcript', 'vectors', 'reads', 'programs', 'recorded', 'emulation', 'seconds'];

function row({ name, fresh, toRecord, toEmulation, seconds }: Rerun): string[] {
  const { vectors, reads, programs } = countRequests(fresh.records);
  const numbers = [vectors, reads, programs, toRecord.length, toEmulation.length];
  return [name, ...numbers.map(String), seconds.toFixed(1)];
}
