/** `fsck.cramfs`: the options and exit codes of util-linux. */
import type { Io } from '../io.ts';
import { VERSION } from '../version.ts';
import { badUsage, FSCK, orError, parseDecimal } from './exit.ts';
import { fsck } from './fsck.ts';
import { type LongOption, parseWords } from './getopt.ts';
import { SUPERBLOCK_SIZE } from '../../format/constants.ts';
import { PAGE_SIZES } from '../../image/image.ts';

const PROGRAM = 'fsck.cramfs';

const USAGE = `
Usage:
 fsck.cramfs [options] <file>

Check a compressed ROM file system.

Options:
 -a                       accepted for compatibility
 -v, --verbose            show what is done; twice: each block
 -y                       accepted for compatibility
 -b, --blocksize <size>   bytes of a block (default: 4096)
     --extract[=<dir>]    check all files, and extract them into <dir>

 -h, --help               show this help
 -V, --version            show the version

Exit codes: 0 no errors, 4 errors, 8 the image cannot be checked, 16 wrong usage
`;

const LONGS: Readonly<Record<string, LongOption>> = {
  verbose: { letter: 'v', value: 'none' },
  version: { letter: 'V', value: 'none' },
  help: { letter: 'h', value: 'none' },
  blocksize: { letter: 'b', value: 'required' },
  extract: { letter: 'x', value: 'optional' },
};

/** Runs `fsck.cramfs` with the arguments after the program's name. Never throws and never exits. */
export async function runFsckCramfs(argv: readonly string[], io: Io): Promise<number> {
  const { options, operands, problem } = parseWords(argv, 'ayvVhb:', LONGS);
  const fail = (sentence: string): number => {
    return badUsage(PROGRAM, sentence, 'fsck.cramfs --help shows the options\n', io);
  };
  if (problem !== null) return fail(problem);
  let pageSize = 4096;
  let verbosity = 0;
  let isExtracting = false;
  let directory: string | null = null;
  for (const { letter, value } of options) {
    switch (letter) {
      case 'h':
        io.stdout.write(USAGE);
        return FSCK.ok;
      case 'V':
        io.stdout.write(`${PROGRAM} from cramfs-map ${VERSION}\n`);
        return FSCK.ok;
      case 'v':
        verbosity++;
        break;
      case 'b': {
        const size = parseDecimal(value ?? '');
        if (size === null || !PAGE_SIZES.includes(size)) return fail(`invalid blocksize argument: '${value ?? ''}'`);
        pageSize = size;
        break;
      }
      case 'x':
        isExtracting = true;
        directory = value ?? directory;
        break;
    }
  }
  const [file, ...others] = operands;
  if (file === undefined || others.length > 0) return fail('bad usage');
  return orError(PROGRAM, io, () =>
    fsck(
      {
        program: PROGRAM,
        file,
        pageSize,
        leastSize: SUPERBLOCK_SIZE,
        verbosity,
        files: isExtracting ? { directory } : null,
        root: '',
        tellsByteOrder: true,
        blockLine: ({ kind, start, length }, size) =>
          kind === 'hole'
            ? `  hole at ${String(start)} (${String(size)})\n`
            : `  ${kind.endsWith('zlib') ? 'uncompressing block' : 'block'} at ${String(start)} to ${String(start + length)} (${String(length)})\n`,
      },
      io,
    ),
  );
}
