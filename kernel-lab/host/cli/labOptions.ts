/**
 * The options of every subcommand that boots a kernel.
 */
import { CramfsError } from '../../../lib/index.ts';
import { complain, grouped, interruptible, EXIT, type Io } from '../../../lib/cli/shared.ts';
import { type Command, Option } from 'commander';
import { AMD64, type Architecture, ARCHITECTURES } from '../architectures.ts';
import type { LabMount } from '../bootPlan.ts';
import { defaultCache, type LabOptions } from '../build.node.ts';

/** The options as commander hands them over. */
export interface KernelOptions {
  readonly arch?: string;
  readonly cramfsSource?: string;
  readonly kernelRelease?: string;
  readonly cache?: string;
  readonly mount?: LabMount;
}

/** Adds --arch, --kernel-release and --cache. */
export function addKernelOptions(command: Command): Command {
  const names = ARCHITECTURES.map(({ name }) => name);
  return grouped(command, 'Kernel:', () =>
    command
      .addOption(new Option('--arch <name>', 'architecture of kernel and machine').choices(names).default(AMD64.name))
      .option(
        '--kernel-release <release>',
        'start of the release, such as 6.1 or 6.12 (default: the kernel of this Debian)',
      )
      .option('--cramfs-source <folder>', "build cramfs from this folder instead of the kernel's own fs/cramfs")
      .option('--cache <folder>', 'folder for packages and kernels (default: in ~/.cache/cramfs-map)'),
  );
}

/** The architecture that --arch names. */
export function architectureOf({ arch }: KernelOptions): Architecture {
  return ARCHITECTURES.find(({ name }) => name === arch) ?? AMD64;
}

/**
 * What is needed to set up the lab; progress is shown on standard error.
 *
 * @throws CramfsError USAGE
 */
function labOptions(options: KernelOptions, io: Io, signal: AbortSignal): LabOptions {
  const { kernelRelease, cache = defaultCache(io.env) } = options;
  if (kernelRelease !== undefined && !/^[0-9]+[.][0-9]+[-+.0-9a-z]*$/.test(kernelRelease)) {
    throw new CramfsError('USAGE', {
      found: `--kernel-release: "${kernelRelease}" does not start like "6.1" or "6.12"`,
    });
  }
  const say = (line: string): void => {
    complain(io, line);
  };
  const { cramfsSource } = options;
  const mounts = (options.mount ?? 'mtd') !== 'mtd';
  return { kernelRelease, cramfsSource, cache, say, signal, architecture: architectureOf(options), mounts };
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
      complain(io, 'interrupted');
      return EXIT.interrupted;
    }
  });
}

/** The exit codes, as help texts end. */
export const LAB_EXIT_CODES = `
Exit codes:
  0 done   1 differences   2 wrong usage   3 a file cannot be read or written,
  or Linux crashes on the image   4 the kernel is unavailable or does not run
  70 internal error   130 interrupted
`;
