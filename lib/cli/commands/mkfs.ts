/**
 * `cramfs mkfs`: builds an image.
 */
import { jsonText } from '../../base/json.ts';
import { statSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { printableName } from '../../format/names.ts';
import type { BuildWarning } from '../../mkfs/inodes.ts';
import type { BuiltImage } from '../../mkfs/mkfs.ts';
import type { XipPlan } from '../../mkfs/xip/plan.ts';
import { proveXip } from '../../mkfs/xip/prove.ts';
import { curveSvg } from '../../report/profile/curveSvg.ts';
import { captureJson } from '../../report/profile/profileJson.ts';
import { captureText } from '../../report/profile/profileText.ts';
import { buildSummary } from '../../report/mkfsWords.ts';
import type { CaptureReport } from '../../profile/capture.ts';
import { xipPlanJson, xipPlanText } from '../../report/xipPlan.ts';
import { complain } from '../complain.ts';
import { EXIT, type Io } from '../io.ts';
import { buildFrom, type MkfsOptions } from '../mkfs/build.ts';
import { leaveOut } from '../mkfs/leaveOut.ts';
import { addXipOptions } from '../mkfs/xipOptions.ts';
import { writeOutput } from '../outputFile.ts';
import { GROUPS, grouped } from '../help/groups.ts';
import { addPartitionOptions } from '../boardOptions.ts';
import { readFiles } from '../readFiles.ts';

const HELP = `
Examples:
  cramfs mkfs rootfs fw.cramfs
  cramfs mkfs rootfs.tar fw.cramfs -X -X -n "my board" -D devices.txt
  cramfs mkfs old.cramfs new.cramfs --holes
  cramfs mkfs --like old.cramfs tree new.cramfs

SOURCE is a directory, a tar archive (plain or gzipped; - for standard input) or
a cramfs image, which is repacked with its own byte order, block size, name,
edition, boot pad, inserted file and holes and, if it has a vendor's format, in
that format (LZMA becomes zlib) unless options say otherwise; a warning names
each thing that is lost. The image is byte for byte what mkcramfs builds, or
with --layout util-linux what mkfs.cramfs builds. Equal input gives equal bytes.
What cramfs cannot store is an error, unless --truncate is given.

Exit codes:
  0 done   1 warnings, with -E   2 wrong usage   3 a file cannot be read, the
  source does not fit, or the image cannot be written   70 internal error
`;

/** Options whose values are in a listing. */
const LISTED_OPTIONS = [
  ...['edition', 'name', 'bootPad', 'extended', 'xipElf', 'holes', 'insert', 'bigEndian', 'littleEndian', 'endian'],
  ...['pageSize', 'layout', 'deflate', 'xip'],
];

/** Adds the arguments and options of `cramfs mkfs`, and what it does. */
export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  command
    .description('Build a cramfs image')
    .argument('<source>', 'a directory, a tar archive or another image; - for standard input')
    .argument('<image>', 'the file to write');
  grouped(command, 'Format of the image:', addFormatOptions);
  grouped(command, 'Contents of files:', addContentsOptions);
  grouped(command, 'What is built:', addSourceOptions);
  addXipOptions(command);
  grouped(command, GROUPS.machine, () =>
    command.option('--board <file>', 'board file (YAML): page size, byte order, address and size'),
  );
  grouped(command, GROUPS.output, () =>
    command
      .option('-v, --verbose', 'list each file')
      .option('-E, --errors', 'exit with 1 if there are warnings')
      .addOption(
        new Option(
          '--depfile <file>',
          'write the files that the image is made of as dependencies for make or ninja',
        ).conflicts('plan'),
      ),
  );
  return addPartitionOptions(command)
    .addHelpText('after', HELP)
    .action(async (source: string, image: string, options: MkfsOptions) => {
      // commander keeps the words, and does not declare it.
      const { rawArgs = [] } = (command.parent ?? {}) as { rawArgs?: readonly string[] };
      done(await mkfsAction(source, image, options, io, rawArgs));
    });
}

function addFormatOptions(command: Command): Command {
  return command
    .option('-e, --edition <n>', 'edition number (default: 0)')
    .option('-n, --name <name>', 'name of the file system, at most 16 bytes (default: Compressed)')
    .option('-p, --boot-pad', 'leave 512 bytes for boot code at the start')
    .option('--no-boot-pad', 'leave out the boot pad that the source image has')
    .option('-i, --insert <file>', 'insert a file after the superblock')
    .addOption(new Option('-B, --big-endian', 'build for big-endian CPUs').conflicts('littleEndian'))
    .addOption(new Option('-L, --little-endian', 'build for little-endian CPUs (the default)'))
    .addOption(
      new Option('-N, --endian <order>', 'the same, as in util-linux')
        .choices(['big', 'little', 'host'])
        .conflicts(['bigEndian', 'littleEndian']),
    )
    .option('-b, --page-size <n>', 'bytes of a block, the page size of the CPU: 4K, 8K, 16K or 64K (default: 4K)')
    .addOption(
      new Option('--layout <tool>', "which tool's layout to produce")
        .choices(['mkcramfs', 'util-linux'])
        .default('mkcramfs'),
    );
}

