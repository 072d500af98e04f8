/** `cramfs stat IMAGE PATH…` */
import { jsonText } from '../../base/json.ts';
import type { Command } from 'commander';
import { CramfsError } from '../../base/errors.ts';
import { readLink } from '../../image/content.ts';
import { rawEntries } from '../../image/directory.ts';
import type { CramfsImage } from '../../image/image.ts';
import { listBlocks } from '../../inspect/fileBlocks.ts';
import { findPath } from '../../inspect/findPath.ts';
import { shownPath } from '../../format/shownPath.ts';
import { type KindCount, StatisticsCounter } from '../../inspect/statistics.ts';
import type { WalkEntry } from '../../inspect/walk.ts';
import { entryJson } from '../../report/entryJson.ts';
import { SCHEMA_VERSION } from '../../report/mapJson.ts';
import { type FileStatus, statLines } from '../../report/statText.ts';
import { errorJson, reportFailure } from '../failure.ts';
import { addImageOptions, EXIT_CODES, IMAGE_ARGUMENT, type ImageOptions, withImage } from '../imageOptions.ts';
import { EXIT, type Io } from '../io.ts';
import { withNearPaths } from '../nearPaths.ts';
import { styleFor } from '../style.ts';
import { TextBuffer } from '../textBuffer.ts';

interface StatOptions extends ImageOptions {
  readonly dereference?: boolean;
}

const NOTES = `
Examples:
  cramfs stat fw.cramfs /bin/busybox
  cramfs stat fw.cramfs /bin/sh /dev/console --dereference --json
${EXIT_CODES}`;

export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  return addImageOptions(
    command
      .description('Show all metadata of a file')
      .argument('<image>', IMAGE_ARGUMENT)
      .argument('<path...>', 'files in the image')
      .option('-L, --dereference', 'follow symbolic links'),
  )
    .addHelpText('after', NOTES)
    .action((file: string, paths: readonly string[], options: StatOptions) => {
      done(withImage(file, options, io, (image) => stat(image, paths, options, io)));
    });
}

function stat(image: CramfsImage, paths: readonly string[], options: StatOptions, io: Io): number {
  const style = styleFor(io, options.color);
  const out = new TextBuffer(io.stdout);
  const files: Record<string, unknown>[] = [];
  let code: number = EXIT.ok;
  const fail = (thrown: unknown): CramfsError => {
    const error = withNearPaths(thrown, image);
    if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
    code = Math.max(code, reportFailure(error, io, 'cramfs stat', false));
    return error;
  };
  for (const path of paths) {
    try {
      const entry = findPath(image, path, { follow: options.dereference });
      const status = statusOf(image, entry, fail);
      files.push({
        ...entryJson(entry, status.target),
        ...(status.kinds === null ? {} : { blockKinds: status.kinds }),
        ...(status.entries === null ? {} : { entries: status.entries }),
      });
      if (options.json !== true) for (const line of statLines(status, style)) out.line(line);
    } catch (error) {
      files.push({ path, error: errorJson(fail(error)) });
    }
  }
  if (options.json === true) out.line(jsonText({ schemaVersion: SCHEMA_VERSION, files }));
  out.flush();
  return code;
}

/** Gathers what is shown; damage is handed to `onDamage`, and what follows it is left out. */
function statusOf(image: CramfsImage, entry: WalkEntry, onDamage: (error: unknown) => void): FileStatus {
  const { inode } = entry;
  const shown = shownPath(entry.path);
  const attempt = <T>(action: () => T): T | null => {
    try {
      return action();
    } catch (error) {
      onDamage(error);
      return null;
    }
  };
  return {
    path: entry.path,
    inode,
    target: inode.type === 'symlink' ? attempt(() => readLink(image, inode, shown)) : null,
    kinds: inode.type === 'file' || inode.type === 'symlink' ? attempt(() => blockKinds(image, entry, onDamage)) : null,
    entries: inode.type === 'directory' ? attempt(() => count(rawEntries(image, inode, shown))) : null,
  };
}

function blockKinds(image: CramfsImage, entry: WalkEntry, onDamage: (error: unknown) => void): readonly KindCount[] {
  const { blocks, problems } = listBlocks(image, entry);
  const counter = new StatisticsCounter();
  for (const block of blocks) counter.block(block, block.length);
  const [first] = problems;
  if (first !== undefined) onDamage(first);
  return counter.statistics.kinds;
}

function count(items: Iterable<unknown>): number {
  let total = 0;
  for (const _ of items) total++;
  return total;
}
