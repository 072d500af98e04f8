/** Where the report of an audit goes. */
import type { AuditedImage } from '../../audit/run.ts';
import { AUDIT_REPORTERS } from '../../report/audit/index.ts';
import type { AuditReportOptions } from '../../report/audit/reporter.ts';
import { NO_COLOURS } from '../../report/style.ts';
import type { Io } from '../io.ts';
import { styleFor, widthFor } from '../style.ts';
import { type Appended, openAppended, openOutput, requireDistinct, type Output } from '../outputFile.ts';
import { findingPages } from './findingPages.ts';
import type { AuditCommandOptions } from './options.ts';
import { readFiles } from '../readFiles.ts';

/** Columns of a report in a file. */
const FILE_WIDTH = 80;

/** Images on their way to a report, and what the report is to know of them. */
export interface ReportedRun {
  readonly images: AsyncIterable<AuditedImage>;
  readonly run: Pick<AuditReportOptions, 'images' | 'shard' | 'version'>;
}

/** The files that an audit writes. They are opened before there is anything to write, so that no work is in vain. */
export class AuditOutputs {
  readonly #report: Output | null;
  readonly #baseline: Output | null;
  readonly #summary: Appended | null;

  /**
   * @param files the arguments
   * @throws CramfsError CANNOT_WRITE; USAGE for an output that is an input
   */
  constructor(files: readonly string[], options: AuditCommandOptions, io: Io) {
    const { format, output, writeBaseline } = options;
    const summary = format === 'github' ? (io.env.GITHUB_STEP_SUMMARY ?? '') : '';
    requireDistinct(output, writeBaseline);
    this.#report =
      output === undefined ? null : openOutput(output, { replaces: true, inputs: readFiles(files, options) });
    // A baseline that was read may be written again.
    const others = readFiles(files, options, { but: ['baseline'] });
    this.#baseline = writeBaseline === undefined ? null : openOutput(writeBaseline, { replaces: true, inputs: others });
    this.#summary = summary === '' ? null : openAppended(summary);
  }

  /**
   * Writes the report, and for GitHub Actions the summary of the step beside it.
   *
   * @throws CramfsError CANNOT_WRITE
   */
  async writeReport(
    { images, run }: ReportedRun,
    { format, color, notes }: AuditCommandOptions,
    io: Io,
    signal?: AbortSignal,
  ): Promise<void> {
    const toFile = this.#report;
    const reportOptions: AuditReportOptions = {
      ...run,
      style: toFile !== null && color === 'auto' ? NO_COLOURS : styleFor(io, color),
      width: toFile === null ? widthFor(io) : FILE_WIDTH,
      notes: notes === true,
      page: findingPages(),
    };
    const kept: AuditedImage[] = [];
    const first = await firstOf(images);
    const report = AUDIT_REPORTERS[format](this.#summary === null ? first : keeping(first, kept), reportOptions);
    for await (const text of report) {
      if (toFile === null) io.stdout.write(text);
      else toFile.write(Buffer.from(text, 'utf8'));
    }
    if (signal?.aborted !== true) toFile?.commit();
    if (this.#summary === null) return;
    for await (const text of AUDIT_REPORTERS.markdown(inOrder(kept), reportOptions)) this.#summary.append(text);
  }

  /** @throws CramfsError CANNOT_WRITE */
  writeBaseline(text: string): void {
    this.#baseline?.write(Buffer.from(text, 'utf8'));
    this.#baseline?.commit();
  }

  /** Lets go of them; what was not written whole is not there. */
  close(): void {
    this.#report?.discard();
    this.#baseline?.discard();
    this.#summary?.close();
  }
}

/** The same images, the first of them made already: nothing is written before that. */
async function firstOf(images: AsyncIterable<AuditedImage>): Promise<AsyncIterable<AuditedImage>> {
  const iterator = images[Symbol.asyncIterator]();
  let first: IteratorResult<AuditedImage> | null = await iterator.next();
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        const result = first ?? (await iterator.next());
        first = null;
        return result;
      },
      return: async (value: unknown) => (await iterator.return?.(value)) ?? { done: true, value: undefined },
    }),
  };
}

async function* keeping(images: AsyncIterable<AuditedImage>, kept: AuditedImage[]): AsyncGenerator<AuditedImage, void> {
  for await (const image of images) {
    kept.push(image);
    yield image;
  }
}

/** Images that are there already. */
export async function* inOrder<T>(items: Iterable<T>): AsyncGenerator<T, void> {
  // eslint-disable-next-line @typescript-eslint/await-thenable -- an array among iterables whose items take time
  for await (const item of items) yield item;
}
