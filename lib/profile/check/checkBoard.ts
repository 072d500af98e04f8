/**
 * What a running board shows of its mappings, compared with what the model of the board promised; and if they differ, why.
 */
import { CramfsError } from '../../base/errors.ts';
import type { CramfsImage } from '../../image/image.ts';
import type { Board, BoardOptions } from '../../verdict/board.ts';
import type { Machine } from '../../verdict/machine.ts';
import { type Capture, CaptureCounts, type CaptureReport } from '../capture.ts';
import type { DeviceChoice } from '../devices.ts';
import { imageIndex } from '../fileIndex.ts';
import { captureKind } from '../readCaptures.ts';
import { type Cause, type FlashImage, Scenarios } from './causes.ts';
import { type Difference, differences, showsAttributes } from './compare.ts';
import type { Prediction } from './predict.ts';
import { pathFinder, type SeenProcess, type SeenProcesses, seenProcesses } from './seenProcesses.ts';
import { unkeptPromise } from './unkeptPromise.ts';

/** What is to be checked. */
export interface CheckRequest {
  /** The image that was promised to be in flash. */
  readonly image: CramfsImage;
  /** maps or smaps. */
  readonly capture: Capture;
  /** The board that was promised. */
  readonly board: BoardOptions;
  /** The image's device, as "31:0". Default: found out. */
  readonly device?: DeviceChoice | undefined;
  /** Images that may be in flash instead. */
  readonly variants?: readonly FlashImage[] | undefined;
}

/** A process, seen and predicted. */
export interface CheckedProcess {
  readonly program: string;
  /** Line of the capture where it begins. */
  readonly line: number;
  /** Processes of the capture that look the same. */
  readonly count: number;
  /** Mappings of files of the image that the board shows. */
  readonly mappings: number;
  /** Pages of files in the predicted mappings, and of these the direct ones. */
  readonly pages: number;
  readonly directPages: number;
  /** Why the prediction is not certain. */
  readonly uncertain: readonly string[];
  readonly differences: readonly Difference[];
}

/** Something to know besides. */
export type CheckNote =
  /** VmFlags show "ar" or do not, unlike the kernel that was promised: the same mappings, by another kernel. */
  | { readonly kind: 'page-attributes'; readonly shown: boolean }
  /** Several causes fit, and the kernel's log would say which: it shows whether Linux has direct access, and where. */
  | { readonly kind: 'no-log' }
  /** A capture of maps has neither VmFlags nor Rss: mixed maps cannot be seen. */
  | { readonly kind: 'only-maps' };

/** The result. */
export interface BoardCheck {
  readonly ok: boolean;
  readonly machine: Machine;
  readonly capture: CaptureReport;
  readonly processes: readonly CheckedProcess[];
  /** Files of the device that the image does not have. */
  readonly foreign: readonly string[];
  /** Null where the board does what was promised. */
  readonly cause: Cause | null;
  /** Other causes that predict the same. */
  readonly alternatives: readonly Cause[];
  readonly notes: readonly CheckNote[];
}

/**
 * Checks a capture.
 *
 * @throws CramfsError USAGE for a file that is neither maps nor smaps, one without a file of the image, and a kernel without an
 *   MMU; LIMIT; IO; damage of the image's tree
 */
