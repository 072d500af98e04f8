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
    summary: 'tell which pages of a file Linux maps straight from flash',
    load: async () => ({ define: (await import('./mapCommand.ts')).defineMapCommand }),
  },
  {
    name: 'compare-kernels',
    summary: 'tell what two kernels would do differently with an image',
    load: () => import('./commands/compareKernels.ts'),
  },
  {
    name: 'exec',
    summary: 'tell which mappings come about when a program is started',
    load: () => import('./commands/exec.ts'),
  },
  {
    name: 'info',
    summary: 'tell what an image is made of',
    load: () => import('./commands/info.ts'),
  },
  {
    name: 'ls',
    summary: 'list files',
    load: () => import('./commands/ls.ts'),
  },
  {
    name: 'tree',
    summary: 'show the files as a tree',
    load: () => import('./commands/tree.ts'),
  },
  {
    name: 'cat',
    summary: 'write the contents of files',
    load: () => import('./commands/cat.ts'),
  },
  {
    name: 'stat',
    summary: 'tell everything about a file',
    load: () => import('./commands/stat.ts'),
  },
  {
    name: 'blocks',
    summary: 'tell where the blocks of a file lie',
    load: () => import('./commands/blocks.ts'),
  },
  {
    name: 'scan',
    summary: 'find images in a firmware file or flash dump',
    load: () => import('./commands/scan.ts'),
  },
  {
    name: 'extract',
    summary: 'extract files into a directory or a tar archive',
    load: () => import('./commands/extract.ts'),
  },
  {
    name: 'check',
    summary: 'find what is wrong with an image',
    load: () => import('./commands/check.ts'),
  },
  {
    name: 'report',
    summary: 'write a report of an image as one HTML file',
    load: () => import('./commands/report.ts'),
  },
  {
    name: 'audit',
    summary: 'tell what is wrong with images, what they cost and what they save',
    load: () => import('./commands/audit.ts'),
  },
  {
    name: 'explain',
    summary: 'explain a finding of audit or check',
    load: () => import('./commands/explain.ts'),
  },
  {
    name: 'diff',
    summary: 'tell what changed from one image to another',
    load: () => import('./commands/diff.ts'),
  },
  {
    name: 'policy',
    summary: 'begin or check a policy for audits',
    load: () => import('./commands/policy.ts'),
  },
  {
    name: 'mkfs',
    summary: 'build an image from a directory, a tar archive or another image',
    load: () => import('./commands/mkfs.ts'),
  },
  {
    name: 'describe',
    summary: 'print an image as a listing to edit and to build from',
    load: () => import('./commands/describe.ts'),
  },
];

const PROGRAM: SubcommandProgram = {
  name: 'cramfs',
  description: 'Inspects, checks, extracts and maps cramfs images.',
  subcommands: SUBCOMMANDS,
};

/** Runs `cramfs` with the arguments behind the program's name. Never throws and never exits. */
export function runCramfs(argv: readonly string[], io: Io): Promise<number> {
  return runSubcommand(PROGRAM, argv, io);
}
