/**
 * What `cramfs-map IMAGE PATH` does, whoever understood its words. Nothing here needs commander: one question is answered in
 * milliseconds, and what answers seldom need is loaded when they do.
 */
import { hex } from '../../base/hex.ts';
import { printableName } from '../../format/names.ts';
import { detectLayout } from '../../inspect/detectLayout.ts';
import { CramfsImage } from '../../image/image.ts';
import { DEFAULT_MODEL } from '../../driver/models/default.ts';
import { mapJsonText } from '../../report/mapJson.ts';
import { Board } from '../../verdict/board.ts';
import type { MapVerdict } from '../../verdict/mapVerdict.ts';
import type { MapDetail, MapRequest } from '../../verdict/request.ts';
import { type Requirement, unmetRequirement } from '../../verdict/requirement.ts';
import type { ImageOptions } from '../imageOptions.ts';
import { type ImagePlace, openPlace } from '../imagePlace.ts';
import { chooseMachine, type MachineRequest } from '../machine.ts';
import { EXIT, type Io } from '../io.ts';
import { parseNumber } from '../numbers.ts';
import { styleFor, widthFor } from '../style.ts';
import { announceDump, openAt } from '../diagnosisLine.ts';
import { complain } from '../complain.ts';
import { withNearPaths } from '../nearPaths.ts';
import { usage } from '../usage.ts';

/** Bytes of an image whose CRC is looked at for the sake of a dump: more would be waited for. */
const QUICK_CRC = 1 << 20;

/** The options as commander hands them over: text, still. */
export interface MapOptions extends ImageOptions, MachineRequest {
  readonly offset?: string;
  readonly length?: string;
  readonly prot?: string;
  readonly shared?: boolean;
  readonly private?: boolean;
  readonly populate?: boolean;
  readonly locked?: boolean;
  readonly vmaStart?: string;
  readonly pages?: boolean;
  readonly crc?: boolean;
  readonly trace?: boolean;
  readonly lone?: boolean;
  readonly compareKernels?: string;
  readonly segment?: string;
  readonly require?: Requirement;
  readonly batch?: string;
  readonly svg?: boolean;
  readonly quiet?: boolean;
}

/** Where an answer goes. */
interface Place {
  readonly io: Io;
  /** The name that errors begin with. */
  readonly program: string;
}

/**
 * Answers a question, or a batch of them.
 *
 * @returns the exit code
 * @throws CramfsError
 */
export async function answer(
  imageFile: string | undefined,
  path: string | undefined,
  options: MapOptions,
  { io, program }: Place,
): Promise<number> {
  const machine = await chooseMachine(options);
  const { pageSize = 4096 } = machine;
  const number = (text: string | undefined, option: string): number | undefined =>
    text === undefined ? undefined : parseNumber(text, option, pageSize);
  const { batch } = options;
  if (imageFile === undefined) usage('IMAGE is missing');
  if (batch === undefined && path === undefined) usage('PATH is missing (or use --batch)');
  if (batch !== undefined && path !== undefined) usage('PATH cannot be used with --batch');
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
  const detail: MapDetail = { pages: options.pages, crc: options.crc, trace: options.trace, advice: true };
  const boardOptions = machine.board(pageSize);
  const place = openPlace(imageFile, options, io, pageSize);
  const image = openAt(place, io, (source, imageOffset) => {
    const { quirks } = detectLayout(source, { imageOffset, pageSize });
    return CramfsImage.open(source, { imageOffset, pageSize, quirks });
  });
  try {
    // That the file ends early is a warning of the verdict.
    announceDump(place, image, io, { crcUpTo: QUICK_CRC });
    const board = new Board(image, boardOptions);
    const requirement = options.require ?? null;
    if (batch !== undefined) {
      const { runBatch } = await import('../batch.ts');
      const file = batch === '-' ? io.stdin : batch;
      return runBatch(board, file, { detail, requirement, vmaStart, out: options.quiet === true ? null : io.stdout });
    }
    const wanted: MapRequest =
      options.segment === undefined
        ? { ...request, path: path ?? '' }
        : { ...request, ...(await import('./mapSegment.ts')).requestOfSegment(board, path ?? '', options.segment) };
    if (options.compareKernels !== undefined)
      return (await import('./mapModels.ts')).compareModels(board, wanted, options.compareKernels, options, io);
    const verdict = board.map(wanted, detail);
    if (options.quiet !== true) {
      io.stdout.write(
        options.svg === true
          ? (await import('../../page/draw/stills.ts')).mappingStill(verdict, board)
          : options.json === true
            ? `${mapJsonText(verdict, detail, board.mount)}\n`
            : await report(verdict, board, place, wanted, detail, options, io),
      );
    }
    const unmet = requirement === null ? null : unmetRequirement(requirement, verdict, board, wanted);
    if (unmet !== null) {
      const why =
        unmet.kind === 'state'
          ? outcome(verdict)
          : `${board.kernel.name}: ${(await import('../../report/traceText.ts')).violationWords(unmet.violation)}`;
      complain(io, `${program}: ${printableName(verdict.path)} is not ${String(requirement)}: ${why}`);
      return EXIT.findings;
    }
    const { inode } = board.open(wanted.path);
    if (inode.type === 'directory') {
      // The verdict is right (ENODEV), and the path is a mistake anyway.
      const at = `at byte ${String(inode.position)}, ${hex(inode.position)}`;
      complain(io, `${program}: ${printableName(verdict.path)}: it is a directory, not a file (${at})`);
      return EXIT.usage;
    }
    return EXIT.ok;
  } catch (error) {
    throw withNearPaths(error, image);
  } finally {
    image.close();
  }
}

/**
 * The report for people. What a kernel other than the default one does is always checked against the invariants: a verdict
 * alone could look better than what the process sees.
 */
async function report(
  plain: MapVerdict,
  board: Board,
  { argument: image, imageOffset, imageNumber }: ImagePlace,
  request: MapRequest,
  detail: MapDetail,
  options: MapOptions,
  io: Io,
): Promise<string> {
  const { mapText } = await import('../../report/mapText.ts');
  const style = styleFor(io, options.color);
  const width = widthFor(io);
  const judged = detail.trace === true || board.kernel.name !== DEFAULT_MODEL.name;
  const verdict = judged ? board.map(request, { ...detail, trace: true }) : plain;
  const sections = [mapText(verdict, { style, width, image, imageOffset, imageNumber, detail })];
  if (judged) {
    const { traceText, violationsText } = await import('../../report/traceText.ts');
    if (detail.trace === true) sections.push(traceText(verdict, style));
    sections.push(violationsText(verdict, style, width));
  }
  return sections.join('');
}

function outcome(verdict: MapVerdict): string {
  if (verdict.kind === 'nommu') return 'a copy in RAM';
  if (verdict.kind === 'failed') return verdict.errno ?? 'the kernel oopses';
  return verdict.bailout === null ? verdict.state : `${verdict.state} (${verdict.bailout})`;
}

/** Options that say what to map: in a batch each line says so itself. */
const REQUEST_OPTIONS = ['segment', 'offset', 'length', 'prot', 'shared', 'private', 'populate', 'locked'] as const;

function refuseRequestOptions(options: MapOptions): void {
  for (const option of REQUEST_OPTIONS) {
    if (options[option] !== undefined) usage(`--${option} cannot be used with --batch: each line says what to map`);
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
  if (!/^[rwx]+$/.test(text)) usage(`--prot: "${text}" is not "none" or letters of r, w and x`);
  return text;
}
