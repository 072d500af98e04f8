/** `cramfs exec IMAGE PROGRAM [ARG…]`: which mappings come about when a program is started. */
import { type Command, Option } from 'commander';
import { DEFAULT_MODEL } from '../../driver/models/index.ts';
import { decodeFlatHeader, FLAT_HEADER_SIZE } from '../../elf/bflt.ts';
import { isElf } from '../../elf/elf.ts';
import { execProgram } from '../../exec/execProgram.ts';
import { NommuSystem } from '../../exec/nommuSystem.ts';
import { ProgramFile } from '../../exec/programFile.ts';
import { execJson } from '../../report/execJson.ts';
import { execText, outcomeText } from '../../report/execText.ts';
import { nommuExecJson, type NommuExecReport, nommuExecText } from '../../report/nommuExecText.ts';
import { NO_COLOURS } from '../../report/style.ts';
import { Board } from '../../verdict/board.ts';
import { addMachineOptions, addProgramOptions, boardOptions, type MachineOptions } from '../boardOptions.ts';
import { addImageOptions, IMAGE_ARGUMENT, type ImageOptions, withImage } from '../imageOptions.ts';
import { EXIT, type Io } from '../io.ts';
import { styleFor, widthFor } from '../style.ts';
import { complain } from '../complain.ts';

interface ExecOptions extends ImageOptions, MachineOptions {
  readonly kernel: string;
  readonly ldLibraryPath?: string;
  readonly preload?: string;
  readonly dlopen?: readonly string[];
  readonly all?: boolean;
}

const HELP = `
Arguments that begin with a dash go behind "--".

Exit codes:
  0 the program starts   1 it does not: libraries missing, no program that Linux
  runs, damaged headers   2 wrong usage, or no such path   3 the image cannot be
  read, is not cramfs, or is damaged where it matters   70 a bug of ours
`;

export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  return addProgramOptions(addMachineOptions(addImageOptions(command)))
    .description(
      'Tells which mappings come about when a program of the image is started: its segments, its dynamic linker, its libraries.',
    )
    .argument('<image>', IMAGE_ARGUMENT)
    .argument('<program>', 'the program in the image')
    .argument('[args...]', 'its arguments, which matter for scripts and for dynamic linkers')
    .option('--kernel <model>', 'kernel model', DEFAULT_MODEL.name)
    .addOption(new Option('--ld-library-path <dirs>').hideHelp())
    .option('--preload <names>', 'LD_PRELOAD: libraries with blanks or colons between them (default: not set)')
    .option('--dlopen <name...>', 'libraries that the program opens with dlopen() once it runs')
    .option('--all', 'show anonymous memory too')
    .addHelpText('after', HELP)
    .action((file: string, program: string, args: readonly string[], options: ExecOptions) => {
      done(
        withImage(file, options, io, (image) => {
          const board = new Board(image, boardOptions(options, options.kernel, image.pageSize));
          return board.kernel.nommu === undefined
            ? run(board, program, args, options, io)
            : runWithoutMmu(board, program, options, io);
        }),
      );
    });
}

function run(board: Board, path: string, args: readonly string[], options: ExecOptions, io: Io): number {
  const all = options.all === true;
  const report = execProgram(board, {
    path,
    args,
    ldLibraryPath: options.libraryPath ?? options.ldLibraryPath,
    ldPreload: options.preload,
    dlopen: options.dlopen,
    cpu: options.cpu,
  });
  if (options.json === true) {
    io.stdout.write(`${JSON.stringify(execJson(report, board, all))}\n`);
  } else {
    io.stdout.write(execText(report, board, { style: styleFor(io, options.color), width: widthFor(io), all }));
  }
  const { outcome, needed } = report;
  const isFound = needed.every((library) => !library.atRunTime || (library.path !== null && library.problem === null));
  if ((outcome.kind === 'runs' || (outcome.kind === 'exits' && outcome.status === 0)) && isFound) return EXIT.ok;
  // The text has said it already.
  if (options.json === true && outcome.kind !== 'runs') {
    complain(io, `cramfs exec: ${path}: ${outcomeText(report, NO_COLOURS)}`);
  }
  return EXIT.findings;
}

function runWithoutMmu(board: Board, path: string, options: ExecOptions, io: Io): number {
  const file = new ProgramFile(board, board.open(path), []);
  const head = file.file.inode.type === 'file' ? file.read(0, FLAT_HEADER_SIZE) : new Uint8Array(0);
  const { result, log } = new NommuSystem(board, { mountPoint: '' }).exec(path);
  const { name, from } = board.cpuChoice;
  const report: NommuExecReport = {
    path,
    kernel: board.kernel.name,
    cpu: from === 'programs' ? `${name} (as the programs of the image are for it)` : name,
    header: head.length < FLAT_HEADER_SIZE ? null : decodeFlatHeader(head),
    isElf: isElf(head),
    result,
    log,
  };
  io.stdout.write(
    options.json === true
      ? `${JSON.stringify(nommuExecJson(report))}\n`
      : nommuExecText(report, styleFor(io, options.color)),
  );
  return result.outcome === 'runs' ? EXIT.ok : EXIT.findings;
}
