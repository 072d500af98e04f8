/**
 * `cramfs-map IMAGE PATH`: what a direct mmap of a file would do.
 */
import { hex } from '../base/hex.ts';
import { type Command, Option } from 'commander';
import { CramfsError } from '../base/errors.ts';
import { printableName } from '../format/names.ts';
import { CPU_MODELS } from '../mm/cpus/index.ts';
import { CramfsImage, PAGE_SIZES } from '../image/image.ts';
import { DEFAULT_MODEL, KERNEL_MODELS, kernelModel } from '../driver/models/index.ts';
import { type SegmentChoice, segmentRequest } from '../exec/segmentRequest.ts';
import { modelsJson, modelsText } from '../report/compareText.ts';
import { cpusJson, cpusText } from '../report/cpusText.ts';
import { kernelsJson, kernelsText } from '../report/kernelsText.ts';
import { mapJson, mountJson } from '../report/mapJson.ts';
import { mapText } from '../report/mapText.ts';
import { traceText, violationMeaning, violationsText } from '../report/traceText.ts';
import { openFileSource, openStdinSource } from '../source/nodeFile.ts';
import { Board } from '../verdict/board.ts';
import { compareMapping } from '../verdict/compareKernels.ts';
import type { MapVerdict } from '../verdict/mapVerdict.ts';
import type { MapDetail, MapRequest } from '../verdict/request.ts';
import { type Requirement, REQUIREMENTS, type Unmet, unmetRequirement } from '../verdict/requirement.ts';
import { runBatch } from './batch.ts';
import { addMachineOptions, boardOptions, type MachineOptions } from './boardOptions.ts';
import { EXIT, type Io } from './io.ts';
import { parseNumber } from './numbers.ts';
import { type ColourChoice, styleFor, widthFor } from './style.ts';
import { complain } from './complain.ts';

/** The options as commander hands them over: text, still. */
interface MapOptions extends MachineOptions {
  readonly offset?: string;
  readonly length?: string;
  readonly prot?: string;
  readonly shared?: boolean;
  readonly private?: boolean;
  readonly populate?: boolean;
  readonly locked?: boolean;
  readonly pageSize?: string;
  readonly imageOffset?: string;
  readonly vmaStart?: string;
  readonly kernel: string;
  readonly pages?: boolean;
  readonly crc?: boolean;
  readonly trace?: boolean;
  readonly lone?: boolean;
  readonly listKernels?: boolean;
  readonly listCpus?: boolean;
  readonly compareKernels?: string;
  readonly json?: boolean;
  readonly segment?: string;
  readonly require?: Requirement;
  readonly batch?: string;
  readonly quiet?: boolean;
  readonly color: ColourChoice;
}

const EXAMPLES = `
Numbers are decimal or 0x…, with K, KiB, M, MiB, or p for pages (4p).

Examples:
  cramfs-map fw.cramfs /bin/app                       the whole file, read-only
  cramfs-map fw.cramfs /bin/app --offset 0x2000 --length 4p --prot rx
  cramfs-map dump.bin /bin/app --image-offset 0x40000 --phys 0x08040000
  cramfs-map fw.cramfs /bin/app --segment text --require direct --quiet
  cramfs-map fw.cramfs --batch requests.jsonl --crc   one JSON result a line

Exit codes:
  0 done   1 --require not met, or a bad line in a batch   2 wrong usage, or no
  such path   3 the image cannot be read, is not cramfs, or is damaged where it
  matters   70 a bug of ours
`;

/** Adds the arguments and options of the map command, and what it does. `done` gets the exit code. */
export function defineMapCommand(command: Command, io: Io, done: (exitCode: number) => void): Command {
  const mapping = command
    .description('Tells which pages of a file in a cramfs image Linux would map straight from flash.')
    .argument('[image]', 'the image: a file, or - for standard input')
    .argument('[path]', 'the file in the image; not with --batch')
    .option('--offset <n>', 'offset in the file, in bytes (default: 0)')
    .option('--length <n>', 'bytes to map (default: to the end of the file)')
    .option('--prot <letters>', 'r, w and x, or none (default: r)')
    .addOption(new Option('--shared', 'MAP_SHARED').conflicts('private'))
    .option('--private', 'MAP_PRIVATE (the default)')
    .option('--populate', 'MAP_POPULATE')
    .option('--locked', 'MAP_LOCKED')
    .option('--page-size <n>', 'page size of the CPU: 4K, 8K, 16K or 64K (default: 4K)')
    .option('--image-offset <n>', 'where the image starts in the file (default: 0)')
    .option('--vma-start <address>', "virtual address to map at (default: the kernel's choice)")
    .option('--kernel <model>', 'kernel model', 'linux')
    .option('--list-kernels', 'list the kernel models')
    .option('--list-cpus', 'list the CPUs, and which kernels were run on each')
    .option('--compare-kernels <models>', 'compare what kernel models, separated by commas, would do')
    .option('--pages', 'tell what each page is')
    .option('--crc', 'tell the CRC-32 of each page as a process sees it')
    .option('--trace', 'tell each primitive that the kernel calls, and what is wrong with what the process sees')
    .option('--lone', 'nothing is mapped right behind the mapping (default: the process has memory there)')
    .option('--json', 'print JSON')
    .option('--segment <which>', 'map a segment of a program: text, rodata, data, or the index of its program header')
    .addOption(
      new Option(
        '--require <state>',
        'exit with 1 unless the mapping is in this state and shows the right bytes: direct (all pages from flash), pfnmap or mixedmap',
      ).choices(REQUIREMENTS),
    )
    .option('--batch <file>', 'requests, one JSON object a line; - for standard input')
    .option('--quiet', 'print nothing on standard output')
    .addOption(new Option('--color <when>', 'colour').choices(['auto', 'always', 'never']).default('auto'))
    .addHelpText('after', EXAMPLES);
  return addMachineOptions(mapping).action(
    (imageFile: string | undefined, path: string | undefined, options: MapOptions) => {
      done(
        options.listKernels === true || options.listCpus === true
          ? listMachines(options, io)
          : mapAction(imageFile, path, options, { io, program: nameOf(command) }),
      );
    },
  );
}

