/** `cramfs diff A B`: what changed between two images. */
import type { Command } from 'commander';
import { diffImages } from '../../diff/diff.ts';
import { differs, type ImageDiff } from '../../diff/diffResult.ts';
import { CramfsError } from '../../base/errors.ts';
import { printableName } from '../../format/names.ts';
import { diffJson } from '../../report/diffJson.ts';
import { damageText, diffText } from '../../report/diffText.ts';
import { Board } from '../../verdict/board.ts';
import { addMachineOptions, addProgramOptions } from '../boardOptions.ts';
import { reportFailure } from '../failure.ts';
import { addImageOptions, addQuietOption, IMAGE_ARGUMENT, type ImageOptions, openImage } from '../imageOptions.ts';
import { EXIT, type Io } from '../io.ts';
import { type Machine, chooseMachine, type MachineRequest } from '../machine.ts';
import { styleFor, widthFor } from '../style.ts';
import { complain } from '../complain.ts';

interface DiffCommandOptions extends ImageOptions, MachineRequest {
  readonly quiet?: boolean;
  readonly content: boolean;
}

const NOTES = `
Image and machine options apply to both images.

Exit codes:
  0 no differences   1 differences   2 wrong usage, or a bad policy   3 an image
  cannot be read, is not cramfs, or is too damaged to compare all of it
  70 internal error
`;

/** Damage that is shown. */
const SHOWN_DAMAGE = 20;

export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  return addProgramOptions(addMachineOptions(addImageOptions(addQuietOption(command)), io))
    .description(
      'Show what changed between two images: files, how they are stored, which programs still run from flash, sizes',
    )
    .argument('<a>', IMAGE_ARGUMENT)
    .argument('<b>', 'the newer image')
    .option('--no-content', 'compare sizes only, not contents')
    .addHelpText('after', NOTES)
    .action(async (a: string, b: string, options: DiffCommandOptions) => {
      done(diff(a, b, options, await chooseMachine(options), io));
    });
}

function diff(fileA: string, fileB: string, options: DiffCommandOptions, machine: Machine, io: Io): number {
  if (fileA === '-' && fileB === '-') {
    throw new CramfsError('USAGE', { found: 'standard input cannot be both images' });
  }
  const open = (file: string): Board => {
    const image = openImage(file, options, io, machine.pageSize);
    try {
      return new Board(image, machine.board(image.pageSize));
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
  if (options.quiet !== true) {
    io.stdout.write(
      options.json === true
        ? `${JSON.stringify(diffJson(result))}\n`
        : diffText(result, styleFor(io, options.color), widthFor(io)),
    );
  }
  const { damage, images } = result;
  for (const each of damage.slice(0, SHOWN_DAMAGE)) complain(io, `cramfs diff: ${damageText(each, images)}`);
  if (damage.length > SHOWN_DAMAGE) complain(io, `cramfs diff: and ${damage.length - SHOWN_DAMAGE} more`);
  if (damage.length > 0) return EXIT.image;
  return differs(result) ? EXIT.findings : EXIT.ok;
}
