/** `cramfs audit IMAGE…`: what an image costs and saves, whether it is safe, and whether it does what a policy wants. */
import { appendFileSync, existsSync, realpathSync, statSync } from 'node:fs';
import { type Command, Option } from 'commander';
import {
  applyBaseline,
  type Baseline,
  baselineEntries,
  type BaselineEntry,
  baselineText,
} from '../../audit/baseline.ts';
import { addToTotals, type AuditedImage, type AuditTotals, NO_TOTALS } from '../../audit/run.ts';
import { CramfsError } from '../../errors.ts';
import { printableName } from '../../format/names.ts';
import { AUDIT_FORMATS, AUDIT_REPORTERS } from '../../report/audit/index.ts';
import type { AuditReportOptions } from '../../report/audit/reporter.ts';
import { NO_COLOURS } from '../../report/style.ts';
import { plural } from '../../report/words.ts';
import { auditImages } from '../../workers/auditCrew.ts';
import {
  type AuditCommandOptions,
  auditSetup,
  imagesOfShard,
  parseJobs,
  parseShard,
  readBaseline,
  readPolicy,
  refuseWithMerge,
} from '../audit/options.ts';
import { findingPages } from '../audit/findingPages.ts';
import { addMachineOptions } from '../boardOptions.ts';
import { openSource } from '../imageOptions.ts';
import { interruptible } from '../interrupt.ts';
import { EXIT, type Io } from '../io.ts';
import { readLines } from '../lines.ts';
import { parseNumber } from '../numbers.ts';
import { ProgressBar } from '../progressBar.ts';
import { styleFor, widthFor } from '../style.ts';
import { VERSION } from '../version.ts';
import { writeWholeFile } from '../wholeFile.ts';

const NOTES = `
Each finding has a page: "cramfs explain ID". Reports are described in
docs/audit.md, CI jobs in docs/ci.md.

Exit codes:
  0 no errors   1 errors, or more warnings than --max-warnings   2 wrong usage,
  or a bad policy   3 an image cannot be read or is not cramfs; the others are
  audited   70 a bug of ours   130 interrupted
`;

/** Stale entries of a baseline that are named. */
const NAMED_STALE = 10;

export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  return addMachineOptions(
    command
      .description(
        'Audits images: checks them, maps every program in the emulated kernel, and tells what is wrong, what it costs and what it saves.',
      )
      .argument('<image...>', 'images: files, or - for standard input')
      .option('--policy <file>', 'what must be so: YAML or JSON ("cramfs policy init" writes one)')
      .addOption(new Option('--format <name>', 'report').choices(AUDIT_FORMATS).default('text'))
      .option('--output <file>', 'write the report to a file, which appears whole or not at all')
      .option('--baseline <file>', 'findings in it are known and do not count')
      .option('--write-baseline <file>', 'write all findings to a baseline; then they do not count')
      .option('--max-warnings <n>', 'exit with 1 when there are more warnings than this')
      .option('--exit-zero', 'exit with 0 whatever was found')
      .option('--jobs <n>', 'threads to use (default: one per processor, at most 4)')
      .option('--shard <i/n>', 'audit the i-th of n parts of the images (with --format ndjson, for --merge)')
      .option('--merge', 'the arguments are ndjson reports of all shards: put them together')
      .option('--no-inflate', 'do not inflate compressed blocks: quick, and sees no damage in data but by the CRC'),
  )
    .option('--kernel <model>', 'kernel model (default: the policy says, else the newest mainline)')
    .option('--image-offset <n>', 'where the image starts in each file (default: 0)')
    .option('--page-size <n>', "bytes of a block: 4K, 8K, 16K or 64K (default: what the image's files tell)")
    .addOption(new Option('--color <when>', 'colour').choices(['auto', 'always', 'never']).default('auto'))
    .addHelpText('after', NOTES)
    .action(async (files: readonly string[], options: AuditCommandOptions) => {
      done(await audit(files, options, io));
    });
}

