/**
 * `cramfs-map IMAGE PATH`: what a direct mmap of a file would do.
 */
import { type Command, Option } from 'commander';
import { REQUIREMENTS } from '../../verdict/requirement.ts';
import { addMachineOptions } from '../boardOptions.ts';
import { fullName, GROUPS, grouped } from '../help/groups.ts';
import { addImageOptions, addQuietOption, EXIT_CODES, IMAGE_ARGUMENT } from '../imageOptions.ts';
import type { Io } from '../io.ts';
import { answer, type MapOptions } from './mapAnswer.ts';

const HELP = `
Examples:
  cramfs-map fw.cramfs /bin/app                       the whole file, read-only
  cramfs-map fw.cramfs /bin/app --offset 0x2000 --length 4p --prot rx
  cramfs-map dump.bin /bin/app --image-offset 0x40000 --phys 0x08040000
  cramfs-map fw.cramfs /bin/app --segment text --require direct --quiet
  cramfs-map fw.cramfs --batch requests.jsonl --crc   one JSON result per line

Numbers are decimal or 0x…, with K, KiB, M, MiB, or p for pages (4p).
${EXIT_CODES}`;

/** Adds the arguments and options of the map command, and what it does. `done` gets the exit code. */
export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  command
    .description('Show which pages of a file in a cramfs image Linux maps directly from flash')
    .argument('[image]', IMAGE_ARGUMENT)
    .argument('[path]', 'the file in the image; not with --batch');
  grouped(command, 'Mapping:', addRequestOptions);
  grouped(command, 'Checks:', addCheckOptions);
  grouped(command, GROUPS.output, addDetailOptions);
  return addMachineOptions(addImageOptions(addQuietOption(command), { pageSizeDefault: '4K' }), io)
    .addHelpText('after', HELP)
    .action(async (imageFile: string | undefined, path: string | undefined, options: MapOptions) => {
      done(await answer(imageFile, path, options, { io, program: fullName(command) }));
    });
}

function addRequestOptions(command: Command): Command {
  return command
    .option('--offset <n>', 'offset in the file, in bytes (default: 0)')
    .option('--length <n>', 'bytes to map (default: to the end of the file)')
    .option('--prot <letters>', 'r, w and x, or none (default: r)')
    .addOption(new Option('--shared', 'MAP_SHARED').conflicts('private'))
    .option('--private', 'MAP_PRIVATE (the default)')
    .option('--populate', 'MAP_POPULATE')
    .option('--locked', 'MAP_LOCKED')
    .option('--vma-start <address>', "virtual address to map at (default: the kernel's choice)")
    .option('--lone', 'assume the addresses after the mapping are free (default: they are in use)')
    .option('--segment <which>', 'map a segment of a program: text, rodata, data, or the index of its program header')
    .option('--batch <file>', 'read requests from a file, one JSON object per line; - for standard input');
}

function addDetailOptions(command: Command): Command {
  return command
    .option('--pages', 'show each page')
    .option('--crc', 'show the CRC-32 of each page as a process sees it')
    .addOption(
      new Option('--svg', 'print the pages of the mapping as an SVG picture').conflicts([
        'json',
        'batch',
        'compareKernels',
        'pages',
        'crc',
        'trace',
        'quiet',
      ]),
    )
    .option('--trace', 'show each kernel primitive called, and what is wrong with what the process sees');
}

function addCheckOptions(command: Command): Command {
  return command
    .option('--compare-kernels <models>', 'compare kernel models, separated by commas')
    .addOption(
      new Option(
        '--require <state>',
        'exit with 1 unless the mapping is in this state and shows the right bytes: direct (all pages from flash), pfnmap or mixedmap',
      ).choices(REQUIREMENTS),
    );
}
