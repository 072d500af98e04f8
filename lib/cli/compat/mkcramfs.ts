/** `mkcramfs`: the options, images and exit codes of cramfs-tools. */
import { complain } from '../complain.ts';
import type { Io } from '../io.ts';
import type { MkfsOptions } from '../mkfs/build.ts';
import { buildReference } from './build.ts';
import { badUsage, MKFS, orError, parseDecimal } from './exit.ts';
import { parseWords } from './getopt.ts';
import { mkcramfsStyle, verboseLines } from './verboseBuild.ts';

const PROGRAM = 'mkcramfs';

const USAGE = `usage: mkcramfs [-h] [-e edition] [-i file] [-n name] [-D file] dirname outfile
 -h         print this help
 -E         exit with 8 if there are warnings
 -e edition edition number
 -i file    insert a file after the superblock
 -n name    name of the file system
 -p         leave 512 bytes for boot code at the start
 -s         accepted for compatibility; entries are always sorted
 -v         list the files; twice: and what compression does to each
 -x         store blocks that do not compress as they are (Linux 4.15 or later)
 -X         -x, and store read-only segments of ELF32 programs directly;
            twice: page-aligned, for CPUs with an MMU
 -z         store blocks of zeros as holes
 -D file    device table
 -q         make root the owner of everything
 -B         build for big-endian CPUs
 -L         build for little-endian CPUs
 dirname    directory with the files
 outfile    image to write

Exit codes: 0 done, 8 error, 16 wrong usage
`;

/** Runs `mkcramfs` with the arguments after the program's name. Never throws and never exits. */
export async function runMkcramfs(argv: readonly string[], io: Io): Promise<number> {
  const { options, operands, problem } = parseWords(argv, 'hEe:i:n:psvxXzD:qBL');
  if (problem !== null) return badUsage(PROGRAM, problem, USAGE, io);
  const chosen: { -readonly [Key in keyof MkfsOptions]?: MkfsOptions[Key] } = {};
  let isStrict = false;
  let verbosity = 0;
  let xip = 0;
  for (const { letter, value } of options) {
    switch (letter) {
      case 'h':
        io.stdout.write(USAGE);
        return MKFS.ok;
      case 'E':
        isStrict = true;
        break;
      case 'e': {
        const edition = parseDecimal(value ?? '');
        if (edition === null) return badUsage(PROGRAM, `-e: ${value ?? ''} is not a number`, USAGE, io);
        chosen.edition = String(edition);
        break;
      }
      case 'i':
        chosen.insert = value ?? '';
        break;
      case 'n':
        chosen.name = value ?? '';
        break;
      case 'p':
        chosen.bootPad = true;
        break;
      case 'v':
        verbosity++;
        break;
      case 'x':
        chosen.extended = true;
        break;
      case 'X':
        xip++;
        break;
      case 'z':
        chosen.holes = true;
        break;
      case 'D':
        chosen.deviceTable = value ?? '';
        break;
      case 'q':
        chosen.squash = true;
        break;
      case 'B':
        chosen.endian = 'big';
        break;
      case 'L':
        if (chosen.endian !== 'big') chosen.endian = 'little';
        break;
    }
  }
  const [directory, image, ...others] = operands;
  if (directory === undefined || image === undefined || others.length > 0) {
    return badUsage(PROGRAM, 'needs a directory and an image', USAGE, io);
  }
  return orError(PROGRAM, io, async () => {
    const build = await buildReference(
      directory,
      image,
      { ...chosen, xipElf: xip, layout: 'mkcramfs', deflate: 'classic' },
      io,
    );
    if (chosen.endian === 'big' && verbosity > 0) io.stdout.write('Filesystem data will be endian swapped\n');
    if (chosen.insert !== undefined) io.stdout.write(`Including: ${chosen.insert}\n`);
    if (verbosity > 0) for (const line of verboseLines(build, mkcramfsStyle(verbosity))) io.stdout.write(line);
    for (const sentence of build.warned) complain(io, `warning: ${sentence}`);
    return isStrict && build.warned.length > 0 ? MKFS.error : MKFS.ok;
  });
}
