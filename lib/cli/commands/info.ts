/** `cramfs info IMAGE` */
import { jsonText } from '../../base/json.ts';
import type { Command } from 'commander';
import { mountImage } from '../../driver/mountImage.ts';
import { type ImageInfo, imageInfo } from '../../inspect/imageInfo.ts';
import { infoJson } from '../../report/infoJson.ts';
import { infoText } from '../../report/infoText.ts';
import { plainLine } from '../../format/escapedNames.ts';
import { printableName } from '../../format/names.ts';
import { openedLine } from '../diagnosisLine.ts';
import { diagnosisLineText } from '../../report/diagnosisWords.ts';
import { addImageOptions, EXIT_CODES, IMAGES_ARGUMENT, type ImageOptions, openPlacedImage } from '../imageOptions.ts';
import { eachImage, type ImageOutcome } from '../manyImages.ts';
import { EXIT, type Io } from '../io.ts';
import { styleFor, widthFor } from '../style.ts';

interface InfoOptions extends ImageOptions {
  readonly ranges?: boolean;
}

export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  return addImageOptions(
    command
      .description("Show an image's layout and statistics: superblock, counts, blocks, and the use of every byte")
      .argument('<images...>', IMAGES_ARGUMENT)
      .option('--ranges', 'show the byte ranges of each kind'),
  )
    .addHelpText(
      'after',
      `
Examples:
  cramfs info fw.cramfs
  cramfs info flash.bin@0x40000 --ranges
  cramfs info images/*.cramfs --json

Exits with 1 if the CRC is wrong or part of the tree is damaged. With several
images --json prints one line for each.
${EXIT_CODES}`,
    )
    .action(async (files: string[], options: InfoOptions) => {
      const many = { io, program: 'cramfs info', json: options.json === true, columns: ['size', 'inodes', 'state'] };
      done(await eachImage(files, many, (file, own, place) => infoOf(file, options, own, place, files.length > 1)));
    });
}

function infoOf(file: string, options: InfoOptions, io: Io, place: number, isOneOfMany: boolean): ImageOutcome {
  const ranges = options.ranges === true;
  const opened = openPlacedImage(file, options, io);
  const { image } = opened;
  try {
    const line = openedLine(opened.place, image, io);
    const info = imageInfo(image);
    const mount = mountImage(image);
    const style = styleFor(io, options.color);
    if (options.json === true) {
      const named = isOneOfMany ? { file } : {};
      io.stdout.write(`${jsonText({ ...named, ...infoJson(info, mount, ranges), diagnosis: line })}\n`);
    } else {
      if (isOneOfMany) io.stdout.write(`${place > 0 ? '\n' : ''}${style.strong(printableName(file))}:\n`);
      if (line !== null)
        io.stdout.write(`${style.bad(plainLine(`${printableName(file)}: ${diagnosisLineText(line)}`))}\n\n`);
      io.stdout.write(infoText(info, mount, ranges, style, widthFor(io)));
    }
    const isSound = !hasFindings(info) && info.signatureGood;
    const state = line?.message ?? (isSound ? 'good' : 'damaged or changed');
    const code = hasFindings(info) ? EXIT.findings : EXIT.ok;
    return { code, cells: [String(info.size ?? info.account.fileBytes), String(info.statistics.inodes), state] };
  } finally {
    image.close();
  }
}

function hasFindings({ crc, problemCount, account }: ImageInfo): boolean {
  return problemCount > 0 || account.missingBytes > 0 || !['good', 'swapped', 'none'].includes(crc.state);
}