/** Images on their way to a report, and what the report is to know. */
interface Source {
  readonly images: AsyncIterable<AuditedImage>;
  readonly run: Pick<AuditReportOptions, 'images' | 'shard' | 'version'>;
}

async function audit(files: readonly string[], options: AuditCommandOptions, io: Io): Promise<number> {
  const maxWarnings =
    options.maxWarnings === undefined ? Infinity : parseNumber(options.maxWarnings, '--max-warnings', null);
  const baseline = readBaseline(options.baseline);
  const tally = new Tally(baseline, io);
  const report = async (source: Source, signal?: AbortSignal): Promise<void> => {
    await writeReport({ ...source, images: tally.pass(source.images) }, options, io, signal);
  };
  if (options.merge === true) {
    await report(await merged(files, options));
  } else {
    const isCut = await auditFiles(files, options, io, report);
    if (isCut) {
      io.stderr.write('cramfs audit: interrupted\n');
      return EXIT.interrupted;
    }
  }
  const isShard = options.merge !== true && parseShard(options.shard).of > 1;
  if (!isShard) tally.tellStale(options.baseline ?? '');
  if (options.writeBaseline !== undefined) await writeText(options.writeBaseline, baselineText(tally.known.values()));
  return exitCode(tally.totals, maxWarnings, options, io);
}

function exitCode(
  { unreadable, counts }: AuditTotals,
  maxWarnings: number,
  { exitZero, writeBaseline }: AuditCommandOptions,
  io: Io,
): number {
  if (unreadable > 0) return EXIT.image;
  if (exitZero === true || writeBaseline !== undefined) return EXIT.ok;
  if (counts.error > 0) return EXIT.findings;
  if (counts.warning <= maxWarnings) return EXIT.ok;
  const most = maxWarnings === 0 ? 'none' : `at most ${String(maxWarnings)}`;
  io.stderr.write(`cramfs audit: ${plural(counts.warning, 'warning')}, and --max-warnings allows ${most}\n`);
  return EXIT.findings;
}

/** The shards of a run, put together. */
async function merged(files: readonly string[], options: AuditCommandOptions): Promise<Source> {
  refuseWithMerge(options);
  const [{ readShard }, { mergeShards }] = await Promise.all([
    import('../../report/audit/readNdjson.ts'),
    import('../../report/audit/mergeShards.ts'),
  ]);
  const { images, version } = mergeShards(files.map((file) => readShard(readLines(file, 'the report'), file)));
  return { images: inOrder(images), run: { images: images.length, shard: { index: 1, of: 1 }, version } };
}

async function* inOrder<T>(items: Iterable<T>): AsyncGenerator<T, void> {
  // eslint-disable-next-line @typescript-eslint/await-thenable -- an array among iterables whose items take time
  for await (const item of items) yield item;
}

/** Audits files and reports. Whether a signal ended it early. */
async function auditFiles(
  files: readonly string[],
  options: AuditCommandOptions,
  io: Io,
  report: (source: Source, signal?: AbortSignal) => Promise<void>,
): Promise<boolean> {
  const shard = parseShard(options.shard);
  if (shard.of > 1 && options.writeBaseline !== undefined) {
    throw new CramfsError('USAGE', { found: 'a shard does not see all findings: give --write-baseline to --merge' });
  }
  if (files.filter((file) => file === '-').length > 1) {
    throw new CramfsError('USAGE', { found: 'standard input can be read once only' });
  }
  const jobs = parseJobs(options.jobs);
  const setup = auditSetup(options, await readPolicy(options.policy));
  const images = imagesOfShard(files, shard);
  const bar = new ProgressBar(io.stderr, true, io.env.TERM);
  const progress = progressOf(
    images.map(({ image }) => image),
    bar,
  );
  const work = async (signal?: AbortSignal): Promise<boolean> => {
    const open = (image: string) => openSource(image, io);
    const audits = auditImages(images, { setup, open, jobs, signal, progress });
    await report({ images: clearing(audits, bar), run: { images: files.length, shard, version: VERSION } }, signal);
    return signal?.aborted === true;
  };
  try {
    // One image is audited in this thread, where no signal could be taken meanwhile: let it end the program.
    return images.length < 2 ? await work() : await interruptible(work);
  } finally {
    bar.clear();
  }
}

