/**
 * The options of every subcommand that boots a kernel.
 */
import type { Command } from 'commander';
import { CramfsError } from '../../errors.ts';
import { defaultCache, type LabOptions } from '../../lab/build.node.ts';
import type { Io } from '../io.ts';

/** The options as commander hands them over. */
export interface KernelOptions {
  readonly kernelRelease?: string;
  readonly cache?: string;
}

/** Adds --kernel-release and --cache. */
export function addKernelOptions(command: Command): Command {
  return command
    .option('--kernel-release <release>', 'how the release begins, as 6.1 or 6.12 (default: the kernel of this Debian)')
    .option('--cache <folder>', 'where packages and kernels are kept (default: in ~/.cache/cramfs-map)');
}

/**
 * What is needed to set up the lab; what is being done is told on standard error.
 *
 * @throws CramfsError USAGE
 */
export function labOptions(options: KernelOptions, io: Io, signal: AbortSignal): LabOptions {
  const { kernelRelease, cache = defaultCache(io.env) } = options;
  if (kernelRelease !== undefined && !/^[0-9]+[.][0-9]+[-+.0-9a-z]*$/.test(kernelRelease)) {
    throw new CramfsError('USAGE', { found: `--kernel-release: "${kernelRelease}" does not begin as "6.1" or "6.12"` });
  }
  const say = (line: string): void => {
    io.stderr.write(`${line}\n`);
  };
  return { kernelRelease, cache, say, signal };
}

/** The exit codes, as help texts end. */
export const LAB_EXIT_CODES = `
Exit codes:
  0 done   1 differences   2 wrong usage   3 the image cannot be read, or Linux
  crashes on it   4 the kernel cannot be had or run   70 a bug of ours
  130 interrupted
`;
