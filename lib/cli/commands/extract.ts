/**
 * `cramfs extract IMAGE DIR [PATH…]`: the files of an image on the disk, or in a tar archive.
 */
import { jsonText } from '../../base/json.ts';
import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Crew } from '../../extract/crew.ts';
import { DEFAULT_LIMITS, type ExtractLimits } from '../../extract/limits.ts';
import type { ExtractResult, Progress } from '../../extract/result.ts';
import type { Choice, Survey } from '../../extract/safeWalk.ts';
import { extractToDirectory, ownerPolicy } from '../../extract/toDirectory.node.ts';
import { extractToTar } from '../../extract/toTar.ts';
import type { CramfsImage } from '../../image/image.ts';
import { printableName } from '../../format/names.ts';
import { extractJson } from '../../report/extractJson.ts';
import { extractedText, leftOutLines, problemLines } from '../../report/extractText.ts';
import { plural } from '../../base/words.ts';
import { ExtractCrew, type ExtractWork } from '../../workers/extractCrew.ts';
import { openingOf } from '../../workers/openAgain.ts';
import {
  addForceOption,
  addImageOptions,
  addJobsOption,
  type ImageOptions,
  IMAGE_ARGUMENT,
  openPlacedImage,
  parseJobs,
} from '../imageOptions.ts';
import { interruptible } from '../interrupt.ts';
import { EXIT, type Io, type TextSink } from '../io.ts';
import { parseNumber } from '../numbers.ts';
import { ProgressBar } from '../progressBar.ts';
import { openedLine } from '../diagnosisLine.ts';
import { diagnosisLineText } from '../../report/diagnosisWords.ts';
import type { ImagePlace } from '../imagePlace.ts';
import { complain } from '../complain.ts';
import { withNearPaths } from '../nearPaths.ts';
import { GROUPS, grouped } from '../help/groups.ts';
import { openOutput } from '../outputFile.ts';
import { readFiles } from '../readFiles.ts';
import { usage } from '../usage.ts';

/** The options as commander hands them over: text, still. */
interface ExtractCommandOptions extends ImageOptions {
  readonly tar?: string;
  readonly force?: boolean;
  readonly devices?: boolean;
  readonly setuid?: boolean;
  readonly owner: boolean;
  readonly asLinuxReads?: boolean;
  readonly maxBytes?: string;
  readonly maxEntries?: string;
  readonly maxDepth?: string;
  readonly maxRatio?: string;
  readonly jobs?: string;
  readonly threads?: string;
  readonly quiet?: boolean;
}

const NOTES = `
Examples:
  cramfs extract fw.cramfs out
  cramfs extract fw.cramfs out /etc /bin/busybox
  sudo cramfs extract fw.cramfs out --devices --setuid
  cramfs extract fw.cramfs --tar - | tar t

Nothing is written outside DIR, links are not followed there, and each file is
written atomically. Existing files are not replaced without --force. A new or
empty DIR gets owner, mode and time of the image's root. All times are 0.

An image that exceeds a limit is refused before anything is written.

Exit codes:
  0 extracted; skipped entries (by design or for lack of root) are reported
  1 some files could not be written   2 wrong usage, or no such path in the
  image   3 the image cannot be read, exceeds a limit, is damaged or hostile
  (what is sound was extracted), or a file cannot be written   70 internal error
  130 interrupted
`;

/** Adds the arguments and options of the command, and what it does. `done` gets the exit code. */
export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  command
    .description('Extract files, links, devices and directories')
    .argument('<image>', IMAGE_ARGUMENT)
    .argument('[dir]', 'directory to extract to; not with --tar')
    .argument('[paths...]', 'what to extract (default: everything)');
  grouped(command, 'What to extract:', () =>
    command
      .option('--devices', 'create device nodes (as root)')
      .option('--setuid', 'keep setuid and setgid bits')
      .option('--no-owner', 'as root: do not set the owners stored in the image')
      .option(
        '--as-linux-reads',
        "write what Linux's read(2) returns, and report files where that is not what is stored",
      ),
  );
  grouped(command, 'Limits:', () =>
    command
      .option(
        '--max-bytes <n>',
        `maximum total size of all files (default: ${String(DEFAULT_LIMITS.maxBytes / 2 ** 30)}G)`,
      )
      .option('--max-entries <n>', 'maximum number of entries (default: what fits in the image)')
      .option('--max-depth <n>', `maximum directory depth (default: ${String(DEFAULT_LIMITS.maxDepth)})`)
      .option(
        '--max-ratio <n>',
        `maximum total size of all files per byte of the image, beyond 64 MiB (default: ${String(DEFAULT_LIMITS.maxRatio)})`,
      ),
  );
  grouped(command, GROUPS.output, () =>
    command
      .option('--tar <file>', 'write a tar archive with all entries instead; - for standard output')
      .option('--quiet', 'report problems only'),
  );
  return addImageOptions(addForceOption(addJobsOption(command)))
    .addHelpText('after', NOTES)
    .action(async (imageFile: string, dir: string | undefined, paths: string[], options: ExtractCommandOptions) => {
      done(await extractAction(imageFile, dir, paths, options, io));
    });
}

