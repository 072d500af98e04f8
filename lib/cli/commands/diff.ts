/** `cramfs diff A B`: what changed between two images. */
import type { Command } from 'commander';
import { diffImages } from '../../diff/diff.ts';
import { differs, type ImageDiff } from '../../diff/diffResult.ts';
import { DEFAULT_MODEL } from '../../driver/models/index.ts';
import { CramfsError } from '../../base/errors.ts';
import { printableName } from '../../format/names.ts';
import { diffJson } from '../../report/diffJson.ts';
import { damageText, diffText } from '../../report/diffText.ts';
import { Board } from '../../verdict/board.ts';
import { addMachineOptions, addProgramOptions, boardOptions, type MachineOptions } from '../boardOptions.ts';
import { reportFailure } from '../failure.ts';
import { addImageOptions, IMAGE_ARGUMENT, type ImageOptions, openImage } from '../imageOptions.ts';
import { EXIT, type Io } from '../io.ts';
import { styleFor, widthFor } from '../style.ts';
import { complain } from '../complain.ts';

interface DiffCommandOptions extends ImageOptions, MachineOptions {
  readonly kernel: string;
  readonly content: boolean;
}

const NOTES = `
Options of image and machine are for both images.

Exit codes:
  0 no difference   1 differences   2 wrong usage   3 an image cannot be read,
  is not cramfs, or is damaged so that something cannot be compared
  70 a bug of ours
`;

/** Damage that is told of. */
const SHOWN_DAMAGE = 20;

export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  return addProgramOptions(addMachineOptions(addImageOptions(command)))
    .description(
      'Tells what changed from one image to another: files, how they are stored, which programs still run from flash, what it costs.',
    )
    .argument('<a>', IMAGE_ARGUMENT)
    .argument('<b>', 'the image to compare it with')
    .option('--kernel <model>', 'kernel model', DEFAULT_MODEL.name)
    .option('--no-content', 'do not read contents: files of the same size count as the same')
    .addHelpText('after', NOTES)
    .action((a: string, b: string, options: DiffCommandOptions) => {
      done(diff(a, b, options, io));
    });
}

function diff(fileA: string, fileB: string, options: DiffCommandOptions, io: Io): number {
  if (fileA === '-' && fileB === '-') {
    throw new CramfsError('USAGE', { found: 'standard input can be read once only' });
  }
  const open = (file: string): Board => {
    const image = openImage(file, options, io);
    try {
      return new Board(image, boardOptions(options, options.kernel, image.pageSize));
    } catch (error) {
      image.close();
      throw error;
    }
  };
  const boards: Board[] = [];
  let file = fileA;
  try {
    const a = open(fileA);
    boards.push(a);
    file = fileB;
    const b = open(fileB);
    boards.push(b);
    return report(diffImages(a, b, { names: { a: fileA, b: fileB }, content: options.content }), options, io);
  } catch (error) {
    // Which of the two it is, as long as that is known.
    const name = boards.length === 2 ? 'cramfs diff' : `cramfs diff: ${printableName(file)}`;
    return reportFailure(error, io, name, options.json === true);
  } finally {
    for (const { image } of boards) image.close();
  }
}

function report(result: ImageDiff, options: DiffCommandOptions, io: Io): number {
  io.stdout.write(
    options.json === true
      ? `${JSON.stringify(diffJson(result))}\n`
      : diffText(result, styleFor(io, options.color), widthFor(io)),
  );
  const { damage, images } = result;
  for (const each of damage.slice(0, SHOWN_DAMAGE)) complain(io, `cramfs diff: ${damageText(each, images)}`);
  if (damage.length > SHOWN_DAMAGE) complain(io, `cramfs diff: and ${damage.length - SHOWN_DAMAGE} more`);
  if (damage.length > 0) return EXIT.image;
  return differs(result) ? EXIT.findings : EXIT.ok;
}
