/** `cramfs audit IMAGE…`: what an image costs and saves, whether it is safe, and whether it does what a policy wants. */
import { statSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { baselineText } from '../../policy/baseline.ts';
import type { AuditDiagnosis, AuditedImage } from '../../audit/run.ts';
import type { ByteSource } from '../../source/byteSource.ts';
import { CramfsError } from '../../base/errors.ts';
import { AUDIT_FORMATS } from '../../report/audit/index.ts';
import { plural } from '../../base/words.ts';
import { auditImages, type AuditJob } from '../../workers/auditCrew.ts';
import {
  type AuditCommandOptions,
  auditSetup,
  imagesOfShard,
  parseShard,
  readBaseline,
  refuseWithMerge,
} from '../audit/options.ts';
import { AuditOutputs, inOrder, type ReportedRun } from '../audit/output.ts';
import { Tally } from '../audit/tally.ts';
import { addMachineOptions, addProgramOptions } from '../boardOptions.ts';
import { addColourOption, addJobsOption, addOffsetOptions, IMAGES_ARGUMENT, parseJobs } from '../imageOptions.ts';
import { auditDiagnosis, withDiagnosis } from '../audit/diagnosis.ts';
import { type ImagePlace, openPlace } from '../imagePlace.ts';
import { readMachine } from '../machine.ts';
import { interruptible } from '../interrupt.ts';
import { EXIT, type Io } from '../io.ts';
import { readLines } from '../lines.ts';
import { parseNumber } from '../numbers.ts';
import { ProgressBar } from '../progressBar.ts';
import { VERSION } from '../version.ts';
import { GROUPS, grouped } from '../help/groups.ts';
import { complain } from '../complain.ts';

const NOTES = `
Examples:
  cramfs audit fw.cramfs
  cramfs audit --policy policy.yaml --format sarif --output out.sarif images/*

"cramfs explain ID" shows the page of a finding. docs/audit.md describes the
reports, docs/ci.md CI jobs.

Exit codes:
  0 no errors   1 errors, or more warnings than --max-warnings   2 wrong usage,
  or a bad policy   3 an image cannot be read or is not cramfs (the others are
  audited), or a file cannot be read or written   70 internal error
  130 interrupted
`;

export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  command
    .description(
      'Check images, map every program in the emulated kernel, and report what is wrong, what it costs and what it saves',
    )
    .argument('<image...>', IMAGES_ARGUMENT);
  grouped(command, 'Findings:', () =>
    command
      .option('--baseline <file>', 'ignore the findings in this file')
      .option('--write-baseline <file>', 'write all findings to a baseline file; none of them counts')
      .option('--max-warnings <n>', 'exit with 1 if there are more warnings')
      .option('--exit-zero', 'exit with 0 whatever is found')
      .option('--no-inflate', 'do not inflate compressed blocks: faster, but finds damaged data only by the CRC'),
  );
  grouped(command, 'Shares of many images:', () =>
    command
      .option('--shard <i/n>', 'audit part i of n of the images (with --format ndjson, for --merge)')
      .option('--merge', 'combine the ndjson reports of all shards, given as arguments'),
  );
  grouped(command, GROUPS.output, () =>
    command
      .addOption(new Option('--format <name>', 'report format').choices(AUDIT_FORMATS).default('text'))
      .option('--json', 'same as --format json')
      .option('--notes', 'show each note in the text report, not only their number')
      .option('--output <file>', 'write the report to a file, atomically'),
  );
  addOffsetOptions(addProgramOptions(addMachineOptions(addColourOption(addJobsOption(command)), io)), 'each file');
  return command.addHelpText('after', NOTES).action(async (files: readonly string[], options: AuditCommandOptions) => {
    done(await audit(files, options.json === true ? { ...options, format: 'json' } : options, io));
  });
}

async function audit(files: readonly string[], options: AuditCommandOptions, io: Io): Promise<number> {
  const maxWarnings =
    options.maxWarnings === undefined ? Infinity : parseNumber(options.maxWarnings, '--max-warnings', null);
  const baseline = readBaseline(options.baseline);
  const tally = new Tally(baseline, io);
  const report = async (source: ReportedRun, signal?: AbortSignal): Promise<void> => {
    const outputs = new AuditOutputs(files, options, io);
    try {
      await outputs.writeReport({ ...source, images: tally.pass(source.images) }, options, io, signal);
      if (signal?.aborted !== true) outputs.writeBaseline(baselineText(tally.known.values()));
    } finally {
      outputs.close();
    }
  };
  if (options.merge === true) {
    await report(await merged(files, options, io));
  } else {
    const isCut = await auditFiles(files, options, io, report);
    if (isCut) {
      complain(io, 'cramfs audit: interrupted');
      return EXIT.interrupted;
    }
  }
  const isShard = options.merge !== true && parseShard(options.shard).of > 1;
  if (!isShard) tally.tellStale(options.baseline ?? '');
  return exitCode(tally, maxWarnings, options, io);
}

