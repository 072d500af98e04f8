/**
 * `cramfs-lab`: a real kernel beside the emulation.
 */
import {
  completionSubcommand,
  type Subcommand,
  type Io,
  runSubcommand,
  type SubcommandProgram,
} from '../../../lib/cli/shared.ts';

/** The subcommands, in the order of the help. */
const SUBCOMMANDS: readonly Subcommand[] = [
  {
    name: 'run',
    group: 'Run a kernel:',
    summary: 'Boot a kernel with an image and show what it does',
    load: () => import('./run.ts'),
  },
  {
    name: 'profile',
    group: 'Run a kernel:',
    summary: 'Record which pages of an image programs use',
    load: () => import('./profile.ts'),
  },
  {
    name: 'compare',
    group: 'Compare with the emulation:',
    summary: "Compare a kernel's transcript with the emulation",
    load: () => import('./compare.ts'),
  },
  {
    name: 'random',
    group: 'Compare with the emulation:',
    summary: 'Compare a kernel with the emulation on random images',
    load: () => import('./random.ts'),
  },
  {
    name: 'rerun',
    group: 'Compare with the emulation:',
    summary: 'Repeat the requests of transcripts on a kernel',
    load: () => import('./rerun.ts'),
  },
  {
    name: 'setup',
    group: 'Set up:',
    summary: 'Download a kernel and prepare it for booting',
    load: () => import('./setup.ts'),
  },
  completionSubcommand('At the prompt:', ['cramfs-lab']),
];

const NOTES = `
Examples:
  cramfs-lab setup
  cramfs-lab run fw.cramfs --compare
  cramfs-lab random --images 100

"cramfs-lab help COMMAND" shows a command's examples and options.
`;

/** What `cramfs-lab` is made of. */
export const CRAMFS_LAB: SubcommandProgram = {
  name: 'cramfs-lab',
  description: 'Run cramfs images on a real Linux kernel in a virtual machine',
  notes: NOTES,
  subcommands: SUBCOMMANDS,
};

/** Runs `cramfs-lab` with the arguments after the program's name. Never throws and never exits. */
export function runCramfsLab(argv: readonly string[], io: Io): Promise<number> {
  return runSubcommand(CRAMFS_LAB, argv, io);
}
