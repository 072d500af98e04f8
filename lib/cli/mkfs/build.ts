/**
 * A build from options to a written image, without words: `cramfs mkfs` and the commands named as the reference tools are
 * do it, and each reports it in its own way.
 */
import { CramfsError } from '../../base/errors.ts';
import { type CramfsImage, PAGE_SIZES } from '../../image/image.ts';
import { compatibleDirectBlocks } from '../../mkfs/compatibleXip.ts';
import { sha256Hash } from '../../mkfs/contentHash.node.ts';
import type { DeflateMethod } from '../../mkfs/deflate.node.ts';
import { applyDeviceTable, parseDeviceTable } from '../../mkfs/deviceTable.ts';
import { ElfTally } from '../../mkfs/elfTally.ts';
import { type BuildWarning, UnfitError } from '../../mkfs/inodes.ts';
import { likeOptions, likeTree } from '../../mkfs/listing/likeImage.ts';
import { chosenBlocks, describedOptions } from '../../mkfs/listing/listing.ts';
import { parseListing } from '../../mkfs/listing/parse.ts';
import type { BuildOptions, BuiltImage } from '../../mkfs/mkfs.ts';
import { mapOwners, parseOwnerMap } from '../../mkfs/owners.ts';
import { type KeptFacts, keptFacts } from '../../mkfs/repackFacts.ts';
import type { DirectoryEntry } from '../../mkfs/sourceTree.ts';
import {
  type FoundFormat,
  isForLinux,
  LINUX_FORMAT,
  VENDOR_FLAGS,
  type VendorFormat,
  vendorFormatOf,
} from '../../mkfs/vendorFormat.ts';
import { planXip, type XipPlan } from '../../mkfs/xip/plan.ts';
import type { CaptureReport } from '../../profile/capture.ts';
import { readBytes, readText, TEXT_LIMIT } from '../inputFile.ts';
import type { Io } from '../io.ts';
import { parseNumber } from '../numbers.ts';
import { readBoard } from '../machine.ts';
import { choosePartition, type ChosenPartition, type PartitionOptions } from '../partitionOptions.ts';
import type { PolicyMachine } from '../../policy/policy.ts';
import { lossWarnings, requireMatches, sourceWarnings, unusedXip, withFixes } from './advice.ts';
import { withCompressor } from './compressor.ts';
import { deflateOf } from './deflateMethod.ts';
import { describeOpened, openLike } from './like.ts';
import { type OpenedTree, openTree } from './openTree.ts';
import { ImageOutput } from './imageOutput.ts';
import { sourceFiles, writeDepfile } from './inputs.ts';
import { newProgress } from './progress.ts';
import { flashBudgetOf, type XipOptions, xipRequest } from './xipOptions.ts';
import { IMAGE_OPTIONS, readFiles } from '../readFiles.ts';
import { requireDistinct } from '../outputFile.ts';
import { usage } from '../usage.ts';

/** The options as commander hands them over: text, still. */
export interface MkfsOptions extends XipOptions, PartitionOptions {
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
  readonly like?: string;
  readonly imageOffset?: string;
  readonly image?: string;
  readonly uidGidMap?: string;
  readonly truncate?: boolean;
  readonly depfile?: string;
  /** False with --no-vendor. */
  readonly vendor?: boolean;
}

/** What was built, and how. */
export interface Build {
  readonly result: BuiltImage;
  readonly plan: XipPlan | null;
  readonly warnings: readonly BuildWarning[];
  readonly pageSize: number;
}

/** What happens on the way. */
export interface BuildSteps {
  /** Words of the command line after the program's name, for commands that fix what is wrong. */
  readonly argv: readonly string[];
  /** Is told of the tree, once it is read; it may change it. */
  readonly onTree: (tree: OpenedTree) => void;
  /** Is told of the plan and of the captures that it follows, before the image is written. */
  readonly onPlan: (plan: XipPlan, reports: readonly CaptureReport[]) => void | Promise<void>;
}

/**
 * Builds an image and writes it.
 *
 * @throws CramfsError what reading the source, the builder and writing throw
 */
