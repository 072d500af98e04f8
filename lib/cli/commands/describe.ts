/**
 * `cramfs describe`: prints a listing that `cramfs mkfs --from-listing` accepts.
 */
import type { Command } from 'commander';
import { lostFacts } from '../../mkfs/repackFacts.ts';
import { repackLosses } from '../../mkfs/repackLosses.ts';
import { announceDump } from '../diagnosisLine.ts';
import { describeOpened } from '../mkfs/like.ts';
import { repackLossText } from '../../report/mkfsWords.ts';
import { writeListing } from '../../mkfs/listing/listing.ts';
import { addImageOptions, EXIT_CODES, IMAGE_ARGUMENT, type ImageOptions, openPlacedImage } from '../imageOptions.ts';
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
  const { image, place } = openPlacedImage(file, options, io);
  try {
    announceDump(place, image, io, { sound: true });
    const { listing, isExact } = await describeOpened(image);
    const remark = isExact
      ? 'Building from this listing gives the same image, byte for byte.'
      : 'The image was built by an unknown tool: building from this listing gives the same files, but other bytes.';
    const whole = place.imageOffset === 0 && place.hit === null;
    const losses = [...repackLosses(image, listing.image), ...lostFacts(image, { whole, isExact })];
    const remarks = losses.map((loss) => `Building from it: ${repackLossText(loss)}.`);
    io.stdout.write(writeListing(listing, [remark, ...remarks]));
    return EXIT.ok;
  } finally {
    image.close();
  }
}
