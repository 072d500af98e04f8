/** `cramfs stage ROOT… --from DIR`: programs of a directory with everything that they need. */
import { jsonText } from '../../base/json.ts';
import type { Command } from 'commander';
import { sha256Hash } from '../../mkfs/contentHash.node.ts';
import { imageTree } from '../../mkfs/source/imageTree.ts';
import { stageJson, stageText } from '../../report/stage/stageText.ts';
import { findClosure } from '../../stage/closure.ts';
import { type StagedTree, stagedTree } from '../../stage/stagedTree.ts';
import { writeTree } from '../../stage/toDirectory.node.ts';
import { complain } from '../complain.ts';
import { addForceOption, openImage } from '../imageOptions.ts';
import { readText } from '../inputFile.ts';
import { EXIT, type Io } from '../io.ts';
import { withCompressor } from '../mkfs/compressor.ts';
import { ImageOutput } from '../mkfs/imageOutput.ts';
import { GROUPS, grouped } from '../help/groups.ts';
import { openTree } from '../mkfs/openTree.ts';
import type { OutputRules } from '../outputFile.ts';
import { printableName } from '../../format/names.ts';
import { readFiles } from '../readFiles.ts';
import { usage } from '../usage.ts';

interface StageOptions {
  readonly from: string;
  readonly to?: string;
  readonly output?: string;
  readonly force?: boolean;
  readonly excludeImage?: string;
  readonly libraryPath?: string;
  readonly dlopen?: readonly string[];
  readonly dlopenList?: string;
  readonly json?: boolean;
}

const HELP = `
Examples:
  cramfs stage /bin/sh /usr/bin/app --from sysroot
  cramfs stage /usr/bin/app --from sysroot --to staged
  cramfs stage /bin/app --from rootfs.tar -o app.cramfs --exclude-image a.cramfs

A ROOT is a program, a library, another file, or a directory with all that is in
it. The dynamic linkers' own search decides, as in "cramfs exec"; ld.so.cache is
not used, and the result does not need it.

Exit codes:
  0 done   1 something is missing, or not certain to be complete
  2 wrong usage, or no such ROOT   3 a file cannot be read or written, or does
  not fit   70 internal error
`;

export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  command
    .description('Find everything that programs of a directory need, and copy it or build an image of it')
    .argument('<roots...>', 'paths in the directory')
    .requiredOption('--from <source>', 'the directory; or a tar archive, or an image')
    .option('--exclude-image <first>', 'leave out files that this image has with the same contents')
    .option('--library-path <dirs>', 'LD_LIBRARY_PATH of the programs (default: not set)')
    .option('--dlopen <name...>', 'libraries that the programs open with dlopen() while they run')
    .option('--dlopen-list <file>', 'the same from a file, one name per line');
  grouped(command, GROUPS.output, () =>
    command
      .option('--to <dir>', 'copy what is found into a new directory')
      .option('-o, --output <image>', 'build an image of what is found')
      .option('--json', 'print JSON'),
  );
  return addForceOption(command)
    .addHelpText('after', HELP)
    .action(async (roots: readonly string[], options: StageOptions) => {
      done(await stage(roots, options, io));
    });
}

async function stage(roots: readonly string[], options: StageOptions, io: Io): Promise<number> {
  const { from, to, output, libraryPath } = options;
  if (to !== undefined && output !== undefined) usage('--to and --output cannot be used together');
  const listed = options.dlopenList === undefined ? [] : names(readText(options.dlopenList));
  const dlopen = [...(options.dlopen ?? []), ...listed];
  const tree = await openTree(from, io);
  const first = options.excludeImage === undefined ? null : openImage(options.excludeImage, { color: 'never' }, io);
  try {
    const closure = findClosure(tree.root, { roots, libraryPath, dlopen });
    const staged = stagedTree(tree.root, closure.files, first === null ? null : imageTree(first));
    if (to !== undefined) {
      for (const path of writeTree(staged.root, to)) {
        complain(io, `cramfs stage: ${printableName(path)}: skipped: it is a device, a fifo or a socket`);
      }
    }
    if (output !== undefined)
      await build(staged, output, { replaces: options.force === true, inputs: readFiles([], options) });
    io.stdout.write(options.json === true ? `${jsonText(stageJson(closure, staged))}\n` : stageText(closure, staged));
    return closure.problems.length + closure.uncertain.length > 0 ? EXIT.findings : EXIT.ok;
  } finally {
    first?.close();
    tree.close();
  }
}

/** Builds the image that `cramfs mkfs` builds of the same tree. */
async function build({ root }: StagedTree, output: string, rules: OutputRules): Promise<void> {
  await withCompressor(root, { kind: 'classic', level: 9 }, async (compressor) => {
    const image = new ImageOutput(output, rules);
    try {
      await image.build(root, { compressor, hash: sha256Hash, entryRoom: true });
      image.verify(4096);
      await image.commit();
    } finally {
      image.discard();
    }
  });
}

/** Names of a list: one a line; empty lines and those that begin with # do not count. */
function names(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