export function checkBoard({ image, capture, board, device = null, variants = [] }: CheckRequest): BoardCheck {
  const kind = captureKind(capture.bytes);
  if (kind !== 'maps' && kind !== 'smaps') usage(`${capture.name} is not text of /proc/PID/maps or smaps`);
  const counts = new CaptureCounts();
  const files = imageIndex(image);
  const seen = seenProcesses(
    capture.bytes,
    pathFinder((path) => files.byPath(path) !== null),
    device,
    counts,
  );
  if (seen.processes.length === 0) usage(`no mapping in ${capture.name} is of a file that the image has`);
  const scenarios = new Scenarios([{ image, variant: null }, ...variants], board, seen);
  const { promised } = scenarios;
  if (!promised.board.machine.hasMmu)
    usage(`the kernel model ${promised.board.kernel.name} has no MMU: there is nothing to check in smaps`);
  const pairs = seen.processes.map((process) => ({ process, prediction: scenarios.predict(promised, process) }));
  const processes = pairs.map(({ process, prediction }) => checked(process, prediction, promised.board));
  const causes = causesOf(processes, seen, scenarios, pairs);
  const [cause = null, ...alternatives] = causes;
  const pages = processes.reduce((sum, { directPages }) => sum + directPages, 0);
  return {
    ok: cause === null,
    machine: promised.board.machine,
    capture: counts.report(capture.name, kind, seen.device, pages),
    processes,
    foreign: seen.foreign,
    cause,
    alternatives,
    notes:
      cause === null
        ? notesOf(kind, pairs)
        : seen.physBase === null && alternatives.length > 0
          ? [{ kind: 'no-log' }]
          : [],
  };
}

interface Pair {
  readonly process: SeenProcess;
  readonly prediction: Prediction;
}

function checked(process: SeenProcess, prediction: Prediction, board: Board): CheckedProcess {
  const mappings = [...prediction.objects.values()].flatMap((object) => object.mappings);
  return {
    program: process.program,
    line: process.line,
    count: process.count,
    mappings: process.objects.reduce((sum, object) => sum + object.mappings.length, 0),
    pages: mappings.reduce((sum, { pages }) => sum + pages, 0),
    directPages: mappings.reduce((sum, { directPages }) => sum + directPages, 0),
    uncertain: prediction.uncertain,
    differences: differences(process, prediction, board.machine.pageSize),
  };
}

/** Empty where the board does what was promised, and that is worth something. */
function causesOf(
  processes: readonly CheckedProcess[],
  { foreign }: SeenProcesses,
  scenarios: Scenarios,
  pairs: readonly Pair[],
): readonly Cause[] {
  const all = processes.flatMap((process) => process.differences);
  if (all.length === 0 && foreign.length === 0) {
    const predictions = pairs.map(({ prediction }) => prediction);
    const broken = unkeptPromise(scenarios.promised, predictions, (physBase) => scenarios.predictAt(physBase));
    return broken === null ? [] : [[broken]];
  }
  // Whatever else was built of the same files does not have a file more.
  const causes = foreign.length > 0 ? [] : scenarios.causes();
  if (causes.length > 0) return oneOfEachKind(causes);
  const isOtherImage = foreign.length > 0 || all.some(({ kind }) => kind === 'inode');
  return [[isOtherImage ? { kind: 'image', variant: null } : { kind: 'unknown' }]];
}

/** Of causes of the same kinds, such as several kernels, the likeliest. */
function oneOfEachKind(causes: readonly Cause[]): Cause[] {
  const kinds = new Map<string, Cause>();
  for (const cause of causes) {
    const key = cause
      .map((change) => (change.kind === 'image' ? `image ${String(change.variant)}` : change.kind))
      .join();
    if (!kinds.has(key)) kinds.set(key, cause);
  }
  return [...kinds.values()];
}

function notesOf(kind: 'maps' | 'smaps', pairs: readonly Pair[]): CheckNote[] {
  if (kind === 'maps') return [{ kind: 'only-maps' }];
  const seen = pairs.flatMap(({ process }) =>
    process.objects.flatMap(({ mappings }) => mappings.flatMap(({ smaps }) => smaps?.vmFlags ?? [])),
  );
  const predicted = pairs.flatMap(({ prediction }) =>
    [...prediction.objects.values()].flatMap(({ mappings }) => mappings.map(({ vmFlags }) => new Set(vmFlags))),
  );
  const [shown, promised] = [showsAttributes(seen), showsAttributes(predicted)];
  return shown === null || promised === null || shown === promised ? [] : [{ kind: 'page-attributes', shown }];
}

function usage(found: string): never {
  throw new CramfsError('USAGE', { found });
}
