/** Running other programs, and finding them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { CramfsError } from '../../lib/index.ts';

/** How a program is run. */
export interface RunOptions {
  readonly cwd?: string | undefined;
  /** Variables in addition to this process's own. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Ends the program. */
  readonly signal?: AbortSignal | undefined;
  /** Standard input. */
  readonly input?: Uint8Array | undefined;
  /** What to say that failed: "cannot build the modules". Default: the program's name. */
  readonly what?: string | undefined;
}

/** Lines of a failing program's output that an error tells. */
const LINES_TOLD = 15;

/**
 * Runs a program to its end.
 *
 * @returns what it wrote on standard output
 * @throws CramfsError LAB when it is not there or fails; an AbortError
 */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Buffer> {
  const { cwd, env, signal, input, what = `cannot run ${program}` } = options;
  const failed = (found: string, log: readonly string[] = []): CramfsError =>
    new CramfsError('LAB', { what, found, log });
  const child = spawn(program, [...args], {
    cwd,
    signal,
    env: { ...process.env, LC_ALL: 'C', ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const stdout: Buffer[] = [];
  const all: Buffer[] = [];
  child.stdout?.on('data', (bytes: Buffer) => {
    stdout.push(bytes);
    all.push(bytes);
  });
  child.stderr?.on('data', (bytes: Buffer) => all.push(bytes));
  // A program that has seen enough closes its input.
  child.stdin?.on('error', () => undefined).end(input);
  const status = await ended(child, program, failed);
  if (status === 0) return Buffer.concat(stdout);
  const log = Buffer.concat(all).toString('utf8').trimEnd().split('\n').slice(-LINES_TOLD);
  throw failed(`${program} ended with status ${String(status)}`, log);
}

/**
 * Waits for the end of a program.
 *
 * @returns its exit status, or null where a signal ended it
 */
export function ended(
  child: ChildProcess,
  program: string,
  failed: (found: string) => CramfsError,
): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.name === 'AbortError') reject(error);
      else reject(failed(error.code === 'ENOENT' ? `${program} is not installed` : error.message));
    });
    child.on('close', resolve);
  });
}

/** Where a program is found on PATH or where administrators have theirs; undefined if nowhere. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