function addContentsOptions(command: Command): Command {
  return command
    .option('-x, --extended', 'store blocks that do not compress as they are')
    .addOption(
      new Option(
        '-X, --xip-elf',
        '-x, and store the read-only segments of ELF32 programs directly; twice: page-aligned',
      )
        .default(0)
        .argParser((_value, previous: number) => previous + 1),
    )
    .option('-z, --holes', 'store blocks of zeros as holes')
    .option('--no-holes', 'compress blocks of zeros, although the source image has holes')
    .addOption(
      new Option('--deflate <how>', "classic: the reference tools' bytes; fast: the same contents, other bytes")
        .choices(['classic', 'fast'])
        .default('classic'),
    );
}

function addSourceOptions(command: Command): Command {
  return command
    .option('-D, --device-table <file>', 'lines "path type mode uid gid major minor start inc count"')
    .option('-q, --squash', 'make root the owner of everything')
    .option('--uid-gid-map <file>', 'lines "uid FROM TO" and "gid FROM TO"; FROM: an id, a range 1000-1999, or *')
    .option('-s, --sort', 'accepted for compatibility; entries are always sorted')
    .option('--truncate', 'cut ids, names, sizes and device numbers that do not fit, with a warning for each')
    .addOption(
      new Option(
        '--from-listing <file>',
        'build what "cramfs describe" printed, with contents from the source',
      ).conflicts(LISTED_OPTIONS),
    )
    .addOption(
      new Option(
        '--like <image>',
        'build as IMAGE was built: its byte order, block size, name, edition, flags and direct blocks, its owners and modes, and device nodes that the source lacks',
      ).conflicts([...LISTED_OPTIONS, 'fromListing']),
    )
    .option('--image-offset <n>', 'where the image to repack starts in SOURCE (default: 0); SOURCE@N is the same')
    .option('--image <n>', 'repack the nth image that "cramfs scan" finds in SOURCE')
    .addOption(
      new Option('--no-vendor', "build for mainline Linux: keep nothing of the source image's vendor format").conflicts(
        ['fromListing', 'like'],
      ),
    );
}

async function mkfsAction(
  source: string,
  image: string,
  options: MkfsOptions,
  io: Io,
  argv: readonly string[],
): Promise<number> {
  const { result, plan, warnings, pageSize } = await buildFrom(source, image, options, io, {
    argv,
    onTree: ({ kind, root }) => {
      if (kind !== 'directory') return;
      if (leaveOut(root, source, image)) complain(io, `cramfs mkfs: ${image}: skipped: it is the image being written`);
      const { depfile } = options;
      if (depfile !== undefined && leaveOut(root, source, depfile)) {
        complain(io, `cramfs mkfs: ${depfile}: skipped: it is the dependency file being written`);
      }
    },
    onPlan: (made, reports) => tellPlan(made, reports, { options, inputs: readFiles([source], options) }, io),
  });
  printWarnings(warnings, io);
  if (options.verbose === true) printFiles(result, io);
  if (options.plan !== true && options.json !== true) {
    // The image itself may go to standard output, as /dev/stdout.
    const sink = isRegular(image) ? io.stdout : io.stderr;
    sink.write(`${buildSummary(image, result, pageSize, plan)}\n`);
  }
  return options.errors === true && warnings.length > 0 ? EXIT.findings : EXIT.ok;
}

const isRegular = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isFile() === true;

/** Proves the plan, and prints or draws it if that is asked for. */
async function tellPlan(
  plan: XipPlan,
  reports: readonly CaptureReport[],
  { options, inputs }: { options: MkfsOptions; inputs: readonly string[] },
  io: Io,
): Promise<void> {
  const proof = proveXip(plan);
  if (options.curve !== undefined)
    await writeOutput(options.curve, Buffer.from(curveSvg(plan)), { replaces: true, inputs });
  if (options.plan !== true && options.verbose !== true && options.json !== true) return;
  if (options.json === true) {
    io.stdout.write(`${jsonText({ ...xipPlanJson(plan), captures: reports.map(captureJson), proof })}\n`);
    return;
  }
  const { segments, whole } = proof;
  io.stdout.write(
    `${reports.map((report) => `${captureText(report)}\n`).join('')}${reports.length === 0 ? '' : '\n'}` +
      `${xipPlanText(plan)}\nproved: ${String(whole)} of ${String(segments)} segments run from flash as a whole, as loaded\n`,
  );
}

function printWarnings(warnings: readonly BuildWarning[], io: Io): void {
  for (const { path, message } of warnings) {
    complain(io, `cramfs mkfs: ${path === null ? '' : `${printableName(path)}: `}${message}`);
  }
}

/** One line a file: what it takes of the image, in the order of the image. */
function printFiles({ root, files, size }: BuiltImage, io: Io): void {
  const list = (node: BuiltImage['root']): void => {
    for (const child of node.children ?? []) {
      io.stdout.write(
        `${child.mode.toString(8).padStart(6, '0')} ${String(child.uid)}:${String(child.gid)} ${String(child.size)} ` +
          `@${String(child.offset)} ${printableName(child.path)}\n`,
      );
      if (child.children !== null) list(child);
    }
  };
  list(root);
  io.stdout.write(`${String(files)} inodes, ${String(size)} bytes\n`);
}
