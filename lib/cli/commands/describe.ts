/**
 * `cramfs describe`: prints a listing that `cramfs mkfs --from-listing` accepts.
 */
import type { Command } from 'commander';
import { repackLosses } from '../../mkfs/repackLosses.ts';
import { describeOpened } from '../mkfs/like.ts';
import { repackLossText } from '../../report/mkfsWords.ts';
import { writeListing } from '../../mkfs/listing/listing.ts';
import { addImageOptions, EXIT_CODES, IMAGE_ARGUMENT, type ImageOptions, openImage } from '../imageOptions.ts';
import { EXIT, type Io } from '../io.ts';

/** Adds the argument and options of `cramfs describe`, and what it does. */
export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  command.description(
    'Print an image as a listing that can be edited and built: owners, modes, devices, direct blocks',
  );
  return addImageOptions(command.argument('<image>', IMAGE_ARGUMENT), { report: false })
    .addHelpText(
      'after',
      `
Examples:
  cramfs describe fw.cramfs > fw.txt
  cramfs mkfs fw.cramfs new.cramfs --from-listing fw.txt

The listing says whether building from it gives the same image, byte for byte.
${EXIT_CODES}`,
    )
    .action(async (file: string, options: ImageOptions) => {
      done(await describeAction(file, options, io));
    });
}

async function describeAction(file: string, options: ImageOptions, io: Io): Promise<number> {
  const image = openImage(file, options, io, undefined, { sound: true });
  try {
    const { listing, isExact } = await describeOpened(image);
    const remark = isExact
      ? 'Building from this listing gives the same image, byte for byte.'
      : 'The image was built by an unknown tool: building from this listing gives the same files, but other bytes.';
    const losses = repackLosses(image, listing.image).map((loss) => `Building from it: ${repackLossText(loss)}.`);
    io.stdout.write(writeListing(listing, [remark, ...losses]));
    return EXIT.ok;
  } finally {
    image.close();
  }
}