async function extractAction(
  imageFile: string,
  dir: string | undefined,
  paths: readonly string[],
  options: ExtractCommandOptions,
  io: Io,
): Promise<number> {
  const { tar } = options;
  if (tar === undefined && dir === undefined) usage('DIR is missing (or use --tar)');
  if (tar === '-' && options.json === true) usage('--json cannot be used with --tar -: both write to standard output');
  const wanted = tar === undefined || dir === undefined ? paths : [dir, ...paths];
  const choice: Choice = { paths: wanted, limits: limitOptions(options), windowsNames: process.platform === 'win32' };
  const target = tar ?? dir ?? '';
  const { image, place } = openPlacedImage(imageFile, options, io);
  const bar = new ProgressBar(io.stderr, options.quiet !== true, io.env.TERM);
  try {
    const announce = once(() => {
      const line = openedLine(place, image, io);
      if (line === null) return;
      bar.clear();
      complain(io, `cramfs extract: ${imageFile}: ${diagnosisLineText(line)}`);
    });
    const summary = await interruptible((signal) =>
      extract(
        image,
        place,
        target,
        choice,
        options,
        signal,
        (bytes, total) => {
          bar.update(bytes, total);
        },
        announce,
        io,
      ),
    ).finally(announce);
    bar.clear();
    return report(summary, target, options, io);
  } catch (error) {
    throw withNearPaths(error, image);
  } finally {
    bar.clear();
    image.close();
  }
}

/** Does something at the first call only. */
function once(action: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    action();
  };
}

/** A crew, with something to do for this thread as soon as all of the crew have work. */
function whileBusy<Job, Result>(crew: Crew<Job, Result>, action: () => void): Crew<Job, Result> {
  return {
    tryStart(job, done) {
      const isTaken = crew.tryStart(job, done);
      if (!isTaken) action();
      return isTaken;
    },
    idle: () => crew.idle(),
    stop: () => {
      crew.stop();
    },
  };
}

/** Images smaller than this are extracted before a thread has started: bytes of their files. */
const LEAST_FOR_THREADS = 16 << 20;
/** Bytes of an image whose files are taken to be that long, as blocks are half as long or less when they are compressed. */
const LEAST_IMAGE = LEAST_FOR_THREADS / 2;
const MAX_THREADS = 4;

/**
 * Starts threads for a kind of work, if they pay: this thread works too. Where a whole image is large they start here, while
 * its entries are counted; else when it is known what there is to do.
 */
function crewFor<Kind extends keyof ExtractWork>(
  kind: Kind,
  image: CramfsImage,
  { path, imageOffset }: ImagePlace,
  { paths = [] }: Choice,
  options: ExtractCommandOptions,
  keep: (pool: ExtractCrew<Kind>) => void,
  announce: () => void,
): (total: Survey) => Crew<ExtractWork[Kind]['job'], ExtractWork[Kind]['result']> | null {
  const threads = parseJobs(options) ?? Math.min(availableParallelism(), MAX_THREADS);
  const stat = path === null ? undefined : statSync(path, { throwIfNoEntry: false });
  // A pipe can be read by one thread only.
  const file = threads >= 2 && stat?.isFile() === true ? path : null;
  const startIf = (pays: boolean): ExtractCrew<Kind> | null => {
    if (file === null || !pays) return null;
    const pool = new ExtractCrew({
      kind,
      opening: openingOf(image, file, imageOffset),
      asLinuxReads: options.asLinuxReads === true,
      policy: ownerPolicy({ owners: ownersOption(options), setuid: options.setuid }),
      threads: threads - 1,
    });
    keep(pool);
    return pool;
  };
  const early = startIf(paths.length === 0 && Math.min(stat?.size ?? 0, image.size) >= LEAST_IMAGE);
  return ({ bytes }) => {
    const pool = early ?? startIf(bytes >= LEAST_FOR_THREADS);
    if (pool !== null) return whileBusy(pool, announce);
    announce();
    return null;
  };
}

