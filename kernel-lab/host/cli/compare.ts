/** `cramfs-lab compare IMAGE TRANSCRIPT`: a real kernel's transcript against the emulation. */
import type { Command } from 'commander';
import { kernelModel, CramfsImage } from '../../../lib/index.ts';
import { modelOfRelease } from '../../../lib/kernel.ts';
import {
  addReportOptions,
  IMAGE_ARGUMENT,
  openSource,
  EXIT,
  type Io,
  parsePhysBits,
  type ColourChoice,
  styleFor,
} from '../../../lib/cli/shared.ts';
import { compareTranscript, countRequests } from '../compare.ts';
import { comparisonJson, labDifferencesText, totalsText } from '../differencesText.ts';
import { readTranscript } from './transcriptFile.ts';

interface CompareOptions {
  readonly kernel?: string;
  readonly physBits?: string;
  readonly json?: boolean;
  readonly color: ColourChoice;
}

const NOTES = `
Examples:
  cramfs-lab compare fw.cramfs fw.jsonl
  cramfs-lab compare fw.cramfs fw.jsonl.gz --kernel linux-6.1 --json

Kernel release, physical address, region and page size come from the transcript.
The address of the vma, and pages mapped outside the region, are not compared.

Exit codes:
  0 no differences   1 differences   2 wrong usage, or not a transcript
  3 a file cannot be read, or the image is not cramfs   70 internal error
`;

/** Adds the arguments and options of the command, and what it does. `done` gets the exit code. */
export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  return addReportOptions(
    command
      .description("Compare a real kernel's transcript with the emulation, field by field")
      .argument('<image>', IMAGE_ARGUMENT)
      .argument('<transcript>', 'transcript of "cramfs-lab run"; .gz is unpacked')
      .option('--kernel <model>', "kernel model (default: from the transcript's release)")
      .option('--phys-bits <n>', 'physical address bits of the CPU (default: 40)'),
  )
    .addHelpText('after', NOTES)
    .action((file: string, transcript: string, options: CompareOptions) => {
      done(compare(file, transcript, options, io));
    });
}

function compare(file: string, transcriptFile: string, options: CompareOptions, io: Io): number {
  const transcript = readTranscript(transcriptFile);
  const { release, page_size: pageSize } = transcript.setup;
  const kernel = options.kernel === undefined ? modelOfRelease(release) : kernelModel(options.kernel);
  const physBits = options.physBits === undefined ? undefined : parsePhysBits(options.physBits, '--phys-bits');
  const image = CramfsImage.open(openSource(file, io), { pageSize });
  try {
    const differences = compareTranscript(image, transcript, { kernel, physBits });
    const counts = countRequests(transcript.records);
    if (options.json === true) {
      const json = comparisonJson({ release, model: kernel.name, counts }, differences);
      io.stdout.write(`${JSON.stringify(json)}\n`);
    } else {
      const compared = `Linux ${release} and the model ${kernel.name}: ${totalsText(counts, differences)}\n`;
      io.stdout.write(`${labDifferencesText(differences, styleFor(io, options.color))}${compared}`);
    }
    return differences.length === 0 ? EXIT.ok : EXIT.findings;
  } finally {
    image.close();
  }
}
