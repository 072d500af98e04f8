/**
 * The options of every subcommand that boots a kernel.
 */
import { CramfsError } from '../../../lib/index.ts';
import { interruptible, EXIT, type Io } from '../../../lib/cli/shared.ts';
import { type Command, Option } from 'commander';
import { AMD64, type Architecture, ARCHITECTURES } from '../architectures.ts';
import { defaultCache, type LabOptions } from '../build.node.ts';

/** The options as commander hands them over. */
export interface KernelOptions {
  readonly arch?: string;
  readonly cramfsSource?: string;
  readonly kernelRelease?: string;
  readonly cache?: string;
}

/** Adds --arch, --kernel-release and --cache. */
export function addKernelOptions(command: Command): Command {
  const names = ARCHITECTURES.map(({ name }) => name);
  return command
    .addOption(new Option('--arch <name>', 'architecture of kernel and machine').choices(names).default(AMD64.name))
    .option('--kernel-release <release>', 'how the release begins, as 6.1 or 6.12 (default: the kernel of this Debian)')
    .option('--cramfs-source <folder>', "build cramfs of this folder in place of the kernel's own fs/cramfs")
    .option('--cache <folder>', 'where packages and kernels are kept (default: in ~/.cache/cramfs-map)');
}

/** The architecture that --arch names. */
export function architectureOf({ arch }: KernelOptions): Architecture {
  return ARCHITECTURES.find(({ name }) => name === arch) ?? AMD64;
}

/**
 * What is needed to set up the lab; what is being done is told on standard error.
 *
 * @throws CramfsError USAGE
 */
function labOptions(options: KernelOptions, io: Io, signal: AbortSignal): LabOptions {
  const { kernelRelease, cache = defaultCache(io.env) } = options;
  if (kernelRelease !== undefined && !/^[0-9]+[.][0-9]+[-+.0-9a-z]*$/.test(kernelRelease)) {
    throw new CramfsError('USAGE', { found: `--kernel-release: "${kernelRelease}" does not begin as "6.1" or "6.12"` });
  }
  const say = (line: string): void => {
    io.stderr.write(`${line}\n`);
  };
  const { cramfsSource } = options;
  return { kernelRelease, cramfsSource, cache, say, signal, architecture: architectureOf(options) };
}

/**
 * Does work with a kernel, which Ctrl-C ends.
 *
 * @param work is told by its AbortSignal
 */
export function withKernel(
  options: KernelOptions,
  io: Io,
  work: (lab: LabOptions, signal: AbortSignal) => Promise<number>,
): Promise<number> {
  return interruptible(async (signal) => {
    try {
      return await work(labOptions(options, io, signal), signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      io.stderr.write('interrupted\n');
      return EXIT.interrupted;
    }
  });
}

/** The exit codes, as help texts end. */
export const LAB_EXIT_CODES = `
Exit codes:
  0 done   1 differences   2 wrong usage   3 the image cannot be read, or Linux
  crashes on it   4 the kernel cannot be had or run   70 a bug of ours
  130 interrupted
`;
