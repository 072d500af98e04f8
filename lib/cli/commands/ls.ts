/** `cramfs ls [-lR] IMAGE [PATH]` */
import type { Command } from 'commander';
import type { CramfsImage } from '../../image/image.ts';
import { findPath } from '../../inspect/findPath.ts';
import { walk, type WalkEntry } from '../../inspect/walk.ts';
import { printableName } from '../../format/names.ts';
import { listedName, longLine } from '../../report/lsText.ts';
import type { Style } from '../../report/style.ts';
import { addImageOptions, EXIT_CODES, IMAGE_ARGUMENT, type ImageOptions, withImage } from '../imageOptions.ts';
import type { Io } from '../io.ts';
import { linkTarget, ListingProblems, writeJsonListing } from '../listing.ts';
import { styleFor } from '../style.ts';
import { TextBuffer } from '../textBuffer.ts';

interface LsOptions extends ImageOptions {
  readonly long?: boolean;
  readonly recursive?: boolean;
}

export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  return addImageOptions(
    command
      .description('List files, in the order in which they are stored')
      .argument('<image>', IMAGE_ARGUMENT)
      .argument('[path]', 'a directory or file in the image', '/')
      .option('-l, --long', 'show mode, owner, size or device number, link target')
      .option('-R, --recursive', 'list subdirectories too'),
  )
    .addHelpText(
      'after',
      `
Examples:
  cramfs ls fw.cramfs
  cramfs ls fw.cramfs /bin --long
  cramfs ls fw.cramfs --recursive --json

Control characters, bidirectional controls and bytes that are not valid UTF-8
are shown as \\n, \\x1b, \\u202e; paths can be given in that form too.
${EXIT_CODES}`,
    )
    .action((file: string, path: string, options: LsOptions) => {
      done(withImage(file, options, io, (image) => list(image, path, options, io)));
    });
}

function list(image: CramfsImage, path: string, options: LsOptions, io: Io): number {
  const from = findPath(image, path);
  const recursive = options.recursive === true;
  const problems = new ListingProblems(io, 'ls', options.json === true);
  const writer = options.json === true ? null : new ListingWriter(image, options, problems, io);
  const listed = function* (): Generator<WalkEntry, void> {
    const walked = walk(image, {
      from,
      order: 'listing',
      onProblem: problems.onProblem,
      enter: (directory) => {
        if (directory !== from && !recursive) return false;
        if (recursive) writer?.heading(directory);
        return true;
      },
    });
    for (const entry of walked) if (entry !== from || from.inode.type !== 'directory') yield entry;
  };
  if (writer === null) writeJsonListing(image, from.path, listed(), problems, io);
  else {
    for (const entry of listed()) if (!writer.entry(entry)) break;
    writer.finish();
  }
  return problems.finish();
}

/** Writes a listing as text. */
class ListingWriter {
  readonly #out: TextBuffer;
  readonly #style: Style;
  readonly #image: CramfsImage;
  readonly #long: boolean;
  readonly #problems: ListingProblems;
  #headings = 0;

  constructor(image: CramfsImage, options: LsOptions, problems: ListingProblems, io: Io) {
    this.#out = new TextBuffer(io.stdout);
    this.#style = styleFor(io, options.color);
    this.#image = image;
    this.#long = options.long === true;
    this.#problems = problems;
  }

  heading(directory: WalkEntry): void {
    if (this.#headings++ > 0) this.#out.line('');
    this.#out.line(`${printableName(directory.path)}:`);
  }

  /** Writes an entry; false when the listing should end. */
  entry(entry: WalkEntry): boolean {
    const { inode } = entry;
    const name = entry.parent === null ? '/' : entry.name;
    this.#out.line(
      this.#long
        ? longLine(name, inode, linkTarget(this.#image, entry, this.#problems), this.#style)
        : listedName(name, inode, this.#style),
    );
    return !this.#problems.tooLong(this.#image, this.#out);
  }

  finish(): void {
    this.#out.flush();
  }
}
