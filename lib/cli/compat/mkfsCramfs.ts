/** `mkfs.cramfs`: the options, images and exit codes of util-linux. */
import { lstatSync } from 'node:fs';
import { endianness } from 'node:os';
import { complain } from '../complain.ts';
import type { Io } from '../io.ts';
import type { MkfsOptions } from '../mkfs/build.ts';
import { VERSION } from '../version.ts';
import { buildReference } from './build.ts';
import { badUsage, MKFS, orError, parseDecimal } from './exit.ts';
import { type LongOption, parseWords } from './getopt.ts';
import { MKFS_CRAMFS_STYLE, verboseLines } from './verboseBuild.ts';

const PROGRAM = 'mkfs.cramfs';

const USAGE = `
Usage:
 mkfs.cramfs [-h] [-v] [-b blksize] [-e edition] [-N endian] [-i file] [-n name] dirname outfile

Options:
 -v             list the files, and what compression does to each
 -E             exit with 8 if there are warnings
 -b blksize     bytes of a block, the page size of the CPU (default: 4096)
 -e edition     edition number
 -N endian      byte order: big, little or host (default: host)
 -i file        insert a file after the superblock
 -n name        name of the file system
 -p             leave 512 bytes for boot code at the start
 -s             accepted for compatibility; entries are always sorted
 -z             store blocks of zeros as holes
 -l, --lock     accepted for compatibility; the image is written atomically
 dirname        directory with the files
 outfile        image to write

 -h, --help     show this help
 -V, --version  show the version

Exit codes: 0 done, 8 error, 16 wrong usage
`;

const LONGS: Readonly<Record<string, LongOption>> = {
  help: { letter: 'h', value: 'none' },
  version: { letter: 'V', value: 'none' },
  lock: { letter: 'l', value: 'optional' },
};

/** Runs `mkfs.cramfs` with the arguments after the program's name. Never throws and never exits. */
export async function runMkfsCramfs(argv: readonly string[], io: Io): Promise<number> {
  const { options, operands, problem } = parseWords(argv, 'hb:Ee:i:n:N:psVvzl', LONGS);
  const fail = (sentence: string): number => {
    return badUsage(PROGRAM, sentence, 'mkfs.cramfs --help shows the options\n', io);
  };
  if (problem !== null) return fail(problem);
  const chosen: { -readonly [Key in keyof MkfsOptions]?: MkfsOptions[Key] } = {};
  let isStrict = false;
  let isVerbose = false;
  for (const { letter, value } of options) {
    switch (letter) {
      case 'h':
        io.stdout.write(USAGE);
        return MKFS.ok;
      case 'V':
        io.stdout.write(`${PROGRAM} from cramfs-map ${VERSION}\n`);
        return MKFS.ok;
      case 'v':
        isVerbose = true;
        break;
      case 'E':
        isStrict = true;
        break;
      case 'b': {
        const size = parseDecimal(value ?? '');
        if (size === null) return fail(`invalid blocksize argument: '${value ?? ''}'`);
        chosen.pageSize = String(size);
        break;
      }
      case 'e': {
        const edition = parseDecimal(value ?? '');
        if (edition === null) return fail(`invalid edition number argument: '${value ?? ''}'`);
        chosen.edition = String(edition);
        break;
      }
      case 'N':
        if (value !== 'big' && value !== 'little' && value !== 'host') {
          return fail("invalid endianness given; must be 'big', 'little', or 'host'");
        }
        if (value !== 'host') chosen.endian = value;
        break;
      case 'i':
        chosen.insert = value ?? '';
        break;
      case 'n':
        chosen.name = value ?? '';
        break;
      case 'p':
        chosen.bootPad = true;
        break;
      case 'z':
        chosen.holes = true;
        break;
    }
  }
  const [directory, image, ...others] = operands;
  if (directory === undefined || image === undefined || others.length > 0) return fail('bad usage');
  const missing = [directory, ...(chosen.insert === undefined ? [] : [chosen.insert])].find(
    (path) => lstatSync(path, { throwIfNoEntry: false }) === undefined,
  );
  if (missing !== undefined) return fail(`stat of ${missing} failed: no such file or directory`);
  return orError(PROGRAM, io, async () => {
    const endian = chosen.endian ?? (endianness() === 'BE' ? 'big' : 'little');
    const build = await buildReference(
      directory,
      image,
      { ...chosen, endian, layout: 'util-linux', deflate: 'classic' },
      io,
    );
    if (isVerbose) {
      if (chosen.insert !== undefined) io.stdout.write(`Including: ${chosen.insert}\n`);
      for (const line of verboseLines(build, MKFS_CRAMFS_STYLE)) io.stdout.write(line);
    }
    for (const sentence of build.warned) complain(io, `${PROGRAM}: warning: ${sentence}.`);
    return isStrict && build.warned.length > 0 ? MKFS.error : MKFS.ok;
  });
}
