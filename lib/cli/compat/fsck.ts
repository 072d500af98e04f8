/** What fsck.cramfs and cramfsck do: the superblock, the checksum, every file; extraction. */
import { lstatSync } from 'node:fs';
import { decodeSuperblock, findSuperblock } from '../../format/superblock.ts';
import { CRAMFS_FLAG_FSID_VERSION_2, SUPERBLOCK_SIZE } from '../../format/constants.ts';
import { printableName } from '../../format/names.ts';
import { type Block, fileBlocks } from '../../image/blocks.ts';
import { readLink } from '../../image/content.ts';
import { CramfsImage } from '../../image/image.ts';
import { walk, type WalkEntry } from '../../inspect/walk.ts';
import type { ExtractResult } from '../../extract/result.ts';
import { extractToDirectory } from '../../extract/toDirectory.node.ts';
import { problemLines } from '../../report/extractText.ts';
import { plural } from '../../base/words.ts';
import { checkParallel } from '../../workers/checkParallel.ts';
import { complain } from '../complain.ts';
import { readBytes } from '../inputFile.ts';
import { interruptible } from '../interrupt.ts';
import { EXIT, type Io } from '../io.ts';
import { crcOf } from './crcOf.ts';
import { FSCK } from './exit.ts';
import { nodeLine } from './nodeLine.ts';

/** Flags above the low byte that an image may have. */
const KNOWN_FLAGS = 0xfff;

/** How to check an image. */
export interface FsckRequest {
  readonly program: string;
  readonly file: string;
  /** Bytes of a block. */
  readonly pageSize: number;
  /** Bytes that the superblock must claim, after where it starts. */
  readonly leastSize: number;
  readonly verbosity: number;
  /** Whether to check the files too; `directory`: to extract them to. */
  readonly files: { readonly directory: string | null } | null;
  /** Begins the paths of the listing, where nothing is extracted: "" or "/". */
  readonly root: string;
  /** A line for a block with -vv; null for none. */
  readonly blockLine: (block: Block, pageSize: number) => string;
  /** Whether to say which byte order the image has. */
  readonly tellsByteOrder: boolean;
}

/** Checks an image as asked; the exit code of an fsck program. */
export async function fsck(request: FsckRequest, io: Io): Promise<number> {
  const { program, file, files, verbosity } = request;
  const bytes = readBytes(file);
  const fault = superblockFault(bytes, request, io);
  if (fault !== null) {
    complain(io, `${program}: ${fault.sentence}`);
    return fault.code;
  }
  if (files !== null) {
    const code = await checkFiles(bytes, files.directory, request, io);
    if (code !== FSCK.ok) return code;
  }
  if (verbosity > 0) io.stdout.write(`${file}: OK\n`);
  return FSCK.ok;
}

interface Fault {
  readonly sentence: string;
  readonly code: number;
}

function superblockFault(
  bytes: Uint8Array,
  { program, leastSize, verbosity, tellsByteOrder }: FsckRequest,
  io: Io,
): Fault | null {
  const uncorrected = (sentence: string): Fault => ({ sentence, code: FSCK.uncorrected });
  if (bytes.length < SUPERBLOCK_SIZE) return uncorrected('file length too short');
  const place = findSuperblock(bytes);
  if (place === null || bytes.length < place.position + SUPERBLOCK_SIZE) {
    return uncorrected('superblock magic not found');
  }
  const { size, flags, files } = decodeSuperblock(bytes, place);
  if (tellsByteOrder && verbosity > 0) {
    io.stdout.write(`cramfs endianness is ${place.littleEndian ? 'little' : 'big'}\n`);
  }
  if ((flags & ~KNOWN_FLAGS) !== 0) return { sentence: 'unsupported filesystem features', code: FSCK.error };
  if (size < place.position + leastSize) return uncorrected(`superblock size (${String(size)}) too small`);
  if ((flags & CRAMFS_FLAG_FSID_VERSION_2) === 0) {
    complain(io, `${program}: old cramfs format: no checksum to test`);
    return null;
  }
  if (files === 0) return uncorrected('zero file count');
  if (bytes.length < size) return uncorrected('file length too short');
  if (bytes.length > size) complain(io, `${program}: file extends past end of filesystem`);
  const { stored, computed } = crcOf(bytes);
  return stored === computed ? null : uncorrected('crc error');
}

async function checkFiles(bytes: Uint8Array, directory: string | null, request: FsckRequest, io: Io): Promise<number> {
  const { program, file, pageSize, verbosity } = request;
  const image = CramfsImage.open(bytes, { pageSize });
  const { counts } = await checkParallel(image, { file: '-', imageOffset: 0 });
  if (counts.error > 0) {
    complain(io, `${program}: ${file}: ${plural(counts.error, 'error')} ("cramfs check" shows them)`);
    return FSCK.uncorrected;
  }
  if (verbosity > 0) {
    for (const entry of walk(image))
      for (const line of entryLines(image, entry, directory, request)) io.stdout.write(line);
  }
  return directory === null ? FSCK.ok : extract(image, directory, program, io);
}

function* entryLines(
  image: CramfsImage,
  entry: WalkEntry,
  directory: string | null,
  { root, verbosity, blockLine, pageSize }: FsckRequest,
): Generator<string, void> {
  const { inode } = entry;
  const prefix = directory ?? (root === '/' ? '' : root);
  const path = entry.parent === null ? prefix || '/' : `${prefix}${entry.path}`;
  const target = inode.type === 'symlink' ? ` -> ${printableName(readLink(image, inode))}` : '';
  yield `${nodeLine(inode.type, inode, `${printableName(path)}${target}`)}\n`;
  if (verbosity < 2 || (inode.type !== 'file' && inode.type !== 'symlink')) return;
  for (const block of fileBlocks(image, inode)) yield blockLine(block, pageSize);
}

async function extract(image: CramfsImage, directory: string, program: string, io: Io): Promise<number> {
  if (lstatSync(directory, { throwIfNoEntry: false }) !== undefined) {
    complain(io, `${program}: mkdir failed: ${directory}: it is there already`);
    return FSCK.error;
  }
  // Modes are those of the image.
  const umask = process.umask(0);
  let result: ExtractResult;
  try {
    result = await interruptible((signal) =>
      extractToDirectory(image, directory, { devices: true, setuid: true, signal }),
    );
  } finally {
    process.umask(umask);
  }
  const { problems, problemCounts, ended } = result;
  for (const line of problemLines(problems, problemCounts.image + problemCounts.target))
    complain(io, `${program}: ${line}`);
  if (ended === 'interrupted') return EXIT.interrupted;
  if (problemCounts.image > 0) return FSCK.uncorrected;
  return problemCounts.target > 0 ? FSCK.error : FSCK.ok;
}
