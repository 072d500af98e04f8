/**
 * `cramfs mkfs`: builds an image.
 */
import { type Command, Option } from 'commander';
import { compatibleDirectBlocks } from '../../mkfs/compatibleXip.ts';
import { sha256Hash } from '../../mkfs/contentHash.node.ts';
import type { DeflateMethod } from '../../mkfs/deflate.node.ts';
import { applyDeviceTable, parseDeviceTable } from '../../mkfs/deviceTable.ts';
import { type BuildWarning, UnfitError } from '../../mkfs/inodes.ts';
import { ElfTally } from '../../mkfs/elfTally.ts';
import { buildSummary } from '../../report/mkfsWords.ts';
import { requireMatches, sourceWarnings, unusedXip, withFixes } from '../mkfs/advice.ts';
import { statSync } from 'node:fs';
import { type BuildOptions, type BuildResult, buildImage } from '../../mkfs/mkfs.ts';
import { describedOptions, type Listing } from '../../mkfs/listing/listing.ts';
import { parseListing } from '../../mkfs/listing/parse.ts';
import { mapOwners, parseOwnerMap } from '../../mkfs/owners.ts';
import type { DirectoryEntry } from '../../mkfs/sourceTree.ts';
import { verifyBuilt } from '../../mkfs/verifyBuilt.ts';
import { planXip, type XipPlan } from '../../mkfs/xip/plan.ts';
import { proveXip } from '../../mkfs/xip/prove.ts';
import { CramfsError } from '../../base/errors.ts';
import { printableName } from '../../format/names.ts';
import { type CramfsImage, PAGE_SIZES } from '../../image/image.ts';
import { curveSvg } from '../../report/profile/curveSvg.ts';
import { captureJson } from '../../report/profile/profileJson.ts';
import { captureText } from '../../report/profile/profileText.ts';
import { xipPlanJson, xipPlanText } from '../../report/xipPlan.ts';
import type { CaptureReport } from '../../profile/capture.ts';
import { EXIT, type Io } from '../io.ts';
import { readBoard } from '../machine.ts';
import type { PolicyMachine } from '../../policy/policy.ts';
import { compressorFor } from '../mkfs/compressor.ts';
import { deflateOf } from '../mkfs/deflateMethod.ts';
import { openTree } from '../mkfs/openTree.ts';
import { newProgress } from '../mkfs/progress.ts';
import { readBytes, readText, TEXT_LIMIT } from '../inputFile.ts';
import { writeOutput } from '../outputFile.ts';
import { addXipOptions, flashBudgetOf, type XipOptions, xipRequest } from '../mkfs/xipOptions.ts';
import { parseNumber } from '../numbers.ts';
import {
  addPartitionOptions,
  choosePartition,
  type ChosenPartition,
  type PartitionOptions,
} from '../partitionOptions.ts';
import { complain } from '../complain.ts';
import { leaveOut } from '../mkfs/leaveOut.ts';

/** The options as commander hands them over: text, still. */
interface MkfsOptions extends XipOptions, PartitionOptions {
  readonly board?: string;
  readonly edition?: string;
  readonly name?: string;
  readonly bootPad?: boolean;
  readonly squash?: boolean;
  readonly verbose?: boolean;
  readonly extended?: boolean;
  readonly xipElf?: number;
  readonly holes?: boolean;
  readonly insert?: string;
  readonly deviceTable?: string;
  readonly errors?: boolean;
  readonly bigEndian?: boolean;
  readonly littleEndian?: boolean;
  readonly endian?: 'big' | 'little' | 'host';
  readonly pageSize?: string;
  readonly deflate: 'classic' | 'fast';
  readonly layout: 'mkcramfs' | 'util-linux';
  readonly fromListing?: string;
  readonly imageOffset?: string;
  readonly image?: string;
  readonly uidGidMap?: string;
  readonly truncate?: boolean;
}

