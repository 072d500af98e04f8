/** `cramfs-lab setup`: gets a kernel and makes it ready. */
import type { Command } from 'commander';
import { prepareLab, updateLab } from '../build.node.ts';
import { EXIT, type Io } from '../../../lib/cli/shared.ts';
import { addKernelOptions, type KernelOptions, LAB_EXIT_CODES, withKernel } from './labOptions.ts';

interface SetupOptions extends KernelOptions {
  readonly downloadOnly?: boolean;
}

const NOTES = `
Examples:
  cramfs-lab setup
  cramfs-lab setup --arch armhf --download-only
  cramfs-lab setup --arch riscv64

Missing programs are installed: qemu-system-x86, gcc, make, libc6-dev, libelf1,
xz-utils, zstd. The kernel's packages (image, headers, source) are downloaded
only. docs/kernel-lab.md has their sizes. For riscv64, Debian has no kernel: one
is built from its source, which takes 6 minutes of processor time, once.
`;

/** Adds the options of the command, and what it does. `done` gets the exit code. */
export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  return addKernelOptions(command)
    .description('Download the newest Debian kernel and prepare it for booting; other commands do this when needed')
    .option('--download-only', 'download only')
    .addHelpText('after', NOTES)
    .addHelpText('after', LAB_EXIT_CODES)
    .action(async (options: SetupOptions) => {
      done(
        await withKernel(options, io, async (lab) => {
          const { release } = await updateLab(lab);
          if (options.downloadOnly !== true) await prepareLab(lab);
          io.stdout.write(`${release}\n`);
          return EXIT.ok;
        }),
      );
    });
}