/** `--list-kernels` and `--list-cpus`. */
function listMachines(options: MapOptions, io: Io): number {
  if (options.listCpus === true) {
    const text =
      options.json === true
        ? `${JSON.stringify(cpusJson(CPU_MODELS))}\n`
        : cpusText(CPU_MODELS, styleFor(io, options.color), widthFor(io));
    io.stdout.write(text);
    return EXIT.ok;
  }
  const text =
    options.json === true
      ? `${JSON.stringify(kernelsJson(KERNEL_MODELS))}\n`
      : kernelsText(KERNEL_MODELS, styleFor(io, options.color), widthFor(io));
  io.stdout.write(text);
  return EXIT.ok;
}

/** "cramfs-map", or "cramfs map" as a subcommand. */
function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${command.parent.name()} ${command.name()}`;
}

interface Place {
  readonly io: Io;
  /** The name that errors begin with. */
  readonly program: string;
}

function mapAction(
  imageFile: string | undefined,
  path: string | undefined,
  options: MapOptions,
  { io, program }: Place,
): number {
  const pageSize = options.pageSize === undefined ? 4096 : parseNumber(options.pageSize, '--page-size', null);
  if (!PAGE_SIZES.includes(pageSize)) usage(`--page-size: ${String(options.pageSize)} is none of 4K, 8K, 16K and 64K`);
  const number = (text: string | undefined, option: string): number | undefined =>
    text === undefined ? undefined : parseNumber(text, option, pageSize);
  const { batch } = options;
  if (imageFile === undefined) usage('which image? IMAGE is missing');
  if (batch === undefined && path === undefined) usage('which file of the image? PATH is missing (or use --batch)');
  if (batch !== undefined && path !== undefined) usage('PATH and --batch exclude each other');
  if (batch === '-' && imageFile === '-') usage('standard input cannot be both the image and the batch');
  if (batch !== undefined) refuseRequestOptions(options);
  if (options.segment !== undefined) refuseBesideSegment(options);
  const vmaStart = number(options.vmaStart, '--vma-start');
  if (vmaStart !== undefined && vmaStart % pageSize !== 0) usage('--vma-start must be a multiple of the page size');
  const request: Omit<MapRequest, 'path'> = {
    offset: number(options.offset, '--offset'),
    length: number(options.length, '--length'),
    prot: protLetters(options.prot ?? 'r'),
    shared: options.shared,
    populate: options.populate,
    locked: options.locked,
    lone: options.lone,
    vmaStart,
  };
  const detail: MapDetail = { pages: options.pages, crc: options.crc, trace: options.trace };
  const machine = boardOptions(options, options.kernel, pageSize);
  const imageOffset = number(options.imageOffset, '--image-offset');
  const source = imageFile === '-' ? openStdinSource(io.stdin) : openFileSource(imageFile);
  try {
    const image = CramfsImage.open(source, { imageOffset, pageSize });
    const board = new Board(image, machine);
    const requirement = options.require ?? null;
    if (batch !== undefined) {
      const file = batch === '-' ? io.stdin : batch;
      return runBatch(board, file, { detail, requirement, vmaStart, out: options.quiet === true ? null : io.stdout });
    }
    const wanted: MapRequest =
      options.segment === undefined
        ? { ...request, path: path ?? '' }
        : { ...request, ...segmentRequest(board, path ?? '', segmentChoice(options.segment)) };
    if (options.compareKernels !== undefined) return compareModels(board, wanted, options.compareKernels, options, io);
    const verdict = board.map(wanted, detail);
    if (options.quiet !== true) {
      io.stdout.write(
        options.json === true
          ? `${JSON.stringify({ ...mapJson(verdict, board, detail), mount: mountJson(board) })}\n`
          : report(verdict, board, wanted, detail, options, io),
      );
    }
    const unmet = requirement === null ? null : unmetRequirement(requirement, verdict, board, wanted);
    if (unmet !== null) {
      const why = unmet.kind === 'state' ? outcome(verdict) : `${board.kernel.name}: ${violationText(unmet)}`;
      complain(io, `${program}: ${printableName(verdict.path)} is not ${String(requirement)}: ${why}`);
      return EXIT.findings;
    }
    const { inode } = board.open(wanted.path);
    if (inode.type === 'directory') {
      // The verdict stands (ENODEV), and the path is a mistake all the same.
      const at = `at byte ${String(inode.position)}, ${hex(inode.position)}`;
      complain(io, `${program}: ${printableName(verdict.path)}: it is a directory, not a file (${at})`);
      return EXIT.usage;
    }
    return EXIT.ok;
  } finally {
    source.close();
  }
}

/**
 * The report for people. What a kernel other than the default one does is always held against the invariants: a verdict
 * alone could look better than what the process sees.
 */
function report(
  plain: MapVerdict,
  board: Board,
  request: MapRequest,
  detail: MapDetail,
  options: MapOptions,
  io: Io,
): string {
  const style = styleFor(io, options.color);
  const width = widthFor(io);
  const judged = detail.trace === true || board.kernel.name !== DEFAULT_MODEL.name;
  const verdict = judged ? board.map(request, { ...detail, trace: true }) : plain;
  const sections = [mapText(verdict, board, { style, width, detail })];
  if (detail.trace === true) sections.push(traceText(verdict, style));
  if (judged) sections.push(violationsText(verdict, board, style, width));
  return sections.join('');
}

/** `--compare-kernels`: the same mapping under several models; differing is a finding. */
function compareModels(board: Board, request: MapRequest, models: string, options: MapOptions, io: Io): number {
  const boards = models.split(',').map((name) => board.variant({ kernel: kernelModel(name.trim()) }));
  if (boards.length < 2) usage('--compare-kernels wants two kernel models at least, separated by commas');
  const verdicts = boards.map((each) => ({ board: each, verdict: each.map(request, { trace: true }) }));
  const [first] = boards;
  const differs = boards.some((each) => first !== undefined && compareMapping(first, each, request) !== null);
  if (options.quiet !== true) {
    io.stdout.write(
      options.json === true
        ? `${JSON.stringify(modelsJson(verdicts, differs))}\n`
        : modelsText(verdicts, styleFor(io, options.color), widthFor(io)),
    );
  }
  return differs ? EXIT.findings : EXIT.ok;
}

function outcome(verdict: {
  readonly state: string | null;
  readonly errno: string | null;
  readonly bailout: string | null;
  readonly nommu?: { readonly inFlash: boolean | null } | undefined;
}): string {
  if (verdict.nommu?.inFlash === false) return 'a copy in RAM';
  if (verdict.state === null) return verdict.errno ?? 'the kernel dies';
  return verdict.bailout === null ? verdict.state : `${verdict.state} (${verdict.bailout})`;
}

/** "the process does not see the file's bytes (critical, pages 0-2)". */
function violationText({ violation }: Extract<Unmet, { kind: 'violation' }>): string {
  const { code, severity, pages } = violation;
  const which =
    pages === null
      ? ''
      : pages.count === 1
        ? `, page ${String(pages.first)}`
        : `, pages ${String(pages.first)}-${String(pages.first + pages.count - 1)}`;
  return `${violationMeaning(code)} (${severity} ${code}${which})`;
}

function segmentChoice(text: string): SegmentChoice {
  if (text === 'text' || text === 'rodata' || text === 'data') return text;
  if (/^\d+$/.test(text)) return Number(text);
  return usage(`--segment: "${text}" is not text, rodata, data or the index of a program header`);
}

/** Options that say what to map: in a batch each line says so itself. */
const REQUEST_OPTIONS = ['segment', 'offset', 'length', 'prot', 'shared', 'private', 'populate', 'locked'] as const;

function refuseRequestOptions(options: MapOptions): void {
  for (const option of REQUEST_OPTIONS) {
    if (options[option] !== undefined) usage(`--${option} has no place beside --batch: each line says what to map`);
  }
}

/** What a segment says itself. */
function refuseBesideSegment(options: MapOptions): void {
  for (const option of ['offset', 'length', 'prot', 'shared'] as const) {
    if (options[option] !== undefined)
      usage(`--${option} cannot be used with --segment: the program's headers give it`);
  }
}

function protLetters(text: string): string {
  if (text === 'none' || text === '-') return '-';
  if (!/^[rwx]+$/.test(text)) usage(`--prot: "${text}" is not made of r, w and x, nor "none"`);
  return text;
}

function usage(found: string): never {
  throw new CramfsError('USAGE', { found });
}
