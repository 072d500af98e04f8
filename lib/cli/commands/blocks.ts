/** `cramfs blocks IMAGE PATH` */
import { jsonText } from '../../base/json.ts';
import { hex } from '../../base/hex.ts';
import type { Command } from 'commander';
import { errorJson } from '../failure.ts';
import { printableName } from '../../format/names.ts';
import type { CramfsImage } from '../../image/image.ts';
import { directRuns } from '../../inspect/directRuns.ts';
import { listBlocks } from '../../inspect/fileBlocks.ts';
import { findPath } from '../../inspect/findPath.ts';
import { blocksJson } from '../../report/blocksJson.ts';
import { blockRows, runSentences } from '../../report/blocksText.ts';
import { plural } from '../../base/words.ts';
import { addImageOptions, EXIT_CODES, IMAGE_ARGUMENT, type ImageOptions, withImage } from '../imageOptions.ts';
import { EXIT, type Io } from '../io.ts';
import { parseNumber } from '../numbers.ts';
import { styleFor, widthFor } from '../style.ts';
import { TextBuffer } from '../textBuffer.ts';
import { complain } from '../complain.ts';

interface BlocksOptions extends ImageOptions {
  readonly phys?: string;
}

export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  return addImageOptions(
    command
      .description('Show where each block of a file is, and which blocks are contiguous')
      .argument('<image>', IMAGE_ARGUMENT)
      .argument('<path>', 'a file in the image; symbolic links are followed')
      .option('--phys <address>', 'physical address of the image'),
  )
    .addHelpText(
      'after',
      `
Examples:
  cramfs blocks fw.cramfs /bin/busybox
  cramfs blocks fw.cramfs /bin/busybox --phys 0x08040000 --json

Kinds: zlib, stored (verbatim, pointer to its end), direct (verbatim, pointer to
its start, can be mapped), direct-zlib, hole. "cramfs map" shows what Linux does
with them.
${EXIT_CODES}`,
    )
    .action((file: string, path: string, options: BlocksOptions) => {
      done(withImage(file, options, io, (image) => blocks(image, path, options, io)));
    });
}

function blocks(image: CramfsImage, path: string, options: BlocksOptions, io: Io): number {
  const { pageSize } = image;
  const physBase = options.phys === undefined ? null : parseNumber(options.phys, '--phys', pageSize);
  const entry = findPath(image, path, { follow: true });
  const list = listBlocks(image, entry);
  const report = { blocks: list.blocks, runs: directRuns(list.blocks, pageSize), pageSize, physBase };
  const code = list.problems.length === 0 ? EXIT.ok : EXIT.image;
  if (options.json === true) {
    const json = { ...blocksJson(entry.path, entry.inode.size, report), problems: list.problems.map(errorJson) };
    io.stdout.write(`${jsonText(json)}\n`);
    return code;
  }
  const out = new TextBuffer(io.stdout);
  const style = styleFor(io, options.color);
  const table = `table of block pointers at ${hex(entry.inode.ino)}`;
  out.line(style.strong(printableName(entry.path)));
  out.line(
    style.faint(
      `  ${plural(entry.inode.size, 'byte')} in ${plural(list.count, 'block')} of ${String(pageSize / 1024)} KiB` +
        (list.count === 0 ? '' : `, ${table}`),
    ),
  );
  out.line('');
  if (list.blocks.length > 0) {
    for (const row of blockRows(report, style)) out.line(`  ${row}`);
    out.line('');
  }
  if (list.problems.length === 0)
    for (const sentence of runSentences(report, widthFor(io) - 2)) out.line(`  ${sentence}`);
  out.flush();
  for (const problem of list.problems.slice(0, 20)) complain(io, `cramfs blocks: ${problem.message}`);
  if (list.problems.length > 20) complain(io, `cramfs blocks: and ${String(list.problems.length - 20)} more problems`);
  return code;
}