function ownersOption(options: ExtractCommandOptions): boolean | undefined {
  return options.owner ? undefined : false;
}

async function extract(
  image: CramfsImage,
  place: ImagePlace,
  target: string,
  choice: Choice,
  options: ExtractCommandOptions,
  signal: AbortSignal,
  progress: (bytes: number, total: number) => void,
  announce: () => void,
  io: Io,
): Promise<ExtractResult> {
  const common = {
    ...choice,
    asLinuxReads: options.asLinuxReads,
    signal,
    onProgress: ({ bytes, total }: Progress): void => {
      progress(bytes, total.bytes);
    },
  };
  let pool: { close(): Promise<void> } | null = null;
  try {
    if (options.tar === undefined) {
      const crew = crewFor('files', image, place, choice, options, (started) => (pool = started), announce);
      const { force, devices, setuid } = options;
      const owners = ownersOption(options);
      return await extractToDirectory(image, target, { ...common, force, devices, setuid, owners, crew });
    }
    const crew = crewFor('tar', image, place, choice, options, (started) => (pool = started), announce);
    const tarOptions = { ...common, crew, nextTurn: () => nextTurn() };
    if (target === '-') {
      return await extractToTar(
        image,
        (bytes) => {
          io.stdout.writeBytes(bytes);
        },
        tarOptions,
      );
    }
    const output = openOutput(target, {
      replaces: options.force === true,
      inputs: readFiles([place.argument], options),
    });
    try {
      const write = (bytes: Uint8Array): void => {
        output.write(bytes);
      };
      const result = await extractToTar(image, write, tarOptions);
      if (result.ended === 'complete') output.commit();
      return result;
    } finally {
      output.discard();
    }
  } finally {
    await (pool as { close(): Promise<void> } | null)?.close();
  }
}

/** Reports what was done, and finds the exit code for it. */
function report(summary: ExtractResult, target: string, options: ExtractCommandOptions, io: Io): number {
  const { problemCounts, problems, differing, ended } = summary;
  if (options.json === true) {
    io.stdout.write(`${jsonText(extractJson(target, summary))}\n`);
  } else {
    const out: TextSink = options.tar === '-' ? io.stderr : io.stdout;
    if (options.quiet !== true) {
      out.write(`${extractedText(summary, printableName(target))}\n`);
      for (const line of leftOutLines(summary.leftOut)) out.write(`skipped: ${line}\n`);
      if (differing.length > 0) {
        out.write(`${plural(differing.length, 'file')} that Linux does not read as stored:\n`);
        for (const path of differing) out.write(`  ${printableName(path)}\n`);
      }
    }
  }
  for (const line of problemLines(problems, problemCounts.image + problemCounts.target)) {
    complain(io, `cramfs extract: ${line}`);
  }
  if (ended === 'interrupted') {
    complain(io, 'cramfs extract: interrupted; the files written so far are complete');
    return EXIT.interrupted;
  }
  if (problemCounts.image > 0) return EXIT.image;
  return problemCounts.target > 0 ? EXIT.findings : EXIT.ok;
}

function limitOptions(options: ExtractCommandOptions): Partial<ExtractLimits> {
  const limits: { -readonly [Key in keyof ExtractLimits]?: number } = {};
  const set = (key: keyof ExtractLimits, text: string | undefined, option: string): void => {
    if (text !== undefined) limits[key] = parseNumber(text, option, null);
  };
  set('maxBytes', options.maxBytes, '--max-bytes');
  set('maxEntries', options.maxEntries, '--max-entries');
  set('maxDepth', options.maxDepth, '--max-depth');
  set('maxRatio', options.maxRatio, '--max-ratio');
  return limits;
}
