/** `cramfs-lab setup`: gets a kernel and makes it ready. */
import type { Command } from 'commander';
import { prepareLab, updateLab } from '../build.node.ts';
import { EXIT, type Io } from '../../../lib/cli/shared.ts';
import { addKernelOptions, type KernelOptions, LAB_EXIT_CODES, withKernel } from './labOptions.ts';

interface SetupOptions extends KernelOptions {
  readonly downloadOnly?: boolean;
}

const NOTES = `
Programs that are missing are installed: qemu-system-x86, gcc, make, libc6-dev,
libelf1, xz-utils, zstd. The kernel's packages are only downloaded: image,
headers and source. docs/kernel-lab.md has their sizes.
`;

/** Adds the options of the command, and what it does. `done` gets the exit code. */
export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  return addKernelOptions(command)
    .description(
      'Gets the newest kernel that Debian offers and makes it ready to boot. The others do so by themselves.',
    )
    .option('--download-only', 'get everything and stop')
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
