/**
 * Where an image is: the argument of a command, with what options say about it.
 *
 * `FILE`, `FILE@OFFSET`, `FILE@#N`, `-`, with --image-offset or --image. With --image the source is the image's own, with everything
 * undone that a scan undoes.
 */
import { existsSync } from 'node:fs';
import { parseQuantity } from '../base/quantity.ts';
import { scan, type ScanHit } from '../diagnose/scan.ts';
import type { ByteSource } from '../source/byteSource.ts';
import { openFileSource, openStdinSource } from '../source/nodeFile.ts';
import type { Io } from './io.ts';
import { parseNumber } from './numbers.ts';
import { usage } from './usage.ts';

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
  /** The number that --image gave; undefined without. */
  readonly imageNumber?: number | undefined;
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

/** An argument taken apart: the file, and where in it the image is, or which of a scan; null for what is not said. */
export interface SplitArgument {
  readonly file: string;
  readonly offset: number | null;
  readonly image: number | null;
}

/** "dump.bin@0x40000" or "dump.bin@#2" taken apart; a file that really has such a name goes first. */
export function splitArgument(argument: string): SplitArgument {
  const plain = { file: argument, offset: null, image: null };
  const at = argument.lastIndexOf('@');
  if (at <= 0 || existsSync(argument)) return plain;
  const file = argument.slice(0, at);
  const place = argument.slice(at + 1);
  if (/^#[1-9][0-9]{0,8}$/.test(place)) return { file, offset: null, image: Number(place.slice(1)) };
  const offset = parseQuantity(place, null);
  return offset === null || !Number.isSafeInteger(offset) ? plain : { file, offset, image: null };
}

/** A place by its words. */
export interface NamedPlace {
  /** The argument, as it was typed. */
  readonly argument: string;
  readonly file: string;
  readonly imageOffset: number;
  /** The number of --image, from 1; null without. */
  readonly image: number | null;
}

/**
 * The place that an argument and options name; nothing is opened.
 *
 * @param pageSize bytes of a page, for offsets in pages; null where that is not known
 * @throws CramfsError USAGE
 */
export function parsePlace(argument: string, options: PlaceOptions, pageSize: number | null): NamedPlace {
  const { file, offset, image: numbered } = splitArgument(argument);
  const given = options.imageOffset === undefined ? null : parseNumber(options.imageOffset, '--image-offset', pageSize);
  if (offset !== null && given !== null) usage(`${argument}: the offset is given twice (--image-offset)`);
  if ((options.image ?? numbered ?? null) !== null && (offset ?? given) !== null) {
    usage('--image cannot be used with an offset: it counts the images that "cramfs scan" finds');
  }
  // What is said of one file goes before what is said of all.
  const image = numbered ?? (options.image === undefined ? null : parseNumber(options.image, '--image', null));
  if (image !== null && image < 1) usage(`--image: ${String(image)} is not a number from 1 on`);
  return { argument, file, imageOffset: offset ?? given ?? 0, image };
}

/** The file and the offset by which another thread can open the image: null for standard input and --image. */
export function targetOf({ file, imageOffset, image }: NamedPlace): {
  readonly file: string | null;
  readonly imageOffset: number;
  readonly imageNumber?: number;
} {
  const at = { file: file === '-' || image !== null ? null : file, imageOffset };
  return image === null ? at : { ...at, imageNumber: image };
}

/**
 * Opens the place that an argument and options name.
 *
 * @param pageSize bytes of a page, for offsets in pages; null where that is not known
 * @throws CramfsError USAGE, IO
 */
export function openPlace(
  argument: string,
  options: PlaceOptions,
  io: Pick<Io, 'stdin'>,
  pageSize: number | null = 4096,
): ImagePlace {
  return openNamed(parsePlace(argument, options, pageSize), io);
}

/**
 * Opens a place.
 *
 * @throws CramfsError USAGE for an image that a scan does not find; IO
 */
export function openNamed(named: NamedPlace, io: Pick<Io, 'stdin'>): ImagePlace {
  const { argument, file, imageOffset, image } = named;
  const source = openSource(file, io);
  try {
    if (image === null) return { argument, source, imageOffset, path: targetOf(named).file, hit: null };
    const hit = nthImage(source, image, file);
    const close = (): void => {
      source.close();
    };
    return { argument, source: withClose(hit.source, close), imageOffset: 0, path: null, imageNumber: image, hit };
  } catch (error) {
    source.close();
    throw error;
  }
}

/** The nth image of a scan, from 1. */
function nthImage(source: ByteSource, wanted: number, file: string): ScanHit {
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
