/** `cramfs info IMAGE` */
import type { Command } from 'commander';
import { mountImage } from '../../driver/mountImage.ts';
import { type ImageInfo, imageInfo } from '../../inspect/imageInfo.ts';
import { infoJson } from '../../report/infoJson.ts';
import { infoText } from '../../report/infoText.ts';
import { addImageOptions, EXIT_CODES, IMAGE_ARGUMENT, type ImageOptions, withImage } from '../imageOptions.ts';
import { EXIT, type Io } from '../io.ts';
import { styleFor, widthFor } from '../style.ts';

interface InfoOptions extends ImageOptions {
  readonly ranges?: boolean;
}

export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  return addImageOptions(
    command
      .description("Show an image's layout and statistics: superblock, counts, blocks, and the use of every byte")
      .argument('<image>', IMAGE_ARGUMENT)
      .option('--ranges', 'show the byte ranges of each kind'),
  )
    .addHelpText(
      'after',
      `
Exits with 1 if the CRC is wrong or part of the tree is damaged.
${EXIT_CODES}`,
    )
    .action((file: string, options: InfoOptions) => {
      const ranges = options.ranges === true;
      const { info, mount } = withImage(file, options, io, (image) => ({
        info: imageInfo(image),
        mount: mountImage(image),
      }));
      io.stdout.write(
        options.json === true
          ? `${JSON.stringify(infoJson(info, mount, ranges))}\n`
          : infoText(info, mount, ranges, styleFor(io, options.color), widthFor(io)),
      );
      done(hasFindings(info) ? EXIT.findings : EXIT.ok);
    });
}

function hasFindings({ crc, problemCount, account }: ImageInfo): boolean {
  return problemCount > 0 || account.missingBytes > 0 || !['good', 'swapped', 'none'].includes(crc.state);
}
