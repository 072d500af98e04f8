/** Where the report of an audit goes. */
import { appendFileSync, existsSync, realpathSync } from 'node:fs';
import type { AuditedImage } from '../../audit/run.ts';
import { CramfsError } from '../../base/errors.ts';
import { AUDIT_REPORTERS } from '../../report/audit/index.ts';
import type { AuditReportOptions } from '../../report/audit/reporter.ts';
import { NO_COLOURS } from '../../report/style.ts';
import type { Io } from '../io.ts';
import { styleFor, widthFor } from '../style.ts';
import { writeWholeFile } from '../wholeFile.ts';
import { findingPages } from './findingPages.ts';
import type { AuditCommandOptions } from './options.ts';

/** Columns of a report in a file. */
const FILE_WIDTH = 80;

/** Images on their way to a report, and what the report is to know of them. */
export interface ReportedRun {
  readonly images: AsyncIterable<AuditedImage>;
  readonly run: Pick<AuditReportOptions, 'images' | 'shard' | 'version'>;
}

/**
 * Writes the report, and for GitHub Actions the summary of the step beside it.
 *
 * @throws CramfsError USAGE for a file that cannot be written
 */
export async function writeReport(
  { images, run }: ReportedRun,
  { format, output, color, notes }: AuditCommandOptions,
  io: Io,
  signal?: AbortSignal,
): Promise<void> {
  const toFile = output !== undefined;
  const reportOptions: AuditReportOptions = {
    ...run,
    style: toFile && color === 'auto' ? NO_COLOURS : styleFor(io, color),
    width: toFile ? FILE_WIDTH : widthFor(io),
    notes: notes === true,
    page: findingPages(),
  };
  const summary = format === 'github' ? io.env.GITHUB_STEP_SUMMARY : undefined;
  const kept: AuditedImage[] = [];
  const first = await firstOf(images);
  const report = AUDIT_REPORTERS[format](summary === undefined ? first : keeping(first, kept), reportOptions);
  if (toFile) {
    await writeWholeFile(resolved(output), true, async (write) => {
      for await (const text of report) write(Buffer.from(text, 'utf8'));
      return { ended: signal?.aborted === true ? 'interrupted' : 'complete' };
    });
  } else {
    for await (const text of report) io.stdout.write(text);
  }
  if (summary !== undefined && summary !== '') {
    for await (const text of AUDIT_REPORTERS.markdown(inOrder(kept), reportOptions)) append(summary, text);
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

/**
 * Writes a file that appears whole or not at all; one that is there is replaced.
 *
 * @throws CramfsError USAGE
 */
export async function writeText(file: string, text: string): Promise<void> {
  await writeWholeFile(resolved(file), true, (write) => {
    write(Buffer.from(text, 'utf8'));
    return Promise.resolve({ ended: 'complete' });
  });
}

/** A file that is there is replaced itself, not the link to it. */
function resolved(file: string): string {
  return existsSync(file) ? realpathSync(file) : file;
}

function append(file: string, text: string): void {
  try {
    appendFileSync(file, text);
  } catch (cause) {
    throw new CramfsError('USAGE', { found: `cannot write GITHUB_STEP_SUMMARY: ${(cause as Error).message}`, cause });
  }
}

/** Images that are there already. */
export async function* inOrder<T>(items: Iterable<T>): AsyncGenerator<T, void> {
  // eslint-disable-next-line @typescript-eslint/await-thenable -- an array among iterables whose items take time
  for await (const item of items) yield item;
}
