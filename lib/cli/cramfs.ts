/**
 * `cramfs`: one program, a subcommand for each task.
 */
import type { Subcommand } from './commands/command.ts';
import type { Io } from './io.ts';
import { completionSubcommand } from './completion/subcommand.ts';
import type { SubcommandProgram } from './programTree.ts';
import { runSubcommand } from './subcommands.ts';

/** Headings of the list of commands. */
const GROUP = {
  mapping: 'Map and run:',
  inspect: 'Look into an image:',
  verify: 'Check and compare:',
  build: 'Build:',
  shell: 'At the prompt:',
} as const;

/** The subcommands, in the order of the help. */
const SUBCOMMANDS: readonly Subcommand[] = [
  {
    name: 'map',
    group: GROUP.mapping,
    summary: 'Show which pages of a file Linux maps directly from flash',
    load: () => import('./commands/map.ts'),
  },
  {
    name: 'compare-kernels',
    group: GROUP.mapping,
    summary: 'Show what two kernels do differently with an image',
    load: () => import('./commands/compareKernels.ts'),
  },
  {
    name: 'exec',
    group: GROUP.mapping,
    summary: 'Show the mappings a program gets when it starts',
    load: () => import('./commands/exec.ts'),
  },
  {
    name: 'info',
    group: GROUP.inspect,
    summary: "Show an image's layout and statistics",
    load: () => import('./commands/info.ts'),
  },
  {
    name: 'ls',
    group: GROUP.inspect,
    summary: 'List files',
    load: () => import('./commands/ls.ts'),
  },
  {
    name: 'tree',
    group: GROUP.inspect,
    summary: 'Show the files as a tree',
    load: () => import('./commands/tree.ts'),
  },
  {
    name: 'cat',
    group: GROUP.inspect,
    summary: 'Write the contents of files',
    load: () => import('./commands/cat.ts'),
  },
  {
    name: 'stat',
    group: GROUP.inspect,
    summary: 'Show all metadata of a file',
    load: () => import('./commands/stat.ts'),
  },
  {
    name: 'blocks',
    group: GROUP.inspect,
    summary: 'Show where the blocks of a file are',
    load: () => import('./commands/blocks.ts'),
  },
  {
    name: 'scan',
    group: GROUP.inspect,
    summary: 'Find images in a firmware file or flash dump',
    load: () => import('./commands/scan.ts'),
  },
  {
    name: 'extract',
    group: GROUP.inspect,
    summary: 'Extract files into a directory or a tar archive',
    load: () => import('./commands/extract.ts'),
  },
  {
    name: 'manifest',
    group: GROUP.inspect,
    summary: 'Write hash, owner, mode and image offset of every file',
    load: () => import('./commands/manifest.ts'),
  },
  {
    name: 'check',
    group: GROUP.verify,
    summary: 'Find damage and defects in an image',
    load: () => import('./commands/check.ts'),
  },
  {
    name: 'report',
    group: GROUP.verify,
    summary: 'Write a report of an image as one HTML file',
    load: () => import('./commands/report.ts'),
  },
  {
    name: 'audit',
    group: GROUP.verify,
    summary: 'Report defects, sizes and memory savings of images',
    load: () => import('./commands/audit.ts'),
  },
  {
    name: 'explain',
    group: GROUP.verify,
    summary: 'Explain a finding of audit or check',
    load: () => import('./commands/explain.ts'),
  },
  {
    name: 'diff',
    group: GROUP.verify,
    summary: 'Show what changed between two images',
    load: () => import('./commands/diff.ts'),
  },
  {
    name: 'policy',
    group: GROUP.verify,
    summary: 'Write or check a policy for audits',
    load: () => import('./commands/policy.ts'),
  },
  {
    name: 'mkfs',
    group: GROUP.build,
    summary: 'Build an image from a directory, a tar archive or another image',
    load: () => import('./commands/mkfs.ts'),
  },
  {
    name: 'stage',
    group: GROUP.build,
    summary: 'Copy programs of a directory with everything they need',
    load: () => import('./commands/stage.ts'),
  },
  {
    name: 'profile',
    group: GROUP.build,
    summary: 'Show which pages of an image a target used, from its captures',
    load: () => import('./commands/profile.ts'),
  },
  {
    name: 'describe',
    group: GROUP.build,
    summary: 'Print an image as a listing that can be edited and built',
    load: () => import('./commands/describe.ts'),
  },
  completionSubcommand(GROUP.shell, ['cramfs', 'cramfs-map']),
];

const NOTES = `
Examples:
  cramfs info fw.cramfs
  cramfs map fw.cramfs /bin/app --phys 0x08040000
  cramfs audit fw.cramfs --policy policy.yaml
  cramfs mkfs rootfs fw.cramfs --xip mmu

"cramfs help COMMAND" shows a command's examples and options.
`;

/** What `cramfs` is made of. */
export const CRAMFS: SubcommandProgram = {
  name: 'cramfs',
  description: 'Inspect, check, build, extract, audit and map cramfs images',
  notes: NOTES,
  subcommands: SUBCOMMANDS,
  alone: { 'cramfs-map': 'map' },
};

/** Runs `cramfs` with the arguments after the program's name. Never throws and never exits. */
export function runCramfs(argv: readonly string[], io: Io): Promise<number> {
  return runSubcommand(CRAMFS, argv, io);
}
