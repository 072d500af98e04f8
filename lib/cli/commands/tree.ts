/** `cramfs tree IMAGE [PATH]` */
import type { Command } from 'commander';
import { printableName } from '../../format/names.ts';
import type { CramfsImage } from '../../image/image.ts';
import { findPath } from '../../inspect/findPath.ts';
import { walk, type WalkEntry } from '../../inspect/walk.ts';
import { arrow, listedName } from '../../report/lsText.ts';
import { plural } from '../../base/words.ts';
import { addImageOptions, EXIT_CODES, IMAGE_ARGUMENT, type ImageOptions, withImage } from '../imageOptions.ts';
import type { Io } from '../io.ts';
import { linkTarget, ListingProblems, writeJsonListing } from '../listing.ts';
import { styleFor } from '../style.ts';
import { TextBuffer } from '../textBuffer.ts';

const NOTES = `
Examples:
  cramfs tree fw.cramfs
  cramfs tree fw.cramfs /etc
${EXIT_CODES}`;

export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  return addImageOptions(
    command
      .description('Show files as a tree')
      .argument('<image>', IMAGE_ARGUMENT)
      .argument('[path]', 'where to start', '/'),
  )
    .addHelpText('after', NOTES)
    .action((file: string, path: string, options: ImageOptions) => {
      done(withImage(file, options, io, (image) => tree(image, path, options, io)));
    });
}

function tree(image: CramfsImage, path: string, options: ImageOptions, io: Io): number {
  const from = findPath(image, path);
  const json = options.json === true;
  const problems = new ListingProblems(io, 'tree', json);
  const entries = walk(image, { from, onProblem: problems.onProblem });
  if (json) writeJsonListing(image, from.path, entries, problems, io);
  else writeTree(image, from, entries, problems, options, io);
  return problems.finish();
}

function writeTree(
  image: CramfsImage,
  from: WalkEntry,
  entries: Iterable<WalkEntry>,
  problems: ListingProblems,
  options: ImageOptions,
  io: Io,
): void {
  const out = new TextBuffer(io.stdout);
  const style = styleFor(io, options.color);
  /** For each level below the start, what continues its line: a bar, or blanks below its last entry. */
  const bars: string[] = [];
  let directories = 0;
  let others = 0;
  for (const entry of entries) {
    if (entry === from) {
      out.line(printableName(from.path));
      continue;
    }
    if (entry.inode.type === 'directory') directories++;
    else others++;
    const level = entry.depth - from.depth - 1;
    bars.length = level;
    const last = isLast(image, entry);
    const name = listedName(entry.name, entry.inode, style);
    const target = arrow(entry.inode.type, linkTarget(image, entry, problems));
    out.line(`${style.faint(bars.join('') + (last ? '└── ' : '├── '))}${name}${target}`);
    bars.push(last ? '    ' : '│   ');
    if (problems.tooLong(image, out)) break;
  }
  out.line('');
  out.line(`${directories === 1 ? '1 directory' : `${String(directories)} directories`}, ${plural(others, 'file')}`);
  out.flush();
}

/** Whether an entry is the last of its directory. */
function isLast(image: CramfsImage, { inode, parent }: WalkEntry): boolean {
  if (parent === null) return true;
  return inode.position + image.inodeLayout.size + inode.namelen >= parent.inode.offset + parent.inode.size;
}
