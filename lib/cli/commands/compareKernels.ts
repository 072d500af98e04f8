/** `cramfs compare-kernels IMAGE A B`: what a whole image would be under two kernels. */
import { jsonText } from '../../base/json.ts';
import type { Command } from 'commander';
import type { CramfsImage } from '../../image/image.ts';
import { comparisonJson, comparisonText } from '../../report/compareText.ts';
import { Board } from '../../verdict/board.ts';
import { compareKernels } from '../../verdict/compareKernels.ts';
import { addMachineOptions } from '../boardOptions.ts';
import {
  addImageOptions,
  addQuietOption,
  EXIT_CODES,
  IMAGE_ARGUMENT,
  type ImageOptions,
  withImage,
} from '../imageOptions.ts';
import { type Machine, chooseMachine, type MachineRequest } from '../machine.ts';
import { EXIT, type Io } from '../io.ts';
import { styleFor, widthFor } from '../style.ts';

interface CompareOptions extends ImageOptions, MachineRequest {
  readonly quiet?: boolean;
}

const NOTES = `
Examples:
  cramfs compare-kernels fw.cramfs linux-6.1
  cramfs compare-kernels fw.cramfs 5.10.200 6.12.0 --phys 0x08040000
${EXIT_CODES}`;

export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  return addMachineOptions(addImageOptions(addQuietOption(command)), io, { kernel: false })
    .description('Show which mappings of which files differ between two kernels, worst first')
    .argument('<image>', IMAGE_ARGUMENT)
    .argument('<a>', 'kernel model to compare with')
    .argument('[b]', 'kernel model to look at (default: from the policy, else the newest mainline)')
    .addHelpText('after', NOTES)
    .action(async (file: string, a: string, b: string | undefined, options: CompareOptions) => {
      done(compare(file, { a, b, machine: await chooseMachine(options) }, options, io));
    });
}

interface Kernels {
  readonly a: string;
  readonly b: string | undefined;
  readonly machine: Machine;
}

function compare(file: string, { a, b, machine }: Kernels, options: CompareOptions, io: Io): number {
  const use = (image: CramfsImage): number => {
    const first = new Board(image, machine.board(image.pageSize, a));
    const second = new Board(image, machine.board(image.pageSize, b));
    const clear = io.stderr.isTTY ? '\r\u001b[K' : '';
    const comparison = compareKernels(first, second, (files) => {
      if (io.stderr.isTTY) io.stderr.write(`${clear}${String(files)} files compared`);
    });
    io.stderr.write(clear);
    const names = { first: first.kernel.name, second: second.kernel.name, image: file };
    if (options.quiet !== true) {
      io.stdout.write(
        options.json === true
          ? `${jsonText(comparisonJson(comparison, names.first, names.second))}\n`
          : comparisonText(comparison, names, styleFor(io, options.color), widthFor(io)),
      );
    }
    if (comparison.skipped.some(({ error }) => error.code === 'LIMIT')) return EXIT.image;
    return comparison.different === 0 ? EXIT.ok : EXIT.findings;
  };
  return withImage(file, options, io, use, machine.pageSize);
}
