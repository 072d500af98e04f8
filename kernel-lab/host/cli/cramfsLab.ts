/**
 * `cramfs-lab`: a real kernel beside the emulation.
 */
import { type Subcommand, type Io, runSubcommand, type SubcommandProgram } from '../../../lib/cli/shared.ts';

/** The subcommands, in the order of the help. */
const SUBCOMMANDS: readonly Subcommand[] = [
  {
    name: 'run',
    summary: 'boot a kernel with an image and tell what it does',
    load: () => import('./run.ts'),
  },
  {
    name: 'compare',
    summary: "hold a kernel's transcript against the emulation",
    load: () => import('./compare.ts'),
  },
  {
    name: 'random',
    summary: 'ask a kernel and the emulation about random images',
    load: () => import('./random.ts'),
  },
  {
    name: 'rerun',
    summary: 'ask a kernel again what transcripts say that one was asked',
    load: () => import('./rerun.ts'),
  },
  {
    name: 'setup',
    summary: 'get a kernel and make it ready to boot',
    load: () => import('./setup.ts'),
  },
];

const PROGRAM: SubcommandProgram = {
  name: 'cramfs-lab',
  description: 'Asks a real Linux kernel, in a virtual machine, what it does with a cramfs image.',
  subcommands: SUBCOMMANDS,
};

/** Runs `cramfs-lab` with the arguments behind the program's name. Never throws and never exits. */
export function runCramfsLab(argv: readonly string[], io: Io): Promise<number> {
  return runSubcommand(PROGRAM, argv, io);
}
