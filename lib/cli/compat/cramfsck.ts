/** `cramfsck`: the options and exit codes of cramfs-tools. */
import type { Io } from '../io.ts';
import { badUsage, FSCK, orError } from './exit.ts';
import { fsck } from './fsck.ts';
import { parseWords } from './getopt.ts';

const PROGRAM = 'cramfsck';
/** The only block size that the tool knows, and the size that an image has at least. */
const PAGE_SIZE = 4096;

const USAGE = `usage: cramfsck [-hv] [-x dir] file
 -h         print this help
 -x dir     extract into dir
 -v         list the files; twice: and each block
 -c         accepted for compatibility
 file       file to test

Exit codes: 0 no errors, 4 errors, 8 the image cannot be checked, 16 wrong usage
`;

/** Runs `cramfsck` with the arguments after the program's name. Never throws and never exits. */
export async function runCramfsck(argv: readonly string[], io: Io): Promise<number> {
  const { options, operands, problem } = parseWords(argv, 'hx:vc');
  if (problem !== null) return badUsage(PROGRAM, problem, USAGE, io);
  if (options.some(({ letter }) => letter === 'h')) {
    io.stdout.write(USAGE);
    return FSCK.ok;
  }
  const [file, ...others] = operands;
  if (file === undefined || others.length > 0) return badUsage(PROGRAM, 'needs an image', USAGE, io);
  const directory = options.findLast(({ letter }) => letter === 'x')?.value ?? null;
  return orError(PROGRAM, io, () =>
    fsck(
      {
        program: PROGRAM,
        file,
        pageSize: PAGE_SIZE,
        leastSize: PAGE_SIZE,
        verbosity: options.filter(({ letter }) => letter === 'v').length,
        files: { directory },
        root: '/',
        tellsByteOrder: false,
        blockLine: ({ kind, start, length, bytes }) => {
          if (kind === 'hole') return `  hole at ${String(start)} (${String(bytes)})\n`;
          const direct = kind.startsWith('direct') ? 'direct ' : '';
          const what = kind.endsWith('zlib') ? 'uncompressing' : 'non-compressed';
          return `  ${what} ${direct}block at ${String(start)} to ${String(start + length)} (${String(length)})\n`;
        },
      },
      io,
    ),
  );
}
