/** `cramfs exec IMAGE PROGRAM [ARG…]`: the mappings that a program gets when it starts. */
import { jsonText } from '../../base/json.ts';
import { type Command, Option } from 'commander';
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
import { addMachineOptions, addProgramOptions } from '../boardOptions.ts';
import { GROUPS, grouped } from '../help/groups.ts';
import { addImageOptions, IMAGE_ARGUMENT, type ImageOptions, withImage } from '../imageOptions.ts';
import { EXIT, type Io } from '../io.ts';
import { chooseMachine, type MachineRequest } from '../machine.ts';
import { styleFor, widthFor } from '../style.ts';
import { complain } from '../complain.ts';

interface ExecOptions extends ImageOptions, MachineRequest {
  readonly ldLibraryPath?: string;
  readonly preload?: string;
  readonly dlopen?: readonly string[];
  readonly all?: boolean;
}

const HELP = `
Examples:
  cramfs exec fw.cramfs /bin/app
  cramfs exec fw.cramfs /bin/busybox --phys 0x08040000 -- ls -l

Put arguments that start with a dash after "--".

Exit codes:
  0 the program starts   1 it does not start: missing libraries, not a program
  that Linux runs, damaged headers   2 wrong usage, or no such path in the image
  3 the image cannot be read, is not cramfs or is damaged   70 internal error
`;

export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  addProgramOptions(addMachineOptions(addImageOptions(command), io))
    .description('Show the mappings a program gets when it starts: its segments, dynamic linker and libraries')
    .argument('<image>', IMAGE_ARGUMENT)
    .argument('<program>', 'the program in the image')
    .argument('[args...]', 'its arguments; they matter for scripts and dynamic linkers')
    .addOption(new Option('--ld-library-path <dirs>').hideHelp())
    .option('--preload <names>', 'LD_PRELOAD: libraries separated by spaces or colons (default: not set)')
    .option('--dlopen <name...>', 'libraries that the program opens with dlopen() while it runs');
  return grouped(command, GROUPS.output, () => command.option('--all', 'show anonymous memory too'))
    .addHelpText('after', HELP)
    .action(async (file: string, program: string, args: readonly string[], options: ExecOptions) => {
      const machine = await chooseMachine(options);
      done(
        withImage(
          file,
          options,
          io,
          (image) => {
            const boardOptions = machine.board(image.pageSize);
            const board = new Board(image, boardOptions);
            return board.kernel.nommu === undefined
              ? run(board, program, args, { ...options, cpu: boardOptions.cpu }, io)
              : runWithoutMmu(board, program, options, io);
          },
          machine.pageSize,
        ),
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
    io.stdout.write(`${jsonText(execJson(report, board.machine, all))}\n`);
  } else {
    io.stdout.write(execText(report, board.machine, { style: styleFor(io, options.color), width: widthFor(io), all }));
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
    options.json === true ? `${jsonText(nommuExecJson(report))}\n` : nommuExecText(report, styleFor(io, options.color)),
  );
  return result.outcome === 'runs' ? EXIT.ok : EXIT.findings;
}
