/**
 * The thread that runs whole commands on images that the project's own writer makes, and learns: an image that reaches code
 * that none has reached is kept, and changed further.
 */
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { buildRawImage, type RawBlock, type RawEntry, type RawImageSpec } from '../../__tests__/support/rawImage.ts';
import { CramfsError } from '../../lib/base/errors.ts';
import { runCramfs } from '../../lib/cli/cramfs.ts';
import type { Io, TextSink } from '../../lib/cli/io.ts';
import { crc32 } from '../../lib/format/crc32.ts';
import { type Random, randomFrom } from './mutate.ts';

interface Setup {
  readonly seed: number;
  /** When to end, in ms since the epoch. */
  readonly until: number;
  readonly folder: string;
  readonly corpus: readonly Uint8Array[];
}

/** Text that a command may print; more is an error. */
const MAX_OUTPUT = 64 << 20;
const MAX_IMAGE = 4096;
/** Images that run before it is asked whether they reached new code; all of them are kept then. */
const BATCH = 16;
/** One field of so many is wrong. */
const FAULT_RATE = 24;
/** Milliseconds that a command may take on such an image. */
const TIME_LIMIT = 10_000;
/** Byte offset of the CRC in a superblock. */
const CRC_OFFSET = 32;

const { seed, until, folder, corpus: given } = workerData as Setup;
const random = randomFrom(seed);
const image = join(folder, `${seed}.img`);
const built = join(folder, `${seed}.out`);
const corpus: Uint8Array[] = [...given];
const session = new Session();
session.connect();
/** Pieces of code that ran, all of them in one bundle. */
const seen = new Set<number>();
let covered = 0;
let executions = 0;
let commands = 0;

/** Asks the inspector, which answers at once in its own thread. */
function post(method: string, parameters: object = {}): unknown {
  let answer: unknown = null;
  session.post(method, parameters, (_error: Error | null, result: unknown) => {
    answer = result;
  });
  return answer;
}

/** A piece of code, by the offsets of its text in the bundle. */
interface Range {
  readonly count: number;
  readonly startOffset: number;
  readonly endOffset: number;
}

interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly { readonly ranges: readonly Range[] }[];
  }[];
}

/** Pieces of our code that ran for the first time. */
function newlyCovered(): number {
  const taken = post('Profiler.takePreciseCoverage') as Coverage | null;
  let pieces = 0;
  for (const { url, functions } of taken?.result ?? []) {
    if (!url.startsWith('file:')) continue;
    for (const { ranges } of functions) {
      for (const { count, startOffset, endOffset } of ranges) {
        const key = startOffset * 0x2000000 + endOffset;
        if (count === 0 || seen.has(key)) continue;
        seen.add(key);
        pieces++;
      }
    }
  }
  return pieces;
}

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(...argv: string[]): Promise<Ran> {
  const written = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr'): TextSink => ({
    isTTY: false,
    columns: undefined,
    write: (text) => {
      written[name] += text;
      if (written[name].length > MAX_OUTPUT) throw new Error(`more than ${MAX_OUTPUT} characters of output`);
    },
    writeBytes: () => undefined,
  });
  const io: Io = { stdout: sink('stdout'), stderr: sink('stderr'), stdin: -1, env: {} };
  commands++;
  const began = Date.now();
  const code = await runCramfs(argv, io);
  const result = { code, ...written };
  const command = argv.join(' ');
  expect(code >= 0 && code <= 3, `"${command}" ends with ${code}: ${written.stderr.slice(0, 300)}`);
  expect(Date.now() - began < TIME_LIMIT, `"${command}" takes more than ${TIME_LIMIT} ms`);
  const isJson = argv.includes('--json');
  // JSON may hold what is no control character to it, such as U+009B.
  const text = (isJson ? '' : written.stdout) + written.stderr;
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  expect(!/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(text), `"${command}" prints control characters`);
  if (isJson) JSON.parse(written.stdout);
  return result;
}

function expect(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}

/** One image under the commands; what they say must fit together. */
async function judge(): Promise<void> {
  const check = await run('check', '--json', image);
  const text = random(4) === 0 ? await run('check', image) : check;
  expect(text.code === check.code, 'check and check --json end differently');
  const isClean = check.code === 0;
  switch (random(6)) {
    case 0: {
      const diff = await run('diff', '--json', image, image);
      if (isClean) expect(diff.code === 0, `diff of a sound image with itself ends with ${diff.code}`);
      return;
    }
    case 1: {
      const made = await run('mkfs', image, built);
      if (made.code === 0) expect((await run('check', built)).code === 0, 'mkfs builds what check refuses');
      return;
    }
    case 2:
      await run('audit', '--json', '--threads', '1', image);
      return;
    case 3:
      await run('describe', image);
      await run('info', image);
      return;
    case 4:
      await run('ls', '-R', '-l', image);
      await run('compare-kernels', '--json', image, 'linux-4.15');
      return;
    default: {
      const extract = await run('extract', '--tar', '/dev/null', image);
      if (isClean) expect(extract.code !== 3, `check is clean, extract: ${extract.stderr.slice(0, 200)}`);
    }
  }
}

