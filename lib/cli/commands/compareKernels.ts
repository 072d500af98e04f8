/** `cramfs compare-kernels IMAGE A B`: what a whole image would be under two kernels. */
import type { Command } from 'commander';
import { DEFAULT_MODEL } from '../../driver/models/index.ts';
import { comparisonJson, comparisonText } from '../../report/compareText.ts';
import { Board } from '../../verdict/board.ts';
import { compareKernels } from '../../verdict/compareKernels.ts';
import { addMachineOptions, boardOptions, type MachineOptions } from '../boardOptions.ts';
import { addImageOptions, EXIT_CODES, IMAGE_ARGUMENT, type ImageOptions, withImage } from '../imageOptions.ts';
import { EXIT, type Io } from '../io.ts';
import { styleFor, widthFor } from '../style.ts';

type CompareOptions = ImageOptions & MachineOptions;

export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  return addMachineOptions(addImageOptions(command))
    .description('Tells which mappings of which files would differ between two kernels, worst first.')
    .argument('<image>', IMAGE_ARGUMENT)
    .argument('<a>', 'kernel model to compare with')
    .argument('[b]', 'kernel model to look at', DEFAULT_MODEL.name)
    .addHelpText('after', EXIT_CODES)
    .action((file: string, a: string, b: string, options: CompareOptions) => {
      done(compare(file, a, b, options, io));
    });
}

function compare(file: string, a: string, b: string, options: CompareOptions, io: Io): number {
  return withImage(file, options, io, (image) => {
    const first = new Board(image, boardOptions(options, a, image.pageSize));
    const second = new Board(image, boardOptions(options, b, image.pageSize));
    const clear = io.stderr.isTTY ? '\r\u001b[K' : '';
    const comparison = compareKernels(first, second, (files) => {
      if (io.stderr.isTTY) io.stderr.write(`${clear}${String(files)} files compared`);
    });
    io.stderr.write(clear);
    const names = { first: first.kernel.name, second: second.kernel.name, image: file };
    io.stdout.write(
      options.json === true
        ? `${JSON.stringify(comparisonJson(comparison, names.first, names.second))}\n`
        : comparisonText(comparison, names, styleFor(io, options.color), widthFor(io)),
    );
    if (comparison.skipped.some(({ error }) => error.code === 'LIMIT')) return EXIT.image;
    return comparison.different === 0 ? EXIT.ok : EXIT.findings;
  });
}
