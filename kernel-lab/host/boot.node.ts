/**
 * One boot of a virtual machine: images in memory, requests, transcripts.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { CramfsError } from '../../lib/index.ts';
import type { Architecture } from './architectures.ts';
import { type LabRegion, type MachineFiles, planText, qemuArguments, validateRegions } from './bootPlan.ts';
import type { Lab } from './build.node.ts';
import { crashError } from './crash.ts';
import { cpioArchive, type CpioEntry } from './cpio.ts';
import { withLabErrors } from './labErrors.ts';
import { ended } from './programs.node.ts';
import type { LabTranscript } from './record.ts';
import { hasEnded, hasStarted, parseResults, unanswered } from './results.ts';

/** How a boot is done. */
export interface BootOptions {
  /** Ends the virtual machine. */
  readonly signal?: AbortSignal | undefined;
  /** After how long the virtual machine is given up. Default: when it has sent nothing for two minutes. */
  readonly timeoutSeconds?: number | undefined;
}

/** How long a machine may send nothing: on a busy host a boot takes a minute. */
const SILENT_SECONDS = 120;

const DIRECTORY = 0o040755;
const PROGRAM = 0o100755;
const FILE = 0o100644;
const CONSOLE = 0o020600;

/**
 * Boots with images in memory and asks the kernel about each.
 *
 * @param regions up to 64, see validateRegions
 * @returns a transcript for each region, in the same order
 * @throws CramfsError USAGE; KERNEL_OOPS when the kernel crashes; LAB when the virtual machine fails or takes too long;
 *   an AbortError
 */
export function bootLab(lab: Lab, regions: readonly LabRegion[], options: BootOptions = {}): Promise<LabTranscript[]> {
  return withLabErrors(() => boot(lab, regions, options));
}

