/**
 * Dumps as text: what a boot loader's memory display, a hex dump, Intel HEX, S-records, TI-TXT, base64 or uuencode hold, as
 * bytes again. Lines of other kinds (a prompt, boot messages) are passed over. What comes out is a guess like any other:
 * an image in it has its CRC or its tree for a proof.
 */
import type { ByteSource } from '../source/byteSource.ts';
import { ByteRun } from './byteRun.ts';
import type { ExpansionBudget, Unpacked } from './members.ts';
import { type DumpLine, lineReader, type TextFormat } from './textLines.ts';

/** Bytes of text that are read. */
const MOST_TEXT = 1 << 27;
/** Bytes at the start of a file that show whether it is text. */
const HEAD = 512;
/** Fewer bytes than this are no dump. */
const LEAST = 64;
/** Addresses further on than this begin another dump. */
const LONGEST_GAP = 16 << 20;

/**
 * The dumps in a text, each a member of the file.
 *
 * @param budget bytes that they may have; gaps and repeated lines count too
 * @throws CramfsError IO
 */
export function* textDumps(source: ByteSource, budget: ExpansionBudget): Generator<Unpacked, void> {
  const head = source.read(0, HEAD);
  const step = isUtf16(head) ? 2 : 1;
  if (step === 1 && !isText(head)) return;
  const text = textOf(source, step);
  let run = null as Run | null;
  const read = lineReader();
  for (let start = 0; start < text.length && budget.bytes > 0;) {
    const end = endOfLine(text, start);
    const line = read(text.slice(start, end));
    if (line !== null) {
      if (run?.takes(line) !== true) {
        if (run !== null) yield* finished(run, budget);
        run = new Run(line, start * step);
      }
      if (!run.add(line, budget.bytes)) {
        const limit = budget.bytes;
        budget.bytes = 0;
        yield { state: 'too-large', member: run.member(0), limit };
        return;
      }
    }
    start = text.charCodeAt(end) > 0x20 ? end : end + 1;
  }
  if (run !== null) yield* finished(run, budget);
}

function* finished(run: Run, budget: ExpansionBudget): Generator<Unpacked, void> {
  const bytes = run.finish();
  budget.bytes = Math.max(0, budget.bytes - bytes.length);
  if (bytes.length >= LEAST) yield { state: 'whole', member: run.member(bytes.length), bytes, end: null };
}

/** One dump, line after line. */
class Run {
  readonly #format: TextFormat;
  readonly #offset: number;
  readonly #name: string | null;
  readonly #bytes = new ByteRun();
  /** The first address; null where the format has none, or none was met. */
  readonly #base: string | null;
  /** Whether addresses are octal numbers, as those of od(1): known from the second line on. */
  #octal = false;
  /** The line before: how many bytes it has shows when the address of the next is known. */
  #last: { readonly at: number; readonly address: string | null; readonly bytes: Uint8Array } | null = null;
  #lines = 0;
  #repeats = false;

  constructor({ format, address, name }: DumpLine, offset: number) {
    this.#format = format;
    this.#offset = offset;
    this.#name = name ?? null;
    this.#base = address;
  }

  member(size: number): Unpacked['member'] {
    return { format: this.#format, offset: this.#offset, name: this.#name, size };
  }

  /** Whether a line goes on with this dump. */
  takes(line: DumpLine): boolean {
    if (line.format !== this.#format || line.starts === true) return false;
    if (line.address === null) return true;
    if (this.#base === null) return false;
    const at = this.#place(line.address);
    const { length } = this.#bytes;
    return at >= (this.#last?.at ?? 0) && at <= length + (this.#repeats ? Infinity : LONGEST_GAP);
  }

  #place(address: string): number {
    const last = this.#last;
    // The distance of the first two lines shows what kind of numbers they are.
    if (this.#lines === 1 && typeof last?.address === 'string' && !/[89a-f]/i.test(address)) {
      this.#octal = Number.parseInt(address, 8) - Number.parseInt(last.address, 8) === last.bytes.length;
    }
    const radix = this.#octal ? 8 : 16;
    return Number.parseInt(address, radix) - Number.parseInt(this.#base ?? '0', radix);
  }

  /** Adds a line. @returns false where the dump would have more than `limit` bytes */
  add({ address, bytes, repeats = false }: DumpLine, limit: number): boolean {
    if (repeats) {
      this.#repeats = true;
      return true;
    }
    const at = address === null ? this.#bytes.length : this.#place(address);
    if (at + bytes.length > limit) return false;
    const last = this.#last;
    // Letters beside the numbers may look like numbers: the next address says where a line ends.
    if (address !== null && last !== null && at > last.at && at < this.#bytes.length) this.#bytes.cut(at);
    if (at > this.#bytes.length) this.#bytes.fill(at, this.#repeats && last !== null ? last.bytes : ERASED);
    this.#repeats = false;
    this.#bytes.put(at, bytes);
    this.#last = { at, address, bytes };
    this.#lines++;
    return true;
  }

  finish(): Uint8Array {
    return this.#bytes.bytes;
  }
}

const ERASED = Uint8Array.of(0xff);

const isUtf16 = (head: Uint8Array): boolean => head[0] === 0xff && head[1] === 0xfe && head.length > 4 && head[3] === 0;

/** Whether a file begins as text does: no control characters but those of lines and terminals. */
function isText(head: Uint8Array): boolean {
  return head.length > 0 && head.every((byte) => byte >= 0x20 || (byte >= 7 && byte <= 13) || byte === 0x1b);
}

/** Bytes decoded at a time. */
const PIECE = 1 << 15;

/** A character for each byte, or for the first of two. */
function textOf(source: ByteSource, step: 1 | 2): string {
  const pieces: string[] = [];
  for (let at = step === 2 ? 2 : 0; at < MOST_TEXT; at += PIECE) {
    const bytes = source.read(at, PIECE);
    if (bytes.length === 0) break;
    pieces.push(String.fromCharCode(...(step === 2 ? bytes.filter((_, i) => i % 2 === 0) : bytes)));
    if (bytes.length < PIECE) break;
  }
  return pieces.join('');
}

/** Characters of a line looked at together: whole bytes, and whole groups of base64, whatever the form. */
const LONGEST_LINE = 61_440;

/** Where a line ends: at a line feed, or at a carriage return that stands alone. Longer lines are taken in pieces. */
function endOfLine(text: string, start: number): number {
  const feed = text.indexOf('\n', start);
  const end = feed === -1 ? text.length : feed;
  if (end - start > LONGEST_LINE) return start + LONGEST_LINE;
  const alone = text.slice(start, Math.min(end, start + 4096)).indexOf('\r');
  return alone === -1 || start + alone >= end - 1 ? end : start + alone;
}