const pick = <T>(random_: Random, list: readonly T[]): T => list[random_(list.length)] as T;
const isFault = (): boolean => random(FAULT_RATE) === 0;
const bytesOf = (length: number): Uint8Array =>
  Uint8Array.from({ length }, () => pick(random, [0, 65, 27, random(256)]));

function randomBlock(): RawBlock {
  const kind = pick(random, ['zlib', 'stored', 'direct', 'direct-zlib', 'hole'] as const);
  const data = bytesOf(random(64) + 1);
  return {
    kind,
    data,
    reserve: data.length,
    at: kind === 'direct' ? { alignTo: 4 } : undefined,
    stored: isFault() && kind === 'zlib' ? bytesOf(random(20) + 2) : undefined,
    pointer: isFault() ? pick(random, [0, 0xffff_ffff, 0xc000_0000, random(8192)]) : undefined,
  };
}

function randomEntry(depth: number): RawEntry {
  const name = isFault() ? bytesOf(random(12)) : pick(random, ['a', 'b', 'link', 'x.so', 'sh', 'long-name']);
  const inode = isFault()
    ? pick(random, [
        { offset: random(2048) * 4 },
        { size: pick(random, [0, 1, 9000, 0xff_ffff]) },
        { namelen: random(64) * 4 },
      ])
    : {};
  const kind = random(depth > 2 ? 4 : 6);
  if (kind > 3) return { type: 'directory', name, inode, entries: randomEntries(depth + 1) };
  if (kind === 3)
    return { type: 'node', name, inode, mode: pick(random, [0o010644, 0o020666, 0o140777]), size: random(99) };
  const isLink = kind === 2;
  const target = {
    kind: 'zlib' as const,
    data: isFault() ? bytesOf(9) : Buffer.from(pick(random, ['a', '../b', '/sh'])),
  };
  return { type: isLink ? 'symlink' : 'file', name, inode, blocks: isLink ? [target] : [randomBlock()] };
}

function randomEntries(depth: number): RawEntry[] {
  return Array.from({ length: random(4) + (depth === 0 ? 1 : 0) }, () => randomEntry(depth));
}

/** An image from the writer; null where the description contradicts itself. */
function written(): Uint8Array | null {
  const spec: RawImageSpec = {
    entries: randomEntries(0),
    littleEndian: random(4) !== 0,
    superblock: isFault()
      ? pick(random, [{ size: random(8192) }, { files: random(9) }, { name: bytesOf(16) }, { flags: random(0x10000) }])
      : {},
  };
  try {
    return buildRawImage(spec);
  } catch (error) {
    if (error instanceof CramfsError) return null;
    throw error;
  }
}

/** An image of the corpus with a few words changed, and mostly with the right CRC. */
function changed(): Uint8Array {
  const bytes = pick(random, corpus).slice();
  const view = new DataView(bytes.buffer);
  for (let left = random(4) + 1; left > 0; left--) {
    const at = random(Math.min(bytes.length, 512) - 4);
    if (random(2) === 0) bytes[at] = pick(random, [0, 1, 0xff, random(256)]);
    else
      view.setUint32(
        at & ~3,
        pick(random, [0, view.getUint32(at & ~3) + 1, view.getUint32(at & ~3) ^ (1 << random(31))]),
      );
  }
  const isLittle = bytes[0] === 0x45;
  view.setUint32(CRC_OFFSET, 0);
  if (random(8) !== 0) view.setUint32(CRC_OFFSET, crc32(bytes), isLittle);
  return bytes;
}

async function execute(bytes: Uint8Array): Promise<void> {
  writeFileSync(image, bytes);
  executions++;
  try {
    await judge();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    parentPort?.postMessage({ kind: 'failure', message: message.replaceAll(folder, ''), bytes });
  }
}

post('Profiler.enable');
post('Profiler.startPreciseCoverage', { callCount: false, detailed: true });
const cpuBegan = process.cpuUsage();
/** Images since coverage was last taken: taking it costs as much as several commands. */
let batch: Uint8Array[] = [];
while (Date.now() < until) {
  const bytes = corpus.length > 0 && random(2) === 0 ? changed() : written();
  if (bytes === null || bytes.length > MAX_IMAGE) continue;
  await execute(bytes);
  batch.push(bytes);
  if (batch.length < BATCH) continue;
  const pieces = newlyCovered();
  covered += pieces;
  if (pieces > 0) corpus.push(...batch);
  batch = [];
}
const { user, system } = process.cpuUsage(cpuBegan);
parentPort?.postMessage({ kind: 'end', executions, commands, covered, corpus, cpuSeconds: (user + system) / 1e6 });