export async function buildFrom(
  source: string,
  image: string,
  options: MkfsOptions,
  io: Io,
  { argv, onTree, onPlan }: BuildSteps,
): Promise<Build> {
  if (image === '-') usage('the image must be a file: it is written atomically');
  const { depfile, curve } = options;
  requireDistinct(image, depfile, curve);
  const named = readFiles([], options);
  const table = options.deviceTable === undefined ? [] : parseDeviceTable(readText(options.deviceTable));
  const map = options.uidGidMap === undefined ? null : parseOwnerMap(readText(options.uidGidMap));
  const board = await readBoard(options.board);
  const tree = await openTree(source, io, { imageOffset: options.imageOffset, image: options.image });
  const like = options.like === undefined ? null : openLike(options.like, io);
  const inputs = depfile === undefined ? [] : sourceFiles(source, tree, [image, depfile]);
  const progress = newProgress(io);
  // An image may be built again in its place; what it is built from otherwise is kept.
  const kept = readFiles(tree.kind === 'tar' ? [source] : [], options, { but: IMAGE_OPTIONS });
  const output = new ImageOutput(image, { replaces: true, inputs: kept });
  try {
    const listing = options.fromListing === undefined ? null : parseListing(readText(options.fromListing), tree.root);
    const model = like === null ? null : (await describeOpened(like)).listing;
    const root = listing?.root ?? (model === null ? tree.root : likeTree(model.root, tree.root));
    const truncate = options.truncate === true;
    const buildOptions =
      listing !== null
        ? { ...describedOptions(listing), truncate, hash: sha256Hash }
        : model !== null
          ? { ...likeOptions(model), truncate, hash: sha256Hash }
          : toBuildOptions(options, tree.image, board);
    const built = { format: buildOptions.format ?? LINUX_FORMAT, pageSize: buildOptions.pageSize };
    const warnings: BuildWarning[] = [];
    if (like !== null) warnings.push(...lossWarnings(like, built, 'the image'));
    const partition = choosePartition(options, board) ?? boardPlace(board);
    const { pageSize } = buildOptions;
    const request = xipRequest(options, partition, { root, image: tree.image, pageSize }, table, io);
    const spec = request?.spec ?? null;
    warnings.push(...(request?.warnings ?? []));
    prepareOwners(root, options.squash === true, map);
    onTree({ ...tree, root });
    applyDeviceTable(root, table);
    requireMatches(root, request?.wishes ?? []);
    const elf = new ElfTally();
    const method =
      listing === null && model === null
        ? deflateMethod(options)
        : deflateOf((listing ?? model)?.image.deflate ?? 'classic-9');
    const { chooseDirect } = buildOptions;
    const { result, plan } = await withCompressor(root, method, async (compressor) => {
      const complete = {
        ...buildOptions,
        // Who asks which blocks are direct has read the file: the chance to see what programs there are.
        chooseDirect: chooseDirect === undefined ? undefined : elf.watching(chooseDirect),
        compressor,
        onProgress: progress.update,
      };
      try {
        const planned = spec === null ? null : await planXip(root, spec, complete);
        if (planned !== null) output.take(planned.image.bytes);
        const built = planned?.image ?? (await output.build(root, complete));
        progress.clear();
        if (planned !== null) await onPlan(planned, request?.reports ?? []);
        return { result: built, plan: planned };
      } catch (error) {
        throw error instanceof UnfitError ? withFixes(error, root, complete, argv) : error;
      }
    });
    const budget = flashBudgetOf(options, partition, buildOptions.pageSize);
    if (budget !== null && result.size > budget.bytes) {
      throw new CramfsError('UNFIT', {
        what: budget.origin,
        expected: `an image of at most ${String(budget.bytes)} bytes`,
        found: `${String(result.size)} bytes`,
      });
    }
    const unused = unusedXip(options, elf, result, plan, root, buildOptions.littleEndian !== false, argv);
    if (unused !== null) warnings.push({ code: 'no-program', path: null, message: unused });
    warnings.push(...result.warnings);
    output.verify(built.pageSize, built.format);
    const opened = output.image(built.pageSize, built.format);
    if (opened !== null) {
      const format = options.vendor === false ? null : built;
      warnings.unshift(...sourceWarnings(tree, listing, { format, built: opened, planned: plan !== null }));
    }
    if (depfile !== undefined) {
      const read = [...inputs, ...named, ...(partition?.files ?? [])];
      warnings.push(...(await writeDepfile(depfile, image, read, readFiles([source], options))));
    }
    if (options.plan !== true) await output.commit();
    return { result, plan, warnings, pageSize };
  } finally {
    progress.clear();
    output.discard();
    tree.close();
    like?.close();
  }
}