const HELP = `
Examples:
  cramfs mkfs rootfs fw.cramfs
  cramfs mkfs rootfs.tar fw.cramfs -X -X -n "my board" -D devices.txt
  cramfs mkfs old.cramfs new.cramfs --holes

SOURCE is a directory, a tar archive (plain or gzipped; - for standard input) or
a cramfs image, which is repacked in its own byte order and block size unless
options say otherwise. The image is byte for byte what mkcramfs builds, or with
--layout util-linux what mkfs.cramfs builds. Equal input gives equal bytes.
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
    .argument('<image>', 'the file to write')
    .option('-e, --edition <n>', 'edition number (default: 0)')
    .option('-n, --name <name>', 'name of the file system, at most 16 bytes (default: Compressed)')
    .option('-p, --boot-pad', 'leave 512 bytes for boot code at the start')
    .option('-q, --squash', 'make root the owner of everything')
    .option('-s, --sort', 'accepted for compatibility; entries are always sorted')
    .option('-v, --verbose', 'list each file')
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
    .option('-i, --insert <file>', 'insert a file after the superblock')
    .option('-D, --device-table <file>', 'lines "path type mode uid gid major minor start inc count"')
    .option('-E, --errors', 'exit with 1 if there are warnings')
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
    )
    .addOption(
      new Option('--deflate <how>', "classic: the reference tools' bytes; fast: the same contents, other bytes")
        .choices(['classic', 'fast'])
        .default('classic'),
    )
    .addOption(
      new Option(
        '--from-listing <file>',
        'build what "cramfs describe" printed, with contents from the source',
      ).conflicts(LISTED_OPTIONS),
    )
    .option('--uid-gid-map <file>', 'lines "uid FROM TO" and "gid FROM TO"; FROM: an id, a range 1000-1999, or *')
    .option('--image-offset <n>', 'where the image to repack starts in SOURCE (default: 0); SOURCE@N is the same')
    .option('--image <n>', 'repack the nth image that "cramfs scan" finds in SOURCE')
    .option('--truncate', 'cut ids, names, sizes and device numbers that do not fit, with a warning for each');
  return addPartitionOptions(
    addXipOptions(command).option('--board <file>', 'board file (YAML): page size, byte order, address and size'),
  )
    .addHelpText('after', HELP)
    .action(async (source: string, image: string, options: MkfsOptions) => {
      // commander keeps the words, and does not declare it.
      const { rawArgs = [] } = (command.parent ?? {}) as { rawArgs?: readonly string[] };
      done(await mkfsAction(source, image, options, io, rawArgs));
    });
}

async function mkfsAction(
  source: string,
  image: string,
  options: MkfsOptions,
  io: Io,
  argv: readonly string[],
): Promise<number> {
  if (image === '-') usage('the image must be a file: it is written atomically');
  const table = options.deviceTable === undefined ? [] : parseDeviceTable(readText(options.deviceTable));
  const map = options.uidGidMap === undefined ? null : parseOwnerMap(readText(options.uidGidMap));
  const board = await readBoard(options.board);
  const tree = openTree(source, io, { imageOffset: options.imageOffset, image: options.image });
  const progress = newProgress(io);
  try {
    const listing = options.fromListing === undefined ? null : parseListing(readText(options.fromListing), tree.root);
    const root = listing?.root ?? tree.root;
    const buildOptions =
      listing === null ? toBuildOptions(options, tree.image, board) : listedOptions(listing, options.truncate === true);
    const warnings: BuildWarning[] = sourceWarnings(tree, listing);
    const { pageSize } = buildOptions;
    const partition = choosePartition(options, board) ?? boardPlace(board);
    const request = xipRequest(options, partition, { root, image: tree.image, pageSize }, table, io);
    const spec = request?.spec ?? null;
    warnings.push(...(request?.warnings ?? []));
    prepareOwners(root, options.squash === true, map);
    if (tree.kind === 'directory' && leaveOut(root, source, image)) {
      complain(io, `cramfs mkfs: ${image}: skipped: it is the image being written`);
    }
    applyDeviceTable(root, table);
    requireMatches(root, request?.wishes ?? []);
    const elf = new ElfTally();
    const compressor = compressorFor(
      root,
      listing === null ? deflateMethod(options) : deflateOf(listing.image.deflate),
    );
    const { chooseDirect } = buildOptions;
    const complete = {
      ...buildOptions,
      // Who asks which blocks are direct has read the file: the chance to see what programs there are.
      chooseDirect: chooseDirect === undefined ? undefined : elf.watching(chooseDirect),
      compressor,
      onProgress: progress.update,
    };
    let result: BuildResult;
    let plan: XipPlan | null = null;
    try {
      plan = spec === null ? null : await planXip(root, spec, complete);
      result = plan === null ? await buildImage(root, complete) : plan.image;
      progress.clear();
      if (plan !== null) await tellPlan(plan, request?.reports ?? [], options, io);
    } catch (error) {
      throw error instanceof UnfitError ? withFixes(error, root, complete, argv) : error;
    } finally {
      await compressor.close();
    }
    const budget = flashBudgetOf(options, partition, buildOptions.pageSize);
    if (budget !== null && result.bytes.length > budget.bytes) {
      throw new CramfsError('UNFIT', {
        what: budget.origin,
        expected: `an image of at most ${String(budget.bytes)} bytes`,
        found: `${String(result.bytes.length)} bytes`,
      });
    }
    const unused = unusedXip(options, elf, result, plan, root, buildOptions.littleEndian !== false, argv);
    if (unused !== null) warnings.push({ code: 'no-program', path: null, message: unused });
    warnings.push(...result.warnings);
    verifyBuilt(result.bytes, buildOptions.pageSize);
    if (options.plan !== true) await writeOutput(image, result.bytes, { replaces: true });
    tellWarnings(warnings, io);
    if (options.verbose === true) tellFiles(result, io);
    if (options.plan !== true && options.json !== true) {
      // The image itself may go to standard output, as /dev/stdout.
      const sink = isRegular(image) ? io.stdout : io.stderr;
      sink.write(`${buildSummary(image, result, buildOptions.pageSize, plan)}\n`);
    }
    return options.errors === true && warnings.length > 0 ? EXIT.findings : EXIT.ok;
  } finally {
    progress.clear();
    tree.close();
  }
}

const isRegular = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isFile() === true;

/** Proves the plan, and prints or draws it if that is asked for. */
async function tellPlan(plan: XipPlan, reports: readonly CaptureReport[], options: MkfsOptions, io: Io): Promise<void> {
  const proof = proveXip(plan);
  if (options.curve !== undefined) await writeOutput(options.curve, Buffer.from(curveSvg(plan)), { replaces: true });
  if (options.plan !== true && options.verbose !== true && options.json !== true) return;
  if (options.json === true) {
    io.stdout.write(`${JSON.stringify({ ...xipPlanJson(plan), captures: reports.map(captureJson), proof })}\n`);
    return;
  }
  const { segments, whole } = proof;
  io.stdout.write(
    `${reports.map((report) => `${captureText(report)}\n`).join('')}${reports.length === 0 ? '' : '\n'}` +
      `${xipPlanText(plan)}\nproved: ${String(whole)} of ${String(segments)} segments run from flash as a whole, as loaded\n`,
  );
}

function prepareOwners(root: DirectoryEntry, squash: boolean, map: ReturnType<typeof parseOwnerMap> | null): void {
  if (squash) mapOwners(root, toRoot, toRoot);
  if (map !== null) mapOwners(root, map.uid, map.gid);
}

const toRoot = (): number => 0;

function listedOptions(
  { image, direct }: Listing,
  truncate: boolean,
): Omit<BuildOptions, 'compressor'> & { readonly pageSize: number } {
  return { ...describedOptions(image, direct), truncate, hash: sha256Hash };
}

/** @param repacked the image that is the source, if one is: byte order and page size are taken over */
function toBuildOptions(
  options: MkfsOptions,
  repacked: CramfsImage | null,
  board: PolicyMachine,
): Omit<BuildOptions, 'compressor'> & { readonly pageSize: number } {
  const pageSize =
    options.pageSize === undefined
      ? (board.pageSize ?? pageSizeOf(repacked))
      : parseNumber(options.pageSize, '--page-size', null);
  if (!PAGE_SIZES.includes(pageSize)) usage(`--page-size: ${String(pageSize)} is not 4K, 8K, 16K or 64K`);
  const utilLinux = options.layout === 'util-linux';
  const xip = options.xipElf ?? 0;
  const extended = options.extended === true || xip > 0;
  if (options.xip !== undefined && (utilLinux || xip > 0)) {
    usage('--xip has its own layout: leave out -X and --layout util-linux');
  }
  if (utilLinux && extended) usage('mkfs.cramfs of util-linux has neither -x nor -X: leave out --layout util-linux');
  const edition = options.edition === undefined ? 0 : parseNumber(options.edition, '--edition', null);
  if (edition > 0xffff_ffff) usage('--edition must be below 4294967296');
  return {
    littleEndian: isLittleEndian(options) ?? board.littleEndian ?? repacked?.littleEndian ?? true,
    pageSize,
    edition,
    name: options.name,
    bootPad: options.bootPad,
    insert: options.insert === undefined ? undefined : readBytes(options.insert, TEXT_LIMIT),
    holes: options.holes,
    alwaysAnnounceHoles: utilLinux,
    storeIncompressible: extended,
    keepRemnants: options.xip === undefined,
    entryRoom: options.xip !== undefined || options.deflate === 'fast',
    truncate: options.truncate,
    chooseDirect: xip === 0 ? undefined : (bytes) => compatibleDirectBlocks(bytes, pageSize),
    direct: { alignment: xip === 1 ? 8 : pageSize, base: 0, layout: 'inline' },
    hash: sha256Hash,
  };
}

/** Where a board puts the image, if it says so. */
function boardPlace({ physBase, regionSize }: PolicyMachine): ChosenPartition | null {
  if (physBase === undefined && regionSize === undefined) return null;
  return { name: 'region of the board', physBase, noBase: 'the board has no phys', size: regionSize };
}

/** The page size of the image that is repacked, if a CPU has it. */
function pageSizeOf(repacked: CramfsImage | null): number {
  return repacked !== null && PAGE_SIZES.includes(repacked.pageSize) ? repacked.pageSize : 4096;
}

function deflateMethod({ deflate, layout }: MkfsOptions): DeflateMethod {
  if (deflate === 'fast') return { kind: 'fast' };
  // mkcramfs calls compress2() with level 9, util-linux compress(), whose level is 6.
  return { kind: 'classic', level: layout === 'util-linux' ? 6 : 9 };
}

/** The byte order that was asked for, if one was. */
function isLittleEndian({ bigEndian, littleEndian, endian }: MkfsOptions): boolean | undefined {
  if (endian !== undefined) return endian !== 'big';
  return bigEndian === true ? false : littleEndian === true ? true : undefined;
}

function tellWarnings(warnings: readonly BuildWarning[], io: Io): void {
  for (const { path, message } of warnings) {
    complain(io, `cramfs mkfs: ${path === null ? '' : `${printableName(path)}: `}${message}`);
  }
}

/** One line a file: what it takes of the image, in the order of the image. */
function tellFiles({ root, files, bytes }: BuildResult, io: Io): void {
  const tell = (node: BuildResult['root']): void => {
    for (const child of node.children ?? []) {
      io.stdout.write(
        `${child.mode.toString(8).padStart(6, '0')} ${String(child.uid)}:${String(child.gid)} ${String(child.size)} ` +
          `@${String(child.offset)} ${printableName(child.path)}\n`,
      );
      if (child.children !== null) tell(child);
    }
  };
  tell(root);
  io.stdout.write(`${String(files)} inodes, ${String(bytes.length)} bytes\n`);
}

function usage(found: string): never {
  throw new CramfsError('USAGE', { found });
}
