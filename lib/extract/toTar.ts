/**
 * An image as a tar archive: everything in it, in the order of the image, times 0, so that the same image always gives
 * the same archive.
 */
import type { CramfsImage } from '../image/image.ts';
import { shownPath } from '../format/shownPath.ts';
import type { WalkEntry } from '../inspect/walk.ts';
import type { Crew } from './crew.ts';
import { contentReader } from './fileContent.ts';
import { nothingLeftOut } from './ownership.ts';
import { ProblemList } from './problem.ts';
import { type Choice, safeWalk, survey, type Survey } from './safeWalk.ts';
import { runTarBatch, type TarBatch, type TarBatchResult } from './tarBatch.ts';
import { TAR_BLOCK } from '../tar/tarFormat.ts';
import type { ExtractResult, Progress } from './result.ts';

/** How to make an archive. */
export interface TarOptions extends Choice {
  /** Take what Linux's read(2) gives in place of what is stored. Default: false. */
  readonly asLinuxReads?: boolean | undefined;
  /** Starts threads that inflate, once it is known what there is to do. Default: this thread does it. */
  readonly crew?: ((total: Survey) => Crew<TarBatch, TarBatchResult> | null) | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Ends the archive between two files. */
  readonly signal?: AbortSignal | undefined;
  /** Lets the event loop turn: messages of the crew come in then. Default: a macrotask. */
  readonly nextTurn?: (() => Promise<unknown>) | undefined;
}

/** A batch is full with so many bytes or entries. */
const BATCH_BYTES = 1 << 20;
const BATCH_ENTRIES = 256;
/** Finished pieces that wait for one before them, in bytes of their files: a bound on memory. */
const MAX_AHEAD_BYTES = 32 << 20;
/** GNU tar ends archives with two blocks of zeros, and fills up to a record of 20 blocks. */
const RECORD_BYTES = 20 * TAR_BLOCK;

interface Pending {
  readonly entries: readonly WalkEntry[];
  readonly bytes: number;
  result: TarBatchResult | null;
}

/**
 * Writes an archive, piece by piece.
 *
 * @param write takes the next bytes of the archive; errors of it are thrown on
 * @throws CramfsError LIMIT, NOT_FOUND, USAGE, BAD_STRUCTURE, MOUNT_REFUSED before anything is written; IO
 */
export async function extractToTar(
  image: CramfsImage,
  write: (bytes: Uint8Array) => void,
  options: TarOptions = {},
): Promise<ExtractResult> {
  const context = { image, read: contentReader(image, options.asLinuxReads === true) };
  const total = survey(image, options);
  const crew = options.crew?.(total) ?? null;
  const nextTurn = options.nextTurn ?? macrotask;
  const problems = new ProblemList();
  const leftOut = nothingLeftOut();
  const differing: string[] = [];
  const counts = { files: 0, directories: 0, symlinks: 0, specials: 0, bytes: 0 };
  const isStopped = (): boolean => options.signal?.aborted === true;
  let written = 0;
  let ahead = 0;
  const queue: Pending[] = [];

  const put = (bytes: Uint8Array): void => {
    write(bytes);
    written += bytes.length;
  };
  /** Writes the pieces whose turn it is. */
  const drain = (): void => {
    for (let first = queue[0]; first !== undefined; first = queue[0]) {
      const { entries, result } = first;
      if (result === null) return;
      queue.shift();
      ahead -= first.bytes;
      put(result.archive);
      for (const key of Object.keys(counts) as (keyof typeof counts)[]) counts[key] += result.counts[key];
      leftOut.sockets += result.sockets;
      for (const { index, ...failure } of result.failures) {
        problems.add({ blame: 'image', ...failure, path: shownPath(entries[index]?.path ?? '') });
      }
      for (const index of result.differing) differing.push(entries[index]?.path ?? '');
      options.onProgress?.({ bytes: counts.bytes, total });
    }
  };
  const submit = async (entries: readonly WalkEntry[], bytes: number): Promise<void> => {
    if (entries.length === 0) return;
    const batch = { positions: entries.map((entry) => entry.inode.position), names: entries.map(archiveName) };
    const pending: Pending = { entries, bytes, result: null };
    queue.push(pending);
    ahead += bytes;
    const done = (result: TarBatchResult): void => {
      pending.result = result;
    };
    if (crew?.tryStart(batch, done) !== true) done(runTarBatch(context, batch));
    await nextTurn();
    drain();
    // The first of the queue is somebody else's: wait for it rather than pile up what comes behind it.
    if (ahead > MAX_AHEAD_BYTES) {
      await crew?.idle();
      drain();
    }
  };

  let entries: WalkEntry[] = [];
  let bytes = 0;
  const walked = safeWalk(image, {
    ...options,
    onProblem: (problem) => {
      problems.add(problem);
    },
  });
  try {
    for (const entry of walked) {
      entries.push(entry);
      if (entry.inode.type === 'file') bytes += entry.inode.size;
      if (bytes < BATCH_BYTES && entries.length < BATCH_ENTRIES) continue;
      await submit(entries, bytes);
      entries = [];
      bytes = 0;
      if (isStopped()) break;
    }
    if (!isStopped()) await submit(entries, bytes);
  } finally {
    if (isStopped()) crew?.stop();
    await crew?.idle();
  }
  drain();
  // What ends early must not look whole.
  if (!isStopped()) {
    put(new Uint8Array(2 * TAR_BLOCK));
    put(new Uint8Array((RECORD_BYTES - (written % RECORD_BYTES)) % RECORD_BYTES));
  }
  const { kept, counts: problemCounts } = problems;
  const ended = isStopped() ? 'interrupted' : 'complete';
  return { ...counts, problems: kept, problemCounts, leftOut, differing, ended };
}

const SLASH = 0x2f;
const DOT = 0x2e;

/** The name in the archive: the path behind "./", which is the root's own name. */
function archiveName(entry: WalkEntry): Uint8Array {
  if (entry.parent === null) return Uint8Array.of(DOT);
  const name = new Uint8Array(entry.pathBytes + 1);
  let end = name.length;
  for (let at: WalkEntry = entry; at.parent !== null; at = at.parent) {
    end -= at.nameBytes.length;
    name.set(at.nameBytes, end);
    end -= 1;
    name[end] = SLASH;
  }
  name[0] = DOT;
  return name;
}

function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}
