/**
 * A piece of a tar archive: headers and contents of some entries, which any thread can make.
 */
import { GrowingBytes } from '../base/bytes.ts';
import { CramfsError } from '../base/errors.ts';
import { encodeName } from '../format/names.ts';
import { readLink } from '../image/content.ts';
import type { CramfsImage, Inode } from '../image/image.ts';
import type { ContentReader } from './fileContent.ts';
import { linkProblem } from './linkTarget.ts';
import { imageProblem } from './problem.ts';
import { TAR_BLOCK, tarHeader } from '../tar/tarFormat.ts';

/** Entries of an image for an archive. It can be sent to another thread. */
export interface TarBatch {
  /** Byte offsets of the inodes in the image. */
  readonly positions: readonly number[];
  /** Names in the archive: paths without a leading slash. */
  readonly names: readonly Uint8Array[];
}

/** One entry that is not in the archive, or not as it should be. */
export interface TarFailure {
  /** Which of the batch. */
  readonly index: number;
  readonly code: string;
  readonly message: string;
  readonly offset: number | null;
}

/** What became of a batch. */
export interface TarBatchResult {
  /** The piece of the archive: a multiple of 512 bytes. */
  readonly archive: Uint8Array;
  readonly counts: { files: number; directories: number; symlinks: number; specials: number; bytes: number };
  readonly failures: readonly TarFailure[];
  /** Sockets, which an archive cannot hold. */
  readonly sockets: number;
  /** Which of the batch Linux reads otherwise than they are stored. */
  readonly differing: readonly number[];
}

/** What all batches have in common. */
export interface TarContext {
  readonly image: CramfsImage;
  readonly read: ContentReader;
}

/** Makes a piece of an archive. Entries that cannot be read are left out whole. */
export function runTarBatch(context: TarContext, batch: TarBatch): TarBatchResult {
  const archive = new GrowingBytes();
  const counts = { files: 0, directories: 0, symlinks: 0, specials: 0, bytes: 0 };
  const failures: TarFailure[] = [];
  const differing: number[] = [];
  let sockets = 0;
  const fail = (index: number, error: CramfsError): void => {
    const { code, message, offset } = imageProblem(error, '');
    failures.push({ index, code, message, offset });
  };
  const { image } = context;
  for (const [index, name] of batch.names.entries()) {
    try {
      const position = batch.positions[index] ?? 0;
      const inode = position === image.root.position ? image.root : image.inodeAt(position);
      switch (inode.type) {
        case 'file': {
          const { bytes, differs } = context.read(inode);
          archive.add(tarHeader(inode, name, null));
          archive.add(bytes);
          archive.add(padding(bytes.length));
          if (differs) differing.push(index);
          counts.files += 1;
          counts.bytes += bytes.length;
          break;
        }
        case 'symlink': {
          const target = readLink(image, inode);
          const wrong = linkProblem(inode, target);
          if (wrong !== null) fail(index, wrong);
          if (target === '') break;
          archive.add(tarHeader(inode, name, encodeName(target)));
          counts.symlinks += 1;
          break;
        }
        case 'directory':
          archive.add(tarHeader(inode, name, null));
          counts.directories += 1;
          break;
        case 'chardev':
        case 'blockdev':
        case 'fifo':
          archive.add(tarHeader(inode, name, null));
          counts.specials += 1;
          break;
        case 'socket':
          sockets += 1;
          break;
        default:
          fail(index, unknownType(inode));
      }
    } catch (error) {
      if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
      fail(index, error);
    }
  }
  return { archive: archive.bytes, counts, failures, sockets, differing };
}

function unknownType(inode: Inode): CramfsError {
  return new CramfsError('BAD_STRUCTURE', {
    what: 'an inode',
    offset: inode.position,
    expected: 'a known file type',
    found: `the mode 0${inode.mode.toString(8)}`,
  });
}

const ZEROS = new Uint8Array(TAR_BLOCK);

/** Zeros up to a whole block. */
function padding(length: number): Uint8Array {
  return ZEROS.subarray(0, (TAR_BLOCK - (length % TAR_BLOCK)) % TAR_BLOCK);
}