async function boot(lab: Lab, regions: readonly LabRegion[], options: BootOptions): Promise<LabTranscript[]> {
  const { architecture } = lab;
  validateRegions(regions, architecture);
  const folder = mkdtempSync(join(tmpdir(), 'cramfs-lab-'));
  try {
    const files: MachineFiles = {
      kernel: lab.kernel,
      initramfs: join(folder, 'initramfs'),
      images: regions.map((_, index) => join(folder, `image${index}`)),
      console: join(folder, 'console'),
      results: join(folder, 'results'),
    };
    writeFileSync(files.initramfs, initramfs(lab, planText(regions, architecture)));
    regions.forEach(({ image }, index) => {
      writeFileSync(files.images[index] ?? '', image);
    });
    return await withRetry(files, async () => {
      await runMachine(lab, regions, files, options);
      return transcripts(lab, regions, files);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Runs a machine, once more where it did not come as far as the init program: a busy host now and then makes a kernel
 * fail in its first second. What goes wrong so early does not come of an image.
 */
async function withRetry<T>(files: MachineFiles, runOnce: () => Promise<T>): Promise<T> {
  try {
    return await runOnce();
  } catch (error) {
    if (!(error instanceof CramfsError) || !existsSync(files.results) || hasStarted(bytesOf(files.results)))
      throw error;
    for (const file of [files.console, files.results]) rmSync(file, { force: true });
  }
  return runOnce();
}

/**
 * Boots with one image in memory.
 *
 * @throws CramfsError as {@link bootLab}
 */
export async function bootImage(lab: Lab, region: LabRegion, options: BootOptions = {}): Promise<LabTranscript> {
  const [transcript] = await bootLab(lab, [region], options);
  if (transcript === undefined) throw new CramfsError('LAB', { what: 'sent no transcript' });
  return transcript;
}

function initramfs(lab: Lab, plan: string): Uint8Array {
  const entries: readonly CpioEntry[] = [
    ...['dev', 'proc'].map((name) => ({ name, mode: DIRECTORY })),
    { name: 'dev/console', mode: CONSOLE, device: { major: 5, minor: 1 } },
    { name: 'init', mode: PROGRAM, contents: readFileSync(lab.init) },
    { name: 'plan', mode: FILE, contents: Buffer.from(plan) },
    ...Object.entries(lab.modules).map(([name, file]) => ({
      name: `${name}.ko`,
      mode: FILE,
      contents: readFileSync(file),
    })),
  ];
  return cpioArchive(entries);
}

async function runMachine(
  { qemu, architecture }: Lab,
  regions: readonly LabRegion[],
  files: MachineFiles,
  { signal, timeoutSeconds }: BootOptions,
): Promise<void> {
  const child = spawn(qemu, qemuArguments(regions, files, architecture), {
    signal,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const complaints: Buffer[] = [];
  child.stderr.on('data', (bytes: Buffer) => complaints.push(bytes));
  const late = watch(files, timeoutSeconds, () => child.kill('SIGKILL'));
  try {
    const failed = (found: string, log: readonly string[] = []): CramfsError =>
      new CramfsError('LAB', { what: 'cannot run the virtual machine', found, log });
    const status = await ended(child, qemu, failed);
    if (child.killed) throw lateError(late.reason, regions, files, architecture);
    if (status !== 0) {
      const log = Buffer.concat(complaints).toString('utf8').trimEnd().split('\n');
      throw failed(`${basename(qemu)} ended with status ${String(status)}`, log);
    }
  } finally {
    late.end();
  }
}

const bytesOf = (file: string): Uint8Array => (existsSync(file) ? readFileSync(file) : new Uint8Array(0));
const consoleLines = (files: MachineFiles): string[] =>
  Buffer.from(bytesOf(existsSync(files.console) ? files.console : files.results))
    .toString('latin1')
    .split(/[\r\n]+/);

/** Watches a machine, and gives it up when its time is over, or when it sends nothing. */
function watch(files: MachineFiles, timeoutSeconds: number | undefined, giveUp: () => void) {
  const seconds = timeoutSeconds ?? SILENT_SECONDS;
  const sent = (): number => [files.console, files.results].reduce((sum, file) => sum + sizeOf(file), 0);
  let [last, silent] = [0, 0];
  const timer = setInterval(
    () => {
      const now = timeoutSeconds === undefined ? sent() : last;
      silent = now === last ? silent + 1 : 0;
      last = now;
      if (silent >= CHECKS) giveUp();
    },
    (seconds * 1000) / CHECKS,
  );
  const done = timeoutSeconds === undefined ? 'sent nothing for' : 'was not done after';
  return {
    reason: `the virtual machine ${done} ${String(seconds)} s`,
    end: (): void => {
      clearInterval(timer);
    },
  };
}

/** How often a machine is looked at until it is given up. */
const CHECKS = 20;
const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

function lateError(
  reason: string,
  regions: readonly LabRegion[],
  files: MachineFiles,
  architecture: Architecture,
): CramfsError {
  const request = unanswered(bytesOf(files.results), regions, architecture);
  const at = request === undefined ? '' : `, asked to ${request}`;
  const log = consoleLines(files)
    .filter((line) => line !== '')
    .slice(-10);
  return new CramfsError('LAB', {
    what: 'gave up',
    found: `${reason}${at}`,
    log,
  });
}

/** A kernel that crashes before the init program. */
function startError({ details }: CramfsError): CramfsError {
  const { found, log } = details;
  return new CramfsError('LAB', { what: 'cannot start its kernel', found, log });
}

function transcripts({ architecture }: Lab, regions: readonly LabRegion[], files: MachineFiles): LabTranscript[] {
  const results = bytesOf(files.results);
  if (architecture.outlivesOops === true && hasEnded(results)) return parseResults(results, regions, architecture);
  const crash = crashError(consoleLines(files), unanswered(results, regions, architecture));
  if (crash !== undefined) throw hasStarted(results) ? crash : startError(crash);
  return parseResults(results, regions, architecture);
}