/** Takes the progress bar away before an image is told of. */
async function* clearing(images: AsyncIterable<AuditedImage>, bar: ProgressBar): AsyncGenerator<AuditedImage, void> {
  for await (const image of images) {
    bar.clear();
    yield image;
  }
}

/** Draws how many bytes of all images are done. */
function progressOf(files: readonly string[], bar: ProgressBar): (place: number, fraction: number) => void {
  const sizes = files.map((file) => (file === '-' ? 0 : (statSync(file, { throwIfNoEntry: false })?.size ?? 0)));
  const total = sizes.reduce((sum, bytes) => sum + bytes, 0);
  const fractions = sizes.map(() => 0);
  let done = 0;
  return (place, fraction) => {
    done += (fraction - (fractions[place] ?? 0)) * (sizes[place] ?? 0);
    fractions[place] = fraction;
    if (done < total) bar.update(done, total);
  };
}

/** Counts what goes by, and takes out of it what a baseline knows. */
class Tally {
  totals = NO_TOTALS;
  /** What a baseline of this run has. */
  readonly known = new Map<string, BaselineEntry>();
  readonly #baseline: Baseline | null;
  readonly #used = new Set<string>();
  readonly #io: Io;

  constructor(baseline: Baseline | null, io: Io) {
    this.#baseline = baseline;
    this.#io = io;
  }

  async *pass(images: AsyncIterable<AuditedImage>): AsyncGenerator<AuditedImage, void> {
    for await (const image of images) {
      const kept = this.#take(image);
      this.totals = addToTotals(this.totals, kept);
      yield kept;
    }
  }

  #take(image: AuditedImage): AuditedImage {
    if (image.result === null) {
      this.#io.stderr.write(`cramfs audit: ${printableName(image.image)}: ${image.error.message}\n`);
      return image;
    }
    const result = this.#baseline === null ? image.result : applyBaseline(image.result, this.#baseline, this.#used);
    for (const entry of baselineEntries(result)) this.known.set(entry.fingerprint, entry);
    return { ...image, result };
  }

  /** Names what a baseline has and nobody found. An image that could not be read may have it. */
  tellStale(file: string): void {
    if (this.#baseline === null || this.totals.unreadable > 0) return;
    const stale = [...this.#baseline.values()].filter(({ fingerprint }) => !this.#used.has(fingerprint));
    if (stale.length === 0) return;
    const entries = plural(stale.length, 'entry is', 'entries are');
    this.#io.stderr.write(`cramfs audit: ${printableName(file)}: ${entries} stale, the findings are gone:\n`);
    for (const { id, path } of stale.slice(0, NAMED_STALE)) {
      this.#io.stderr.write(`  ${id}${path === null ? '' : ` ${printableName(path)}`}\n`);
    }
    const more = stale.length - NAMED_STALE;
    if (more > 0) this.#io.stderr.write(`  and ${String(more)} more\n`);
  }
}

/** Writes the report, and for GitHub Actions the summary of the step beside it. */
async function writeReport(
  { images, run }: Source,
  { format, output, color }: AuditCommandOptions,
  io: Io,
  signal?: AbortSignal,
): Promise<void> {
  const toFile = output !== undefined;
  const reportOptions: AuditReportOptions = {
    ...run,
    style: toFile && color === 'auto' ? NO_COLOURS : styleFor(io, color),
    width: toFile ? 80 : widthFor(io),
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

async function writeText(file: string, text: string): Promise<void> {
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
