/**
 * `cramfs`: one program, a subcommand for each task.
 */
import type { Subcommand } from './commands/command.ts';
import type { Io } from './io.ts';
import { runSubcommand, type SubcommandProgram } from './subcommands.ts';

/** The subcommands, in the order of the help. */
const SUBCOMMANDS: readonly Subcommand[] = [
  {
    name: 'map',
    summary: 'Show which pages of a file Linux maps directly from flash',
    load: () => import('./commands/map.ts'),
  },
  {
    name: 'compare-kernels',
    summary: 'Show what two kernels do differently with an image',
    load: () => import('./commands/compareKernels.ts'),
  },
  {
    name: 'exec',
    summary: 'Show the mappings a program gets when it starts',
    load: () => import('./commands/exec.ts'),
  },
  {
    name: 'info',
    summary: "Show an image's layout and statistics",
    load: () => import('./commands/info.ts'),
  },
  {
    name: 'ls',
    summary: 'List files',
    load: () => import('./commands/ls.ts'),
  },
  {
    name: 'tree',
    summary: 'Show the files as a tree',
    load: () => import('./commands/tree.ts'),
  },
  {
    name: 'cat',
    summary: 'Write the contents of files',
    load: () => import('./commands/cat.ts'),
  },
  {
    name: 'stat',
    summary: 'Show all metadata of a file',
    load: () => import('./commands/stat.ts'),
  },
  {
    name: 'blocks',
    summary: 'Show where the blocks of a file are',
    load: () => import('./commands/blocks.ts'),
  },
  {
    name: 'scan',
    summary: 'Find images in a firmware file or flash dump',
    load: () => import('./commands/scan.ts'),
  },
  {
    name: 'extract',
    summary: 'Extract files into a directory or a tar archive',
    load: () => import('./commands/extract.ts'),
  },
  {
    name: 'manifest',
    summary: 'Write hash, owner, mode and image offset of every file',
    load: () => import('./commands/manifest.ts'),
  },
  {
    name: 'check',
    summary: 'Find damage and defects in an image',
    load: () => import('./commands/check.ts'),
  },
  {
    name: 'report',
    summary: 'Write a report of an image as one HTML file',
    load: () => import('./commands/report.ts'),
  },
  {
    name: 'audit',
    summary: 'Report defects, sizes and memory savings of images',
    load: () => import('./commands/audit.ts'),
  },
  {
    name: 'explain',
    summary: 'Explain a finding of audit or check',
    load: () => import('./commands/explain.ts'),
  },
  {
    name: 'diff',
    summary: 'Show what changed between two images',
    load: () => import('./commands/diff.ts'),
  },
  {
    name: 'policy',
    summary: 'Write or check a policy for audits',
    load: () => import('./commands/policy.ts'),
  },
  {
    name: 'mkfs',
    summary: 'Build an image from a directory, a tar archive or another image',
    load: () => import('./commands/mkfs.ts'),
  },
  {
    name: 'stage',
    summary: 'Copy programs of a directory with everything they need',
    load: () => import('./commands/stage.ts'),
  },
  {
    name: 'profile',
    summary: 'Show which pages of an image a target used, from its captures',
    load: () => import('./commands/profile.ts'),
  },
  {
    name: 'describe',
    summary: 'Print an image as a listing that can be edited and built',
    load: () => import('./commands/describe.ts'),
  },
];

const PROGRAM: SubcommandProgram = {
  name: 'cramfs',
  description: 'Inspect, check, build, extract, audit and map cramfs images',
  subcommands: SUBCOMMANDS,
};

/** Runs `cramfs` with the arguments after the program's name. Never throws and never exits. */
export function runCramfs(argv: readonly string[], io: Io): Promise<number> {
  return runSubcommand(PROGRAM, argv, io);
}
