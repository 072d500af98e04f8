/**
 * `cramfs`: one program, a subcommand for each task.
 */
import { Command } from 'commander';
import type { Subcommand } from './commands/command.ts';
import { EXIT, type Io } from './io.ts';
import { exitCodeFor, newProgram, wire } from './program.ts';

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

/** Runs `cramfs` with the arguments behind the program's name. Never throws and never exits. */
export async function runCramfs(argv: readonly string[], io: Io): Promise<number> {
  let exitCode: number = EXIT.ok;
  const program = newProgram('cramfs', io).description('Inspects, checks, extracts and maps cramfs images.');
  const wanted = SUBCOMMANDS.find((subcommand) => subcommand.name === argv[0]);
  try {
    for (const subcommand of SUBCOMMANDS) {
      const command = wire(new Command(subcommand.name), io).summary(subcommand.summary);
      if (subcommand === wanted) {
        const { define } = await subcommand.load();
        define(command, io, (code) => {
          exitCode = code;
        });
      }
      program.addCommand(command);
    }
    if (argv.length === 0) {
      io.stderr.write(program.helpInformation());
      return EXIT.usage;
    }
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    return exitCodeFor(error, argv, io, wanted === undefined ? 'cramfs' : `cramfs ${wanted.name}`);
  }
}
