/**
 * `cramfs-lab`: a real kernel beside the emulation.
 */
import { type Subcommand, type Io, runSubcommand, type SubcommandProgram } from '../../../lib/cli/shared.ts';

/** The subcommands, in the order of the help. */
const SUBCOMMANDS: readonly Subcommand[] = [
  {
    name: 'run',
    summary: 'Boot a kernel with an image and show what it does',
    load: () => import('./run.ts'),
  },
  {
    name: 'profile',
    summary: 'Record which pages of an image programs use',
    load: () => import('./profile.ts'),
  },
  {
    name: 'compare',
    summary: "Compare a kernel's transcript with the emulation",
    load: () => import('./compare.ts'),
  },
  {
    name: 'random',
    summary: 'Compare a kernel with the emulation on random images',
    load: () => import('./random.ts'),
  },
  {
    name: 'rerun',
    summary: 'Repeat the requests of transcripts on a kernel',
    load: () => import('./rerun.ts'),
  },
  {
    name: 'setup',
    summary: 'Download a kernel and prepare it for booting',
    load: () => import('./setup.ts'),
  },
];

const PROGRAM: SubcommandProgram = {
  name: 'cramfs-lab',
  description: 'Run cramfs images on a real Linux kernel in a virtual machine',
  subcommands: SUBCOMMANDS,
};

/** Runs `cramfs-lab` with the arguments after the program's name. Never throws and never exits. */
export function runCramfsLab(argv: readonly string[], io: Io): Promise<number> {
  return runSubcommand(PROGRAM, argv, io);
}