function exitCode(
  { internalErrors, totals: { unreadable, counts } }: Tally,
  maxWarnings: number,
  { exitZero, writeBaseline }: AuditCommandOptions,
  io: Io,
): number {
  if (internalErrors > 0) return EXIT.bug;
  if (unreadable > 0) return EXIT.image;
  if (exitZero === true || writeBaseline !== undefined) return EXIT.ok;
  if (counts.error > 0) return EXIT.findings;
  if (counts.warning <= maxWarnings) return EXIT.ok;
  const most = maxWarnings === 0 ? 'none' : `at most ${String(maxWarnings)}`;
  complain(io, `cramfs audit: ${plural(counts.warning, 'warning')}; --max-warnings allows ${most}`);
  return EXIT.findings;
}

/** The shards of a run, put together. */
async function merged(files: readonly string[], options: AuditCommandOptions, io: Io): Promise<ReportedRun> {
  refuseWithMerge(options);
  const [{ readShard }, { mergeShards }] = await Promise.all([
    import('../../report/audit/readNdjson.ts'),
    import('../../report/audit/mergeShards.ts'),
  ]);
  const lines = (file: string) => readLines(file === '-' ? io.stdin : file, 'the report');
  const { images, version } = mergeShards(files.map((file) => readShard(lines(file), file)));
  return { images: inOrder(images), run: { images: images.length, shard: { index: 1, of: 1 }, version } };
}

/** Audits files and reports. Whether a signal ended it early. */
async function auditFiles(
  files: readonly string[],
  options: AuditCommandOptions,
  io: Io,
  report: (source: ReportedRun, signal?: AbortSignal) => Promise<void>,
): Promise<boolean> {
  const shard = parseShard(options.shard);
  if (shard.of > 1 && options.writeBaseline !== undefined) {
    throw new CramfsError('USAGE', {
      found: '--write-baseline cannot be used with --shard, which sees only some findings; use it with --merge',
    });
  }
  if (files.filter((file) => file === '-').length > 1) {
    throw new CramfsError('USAGE', { found: 'standard input can be read only once' });
  }
  const jobs = parseJobs(options);
  const setup = auditSetup(options, await readMachine(options));
  const images = imagesOfShard(files, shard, options, setup.pageSize);
  const bar = new ProgressBar(io.stderr, true, io.env.TERM);
  const progress = progressOf(
    images.map(({ image, file }) => file ?? image),
    bar,
  );
  const work = async (signal?: AbortSignal): Promise<boolean> => {
    const places = new Map<AuditJob, ImagePlace>();
    const open = (job: AuditJob) => {
      const place = openPlace(job.image, options, io, setup.pageSize ?? null);
      places.set(job, place);
      return place.source;
    };
    const diagnose = (job: AuditJob, source: ByteSource): AuditDiagnosis | null =>
      auditDiagnosis(job, source, places.get(job)?.hit ?? null);
    const audits = withDiagnosis(auditImages(images, { setup, open, diagnose, jobs, signal, progress }));
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

/** Takes the progress bar away before an image is reported. */
async function* clearing(images: AsyncIterable<AuditedImage>, bar: ProgressBar): AsyncGenerator<AuditedImage, void> {
  for await (const image of images) {
    bar.clear();
    yield image;
  }
}

/** Draws how many bytes of all images are done. */
function progressOf(files: readonly string[], bar: ProgressBar): (place: number, fraction: number) => void {
  const sizes = files.map(sizeOf);
  const total = sizes.reduce((sum, bytes) => sum + bytes, 0);
  const fractions = sizes.map(() => 0);
  let done = 0;
  return (place, fraction) => {
    done += (fraction - (fractions[place] ?? 0)) * (sizes[place] ?? 0);
    fractions[place] = fraction;
    if (done < total) bar.update(done, total);
  };
}

/** Bytes of a file; 0 where that is not known. */
function sizeOf(file: string): number {
  try {
    return file === '-' ? 0 : statSync(file).size;
  } catch {
    // The audit reports why it cannot be read.
    return 0;
  }
}
