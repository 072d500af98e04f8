/**
 * What a file is that was expected to be an image, and where to go from there: one answer for every command.
 */
import { isFilled } from '../base/bytes.ts';
import type { ByteSource } from '../source/byteSource.ts';
import { type Content, contentOf } from './content.ts';
import { type FoundHalf, scan, type ScanHit, type ScanOptions } from './scan.ts';
import type { Member } from './undone.ts';

/** A member that was not looked into. */
export interface TooLarge {
  readonly member: Member;
  /** Bytes that it unpacks to at least. */
  readonly limit: number;
}

/** What a file is. */
export type Diagnosis =
  /** An image is in it. `index`: which of those that a scan finds, from 1. `images`: how many there are. */
  | {
      readonly kind: 'image';
      readonly hit: ScanHit;
      readonly index: number;
      readonly images: number;
      readonly content: Content | null;
    }
  /** `isSearched`: all that gzip unpacks it to was looked at, so that nothing more is found in that. */
  | {
      readonly kind: 'content';
      readonly content: Content;
      readonly tooLarge: TooLarge | null;
      readonly isSearched: boolean;
    }
  /** All bytes that were looked at are the same; `whole`: they are the file. */
  | { readonly kind: 'filler'; readonly byte: number; readonly bytes: number; readonly whole: boolean }
  /** One of two chips that hold the bytes of an image by turns. */
  | { readonly kind: 'half'; readonly half: FoundHalf }
  | { readonly kind: 'empty' }
  /** `searched`: bytes looked at; fewer than the file has where it is very long. */
  | {
      readonly kind: 'unknown';
      readonly head: Uint8Array;
      readonly searched: number;
      readonly whole: boolean;
      readonly tooLarge: TooLarge | null;
    };

/** Bytes of a file that are searched for the sake of a message. */
const SEARCHED = 1 << 28;
/** Bytes read at a time. */
const CHUNK = 1 << 20;

/**
 * Looks at a file that does not begin with an image. At most 256 MiB are searched.
 *
 * @throws CramfsError IO
 */
export function diagnose(file: ByteSource): Diagnosis {
  const start = firstBytes(file, SEARCHED);
  const unpacking = new Unpacking();
  const hits = [...scan(start, unpacking)];
  return diagnosisOf(file, hits, unpacking);
}

/** What a scan sees beside images, what it unpacked, and what it did not: for the scan's options. */
export class Unpacking implements ScanOptions {
  /** The first member that was not looked into. */
  tooLarge: TooLarge | null = null;
  /** The first half of a superblock. */
  half: FoundHalf | null = null;
  /** Where the gzip member ends that the file begins with; null if it does not, or if that is damaged. */
  #end: number | null = null;
  #isWhole = true;

  readonly onTooLarge = (member: Member, limit: number): void => {
    this.tooLarge ??= { member, limit };
  };

  readonly onHalf = (half: FoundHalf): void => {
    this.half ??= half;
  };

  readonly onGunzipped = ({ offset }: Member, end: number): void => {
    if (offset === 0) this.#end = end;
  };

  readonly onSkipped = (): void => {
    this.#isWhole = false;
  };

  /**
   * Whether all that gzip makes of a file was looked at. Of several members after one another gzip makes one file, where
   * an image may begin in one and end in the next.
   *
   * @throws CramfsError IO
   */
  isGunzipped(file: ByteSource): boolean {
    if (this.#end === null || !this.#isWhole || this.tooLarge !== null || this.#end > SEARCHED) return false;
    const [first, second] = file.read(this.#end, 2);
    return first !== 0x1f || second !== 0x8b;
  }
}

/**
 * The same where the file was scanned already.
 *
 * @throws CramfsError IO
 */
export function diagnosisOf(file: ByteSource, hits: readonly ScanHit[], unpacking = new Unpacking()): Diagnosis {
  const head = file.read(0, 16).slice();
  if (head.length === 0) return { kind: 'empty' };
  const content = contentOf(file);
  // A whole image counts for more than what is left of one before it.
  const best = hits.find(isWhole) ?? hits[0];
  if (best !== undefined) {
    return { kind: 'image', hit: best, index: hits.indexOf(best) + 1, images: hits.length, content };
  }
  const { tooLarge, half } = unpacking;
  if (half !== null) return { kind: 'half', half };
  const filler = fillerOf(file);
  if (filler !== null) return { kind: 'filler', ...filler };
  if (content !== null) {
    return { kind: 'content', content, tooLarge, isSearched: content.kind === 'gzip' && unpacking.isGunzipped(file) };
  }
  const searched = firstBytes(file, SEARCHED).size;
  return { kind: 'unknown', head, searched, whole: searched === file.size, tooLarge };
}

const isWhole = ({ crc }: ScanHit): boolean => crc.state === 'good' || crc.state === 'swapped' || crc.state === 'none';

/** The one byte that a file is filled with; null if it has others. */
function fillerOf(file: ByteSource): Omit<Extract<Diagnosis, { kind: 'filler' }>, 'kind'> | null {
  const byte = file.read(0, 1)[0] ?? 0;
  let at = 0;
  for (; at < SEARCHED; at += CHUNK) {
    const bytes = file.read(at, CHUNK);
    if (!isFilled(bytes, byte)) return null;
    if (bytes.length < CHUNK) return { byte, bytes: at + bytes.length, whole: true };
  }
  return { byte, bytes: at, whole: at === file.size };
}

/** A source of the first bytes of another. */
function firstBytes(source: ByteSource, limit: number): ByteSource {
  return {
    get size(): number {
      return Math.min(limit, source.size);
    },
    read: (offset, length) => source.read(offset, Math.min(length, limit - offset)),
    close: () => undefined,
  };
}
