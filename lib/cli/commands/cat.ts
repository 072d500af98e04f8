/** `cramfs cat IMAGE PATH…` */
import { readRoom } from '../../base/bytes.ts';
import type { Command } from 'commander';
import { CramfsError } from '../../base/errors.ts';
import { fileBlocks } from '../../image/blocks.ts';
import { readBlock } from '../../image/content.ts';
import type { CramfsImage } from '../../image/image.ts';
import { findPath } from '../../inspect/findPath.ts';
import { shownPath } from '../../format/shownPath.ts';
import { reportFailure } from '../failure.ts';
import { addImageOptions, EXIT_CODES, IMAGE_ARGUMENT, type ImageOptions, withImage } from '../imageOptions.ts';
import { EXIT, type Io } from '../io.ts';
import { withNearPaths } from '../nearPaths.ts';

/** Bytes written at a time, at most. */
const PIECE = 1 << 18;

export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  return addImageOptions(
    command
      .description('Write the contents of files to standard output')
      .argument('<image>', IMAGE_ARGUMENT)
      .argument('<path...>', 'files in the image; symbolic links are followed'),
    { report: false },
  )
    .addHelpText(
      'after',
      `
Examples:
  cramfs cat fw.cramfs /etc/inittab
  cramfs cat fw.cramfs /bin/busybox > busybox

The contents are what is stored. Linux reads the last page of some files as
zeros; "cramfs map" shows which.
${EXIT_CODES}`,
    )
    .action((file: string, paths: readonly string[], options: ImageOptions) => {
      done(
        withImage(file, options, io, (image) => paths.reduce((code, path) => Math.max(code, cat(image, path, io)), 0)),
      );
    });
}

/** Writes one file; problems are reported, and the next one follows. */
function cat(image: CramfsImage, path: string, io: Io): number {
  try {
    writeContent(image, path, io);
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
    return reportFailure(withNearPaths(error, image), io, 'cramfs cat', false);
  }
}

function writeContent(image: CramfsImage, path: string, io: Io): void {
  const shown = shownPath(path);
  const { inode } = findPath(image, path, { follow: true });
  if (inode.type !== 'file') {
    throw new CramfsError('NOT_A_REGULAR_FILE', { path: shown, found: `it is a ${inode.type}` });
  }
  const piece = readRoom(Math.min(PIECE, inode.size));
  let length = 0;
  const flush = (): void => {
    io.stdout.writeBytes(piece.subarray(0, length));
    length = 0;
  };
  try {
    for (const block of fileBlocks(image, inode, shown)) {
      const bytes = readBlock(image, block, shown);
      if (length + bytes.length > piece.length) flush();
      piece.set(bytes, length);
      length += bytes.length;
    }
  } finally {
    flush();
  }
}
