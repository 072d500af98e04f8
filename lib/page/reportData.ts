/**
 * What a report page carries: of each image the audit, the account of its bytes, and those bytes that the engine asks for
 * when a file is mapped or a program started. Plain data, embedded as JSON.
 */
import type { AuditResult } from '../audit/result.ts';
import { StoredFile } from '../audit/storedFile.ts';
import { CramfsError } from '../base/errors.ts';
import { kernelModel } from '../driver/models/named.ts';
import { readElfHeaders } from '../elf/elf.ts';
import { execProgram } from '../exec/execProgram.ts';
import { blockCount, fileBlocks } from '../image/blocks.ts';
import { readLink } from '../image/content.ts';
import { type CramfsImage, type Inode, PAGE_SIZES } from '../image/image.ts';
import { ACCOUNT_LABELS, type Account } from '../inspect/account.ts';
import { blockBudget, blocksKey } from '../inspect/blockBudget.ts';
import { openDetected } from '../inspect/openDetected.ts';
import { survey } from '../inspect/survey.ts';
import { walk } from '../inspect/walk.ts';
import { definitionOf } from '../policy/findings.ts';
import { findingWords } from '../report/findingWords.ts';
import type { ByteSource } from '../source/byteSource.ts';
import { type KnownRange, RecordingSource, sparseSource } from '../source/sparseSource.ts';
import { Board, type BoardOptions } from '../verdict/board.ts';
import { packBytes, packNumbers, unpackBytes, unpackNumbers } from './pack.ts';

/** Version of the data; a page and its data are made together, so that this tells mistakes. */
export const REPORT_FORMAT = 1;

/** The machine: board options that are plain data. */
export type ReportMachine = Omit<BoardOptions, 'kernel'> & { /** Name of the kernel model. */ readonly kernel: string };

/** A finding in words. */
export interface ReportFinding {
  readonly id: string;
  readonly severity: string;
  readonly title: string;
  readonly path: string | null;
  readonly offset: number | null;
  readonly cause: string;
  readonly fix: string;
}

/** One image in a report. */
export interface ReportImage {
  readonly name: string;
  readonly imageOffset: number;
  readonly pageSize: number;
  /** Bytes of the file, from the image's start. */
  readonly fileBytes: number;
  readonly machine: ReportMachine;
  readonly findings: readonly ReportFinding[];
  readonly counts: AuditResult['counts'];
  readonly numbers: AuditResult['numbers'];
  readonly files: AuditResult['files'];
  /** The account: label and length of each range, in order. */
  readonly account: string;
  /** Whether all bytes are there. */
  readonly whole: boolean;
  /** The bytes that are there: gap and length of each range, and the bytes of all. */
  readonly ranges: string;
  readonly bytes: string;
}

/** A report. */
export interface ReportData {
  readonly format: typeof REPORT_FORMAT;
  /** Version of the package. */
  readonly version: string;
  readonly image: ReportImage;
  /** The image that it is compared with. */
  readonly old: ReportImage | null;
}

/** What to put into a report. */
export interface ReportOptions {
  readonly machine: ReportMachine;
  readonly audit: AuditResult;
  readonly pageSize?: number | undefined;
  /** All bytes of the image, so that every question can be answered. */
  readonly embed?: boolean | undefined;
}

/**
 * Collects the data of one image.
 *
 * @param source the file that the image is in
 * @throws CramfsError as openDetected() and Board; IO
 */
export function collectImage(
  source: ByteSource,
  { machine, audit, pageSize, embed = false }: ReportOptions,
): ReportImage {
  const { imageOffset } = audit;
  const original = openDetected(source, { imageOffset, pageSize });
  const { account } = survey(original);
  const recorder = new RecordingSource(original.source);
  const image = openDetected(recorder, { pageSize: original.pageSize });
  const { kernel, ...options } = machine;
  const board = new Board(image, { ...options, kernel: kernelModel(kernel) });
  if (embed) recorder.note(0, recorder.size);
  else collectTree(image, recorder);
  for (const { path, format, run } of audit.files) {
    if (format === 'elf32' || format === 'elf64') {
      attempt(() => readElfHeaders(new StoredFile(image, board.open(path).inode)));
    }
    if (run !== null && board.kernel.nommu === undefined) attempt(() => execProgram(board, { path }));
  }
  const ranges = recorder.ranges();
  return {
    name: audit.image,
    imageOffset,
    pageSize: image.pageSize,
    fileBytes: original.source.size,
    machine,
    findings: audit.findings.map((finding) => ({
      id: finding.id,
      severity: finding.severity,
      title: definitionOf(finding).title,
      path: finding.path,
      offset: finding.offset,
      ...findingWords(finding, audit),
    })),
    counts: audit.counts,
    numbers: audit.numbers,
    files: audit.files,
    account: packBytes(packNumbers(accountNumbers(account))),
    whole: embed,
    ranges: packBytes(packNumbers(rangeNumbers(ranges))),
    bytes: packBytes(joined(ranges)),
  };
}

