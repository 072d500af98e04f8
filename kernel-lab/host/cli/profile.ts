/** `cramfs-lab profile IMAGE PROGRAM…`: the trace of the pages that programs use, by a real kernel. */
import { CRAMFS_FLAG_EXT_BLOCK_POINTERS } from '../../../lib/format.ts';
import { CramfsImage } from '../../../lib/index.ts';
import { addForceOption, complain, EXIT, GROUPS, grouped, type Io, writeOutput } from '../../../lib/cli/shared.ts';
import type { Command } from 'commander';
import { bootImage } from '../boot.node.ts';
import { PAGE_SIZE } from '../bootPlan.ts';
import { prepareLab } from '../build.node.ts';
import { capturedText, captureRequests } from './captures.ts';
import { addKernelOptions, LAB_EXIT_CODES, withKernel } from './labOptions.ts';
import { addMountOption, addRegionOptions, openRegion, type RegionOptions } from './region.ts';

interface ProfileOptions extends RegionOptions {
  readonly output?: string;
  readonly force?: boolean;
}

const NOTES = `
Examples:
  cramfs-lab profile plain.cramfs /bin/app -o app.trace
  cramfs profile plain.cramfs app.trace

Each PROGRAM runs with the image as its root and the page cache dropped before;
put one with arguments in quotes. Direct pages make no events: record on an
image without direct blocks, as "cramfs mkfs fw.cramfs plain.cramfs" builds it.
`;

/** Adds the arguments and options of the command, and what it does. `done` gets the exit code. */
export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  grouped(command, GROUPS.output, () =>
    command.option('-o, --output <file>', 'write the capture to a file (default: standard output)'),
  );
  return addMountOption(addKernelOptions(addRegionOptions(addForceOption(command))))
    .description('Boot a real kernel and record which pages of an image programs use, for "cramfs profile"')
    .argument('<programs...>', 'paths of programs in the image')
    .addHelpText('after', NOTES)
    .addHelpText('after', LAB_EXIT_CODES)
    .action(async (file: string, programs: readonly string[], options: ProfileOptions) => {
      const region = openRegion(file, options, io, () => captureRequests(programs, 'trace'));
      if (CramfsImage.open(region.image, { pageSize: PAGE_SIZE }).hasFlag(CRAMFS_FLAG_EXT_BLOCK_POINTERS)) {
        complain(io, `cramfs-lab profile: ${file} may have direct blocks, whose pages make no events`);
      }
      const run = withKernel(options, io, async (wanted, signal) => {
        const text = capturedText(await bootImage(await prepareLab(wanted), region, { signal }), io);
        const { output, force } = options;
        if (output === undefined) io.stdout.write(text);
        else await writeOutput(output, Buffer.from(text), { replaces: force === true, inputs: [file] });
        return EXIT.ok;
      });
      done(await run);
    });
}
