/**
 * Where an image is: the argument of a command, with what options say about it.
 *
 * `FILE`, `FILE@OFFSET`, `-`, with --image-offset or --image. With --image the source is the image's own, with everything
 * undone that a scan undoes.
 */
import { existsSync } from 'node:fs';
import { CramfsError } from '../base/errors.ts';
import { parseQuantity } from '../base/quantity.ts';
import { scan, type ScanHit } from '../diagnose/scan.ts';
import type { ByteSource } from '../source/byteSource.ts';
import { openFileSource, openStdinSource } from '../source/nodeFile.ts';
import type { Io } from './io.ts';
import { parseNumber } from './numbers.ts';

/** The options as commander hands them over: text, still. */
export interface PlaceOptions {
  readonly imageOffset?: string | undefined;
  readonly image?: string | undefined;
}

/** An opened place; close the source in the end. */
export interface ImagePlace {
  /** The argument, as it was typed. */
  readonly argument: string;
  /** What `imageOffset` counts in: the file, or with --image the image itself. */
  readonly source: ByteSource;
  readonly imageOffset: number;
  /** The file's path where another thread can open the image by path and offset; null for standard input and --image. */
  readonly path: string | null;
  /** The image that --image chose. */
  readonly hit: ScanHit | null;
}

/**
 * Opens a file, or standard input for "-".
 *
 * @throws CramfsError IO
 */
export function openSource(file: string, io: Pick<Io, 'stdin'>): ByteSource {
  return file === '-' ? openStdinSource(io.stdin) : openFileSource(file);
}

/** "dump.bin@0x40000" taken apart; a file that really has such a name goes first. Offset null without one. */
export function splitArgument(argument: string): { readonly file: string; readonly offset: number | null } {
  const at = argument.lastIndexOf('@');
  if (at <= 0 || existsSync(argument)) return { file: argument, offset: null };
  const offset = parseQuantity(argument.slice(at + 1), null);
  return offset === null || !Number.isSafeInteger(offset)
    ? { file: argument, offset: null }
    : { file: argument.slice(0, at), offset };
}

/**
 * Opens the place that an argument and options name.
 *
 * @param pageSize bytes of a page, for offsets in pages
 * @throws CramfsError USAGE, IO
 */
export function openPlace(argument: string, options: PlaceOptions, io: Pick<Io, 'stdin'>, pageSize = 4096): ImagePlace {
  const { file, offset } = splitArgument(argument);
  const given = options.imageOffset === undefined ? null : parseNumber(options.imageOffset, '--image-offset', pageSize);
  if (offset !== null && given !== null) usage(`${argument}: the offset is given twice (--image-offset)`);
  if (options.image !== undefined && (offset ?? given) !== null) {
    usage('--image cannot be used with an offset: it counts the images that "cramfs scan" finds');
  }
  const source = openSource(file, io);
  try {
    if (options.image === undefined) {
      const path = file === '-' ? null : file;
      return { argument, source, imageOffset: offset ?? given ?? 0, path, hit: null };
    }
    const hit = nthImage(source, parseNumber(options.image, '--image', null), file);
    const close = (): void => {
      source.close();
    };
    return { argument, source: withClose(hit.source, close), imageOffset: 0, path: null, hit };
  } catch (error) {
    source.close();
    throw error;
  }
}

/** The nth image of a scan, from 1. */
function nthImage(source: ByteSource, wanted: number, file: string): ScanHit {
  if (wanted < 1) usage(`--image: ${String(wanted)} is not a number from 1 on`);
  let count = 0;
  for (const hit of scan(source)) if (++count === wanted) return hit;
  const found = count === 0 ? 'no image' : count === 1 ? 'one image' : `${String(count)} images`;
  return usage(`--image ${String(wanted)}: "cramfs scan" finds ${found} in ${file}`);
}

function withClose(source: ByteSource, close: () => void): ByteSource {
  return {
    get size(): number {
      return source.size;
    },
    read: (offset, length) => source.read(offset, length),
    close,
  };
}

function usage(found: string): never {
  throw new CramfsError('USAGE', { found });
}