/**
 * Reads what a mapping of any file asks for: inodes, names, pointers, the bytes past the end of file in last pages. Of
 * files beyond the budget only the last block is looked at.
 */
function collectTree(image: CramfsImage, recorder: RecordingSource): void {
  const known = new Set<string>();
  const budget = blockBudget(image);
  for (const { inode } of walk(image, { onProblem: () => undefined })) {
    if (inode.size === 0 || known.has(blocksKey(inode))) continue;
    known.add(blocksKey(inode));
    if (inode.type === 'symlink') attempt(() => readLink(image, inode));
    if (inode.type !== 'file') continue;
    const count = blockCount(inode.size, image.pageSize);
    attempt(() => {
      collectBlocks(image, recorder, inode, budget.spend(count) ? 0 : count - 1);
    });
  }
}

/** Reads the pointers of a file, and what they point at from block `first` on. */
function collectBlocks(image: CramfsImage, recorder: RecordingSource, inode: Inode, first: number): void {
  const count = blockCount(inode.size, image.pageSize);
  recorder.note(inode.ino, count * 4);
  const past = inode.size % image.pageSize;
  // Compressed blocks with a direct pointer: their length is before them.
  for (const block of fileBlocks(image, inode, undefined, first)) {
    const isLast = block.index === count - 1;
    if (isLast && past > 0 && block.kind === 'direct') recorder.note(block.start + past, image.pageSize - past);
  }
}

/** What is damaged is shown as that; only a source that fails ends the collection. */
function attempt(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
  }
}

function* accountNumbers({ ranges }: Account): Generator<number> {
  for (const { start, end, label } of ranges) {
    yield ACCOUNT_LABELS.indexOf(label);
    yield end - start;
  }
}

function* rangeNumbers(ranges: readonly KnownRange[]): Generator<number> {
  let end = 0;
  for (const { start, bytes } of ranges) {
    yield start - end;
    yield bytes.length;
    end = start + bytes.length;
  }
}

function joined(ranges: readonly KnownRange[]): Uint8Array {
  const all = new Uint8Array(ranges.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let at = 0;
  for (const { bytes } of ranges) {
    all.set(bytes, at);
    at += bytes.length;
  }
  return all;
}

/** The source of an image in a report. */
export function reportSource({ fileBytes, ranges, bytes }: ReportImage): ByteSource {
  const all = unpackBytes(bytes);
  const numbers = unpackNumbers(unpackBytes(ranges));
  const known: KnownRange[] = [];
  let start = 0;
  let at = 0;
  for (let index = 0; index + 1 < numbers.length; index += 2) {
    start += numbers[index] ?? 0;
    const length = numbers[index + 1] ?? 0;
    known.push({ start, bytes: all.subarray(at, at + length) });
    start += length;
    at += length;
  }
  return sparseSource(fileBytes, known);
}

/** The account of an image in a report: the first byte of each range, and its label as an index of ACCOUNT_LABELS. */
export function reportAccount({ account, fileBytes }: ReportImage): {
  readonly starts: Float64Array;
  readonly labels: Uint8Array;
} {
  const numbers = unpackNumbers(unpackBytes(account));
  const count = numbers.length / 2;
  const starts = new Float64Array(count + 1);
  const labels = new Uint8Array(count);
  for (let index = 0; index < count; index++) {
    labels[index] = numbers[2 * index] ?? 0;
    starts[index + 1] = (starts[index] ?? 0) + (numbers[2 * index + 1] ?? 0);
  }
  starts[count] = fileBytes;
  return { starts, labels };
}

/** Page sizes that a page offers. */
export const OFFERED_PAGE_SIZES = PAGE_SIZES;