function prepareOwners(root: DirectoryEntry, squash: boolean, map: ReturnType<typeof parseOwnerMap> | null): void {
  if (squash) mapOwners(root, toRoot, toRoot);
  if (map !== null) mapOwners(root, map.uid, map.gid);
}

const toRoot = (): number => 0;

/** @param repacked the image that is the source, if one is: byte order and page size are taken over */
function toBuildOptions(
  options: MkfsOptions,
  repacked: CramfsImage | null,
  board: PolicyMachine,
): Omit<BuildOptions, 'compressor'> & { readonly pageSize: number } {
  const found = repacked === null || options.vendor === false ? null : vendorFormatOf(repacked);
  const asked = options.pageSize === undefined ? board.pageSize : parseNumber(options.pageSize, '--page-size', null);
  if (asked !== undefined && !PAGE_SIZES.includes(asked)) {
    usage(`--page-size: ${String(asked)} is not 4K, 8K, 16K or 64K`);
  }
  const format = keptFormat(found, repacked, options, asked);
  const pageSize = asked ?? (isForLinux(format) ? pageSizeOf(repacked) : (repacked?.pageSize ?? 4096));
  const utilLinux = options.layout === 'util-linux';
  const xip = options.xipElf ?? 0;
  const extended = options.extended === true || xip > 0;
  if (options.xip !== undefined && (utilLinux || xip > 0)) {
    usage('--xip has its own layout: leave out -X and --layout util-linux');
  }
  if (utilLinux && extended) usage('mkfs.cramfs of util-linux has neither -x nor -X: leave out --layout util-linux');
  return {
    littleEndian: isLittleEndian(options) ?? board.littleEndian ?? repacked?.littleEndian ?? true,
    pageSize,
    ...(repacked === null ? {} : keptFacts(repacked)),
    ...givenFacts(options),
    alwaysAnnounceHoles: utilLinux,
    storeIncompressible: extended,
    keepRemnants: options.xip === undefined,
    entryRoom: options.xip !== undefined || options.deflate === 'fast',
    truncate: options.truncate,
    chooseDirect: xip === 0 ? undefined : (bytes) => compatibleDirectBlocks(bytes, pageSize),
    direct: { alignment: xip === 1 ? 8 : pageSize, base: 0, layout: 'inline' },
    format,
    chooseUnflagged:
      format.unflagged === 'none' || found === null
        ? undefined
        : (bytes, { path }) => chosenBlocks(found.unflagged, bytes, path, pageSize),
    hash: sha256Hash,
  };
}

/** The facts of an image that options give; they go before those of an image that is repacked. */
function givenFacts({ edition, name, bootPad, insert, holes }: MkfsOptions): Partial<KeptFacts> {
  const number = edition === undefined ? undefined : parseNumber(edition, '--edition', null);
  if (number !== undefined && number > 0xffff_ffff) usage('--edition must be below 4294967296');
  return {
    ...(number === undefined ? {} : { edition: number }),
    ...(name === undefined ? {} : { name }),
    ...(bootPad === undefined ? {} : { bootPad }),
    ...(insert === undefined ? {} : { insert: readBytes(insert, TEXT_LIMIT) }),
    ...(holes === undefined ? {} : { holes }),
  };
}

/**
 * What of the format of an image that is repacked is kept: all that options leave room for. Vendors' kernels know neither
 * direct nor flagged blocks, and their flags give the size of blocks.
 */
function keptFormat(
  found: FoundFormat | null,
  repacked: CramfsImage | null,
  { extended, xipElf = 0, xip }: MkfsOptions,
  pageSize: number | undefined,
): VendorFormat {
  if (found === null) return LINUX_FORMAT;
  const { format } = found;
  if (extended === true || xipElf > 0 || xip !== undefined) {
    const { signature, swappedCrc, flags } = format;
    return { ...LINUX_FORMAT, signature, swappedCrc, flags: flags & ~VENDOR_FLAGS };
  }
  if (pageSize === undefined || pageSize === repacked?.pageSize) return format;
  return { ...format, flags: format.flags & ~VENDOR_FLAGS };
}

/** Where a board puts the image, if it says so. */
function boardPlace({ physBase, regionSize }: PolicyMachine): ChosenPartition | null {
  if (physBase === undefined && regionSize === undefined) return null;
  return { name: 'region of the board', physBase, noBase: 'the board has no phys', size: regionSize, files: [] };
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
