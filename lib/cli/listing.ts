/**
 * What ls and tree share: targets of symlinks, and reporting problems while a listing is written.
 */
import { jsonText } from '../base/json.ts';
import { CramfsError } from '../base/errors.ts';
import { readLink } from '../image/content.ts';
import type { CramfsImage } from '../image/image.ts';
import { shownPath } from '../format/shownPath.ts';
import type { WalkEntry, WalkProblem } from '../inspect/walk.ts';
import { entryJson } from '../report/entryJson.ts';
import { SCHEMA_VERSION } from '../report/mapJson.ts';
import { errorJson } from './failure.ts';
import { EXIT, type Io } from './io.ts';
import { TextBuffer } from './textBuffer.ts';
import { complain } from './complain.ts';

/** Problems printed one by one; a hostile image has tens of thousands. */
const MAX_SHOWN = 20;

/** Unreadable targets of symlinks after which no more are tried: failing takes time and memory. */
const MAX_BAD_TARGETS = 1000;
/** Characters that any listing may have, and how many more for each byte of the image. */
const OUTPUT_BASE = 1 << 25;
const OUTPUT_FACTOR = 32;

/** Problems met while listing: printed on standard error, kept for JSON, and it decides the exit code. */
export class ListingProblems {
  readonly #io: Io;
  readonly #command: string;
  readonly #json: boolean;
  readonly #kept: CramfsError[] = [];
  #count = 0;

  constructor(io: Io, command: string, json: boolean) {
    this.#io = io;
    this.#command = command;
    this.#json = json;
  }

  /** To be passed to walk(). */
  readonly onProblem = (problem: WalkProblem): void => {
    if (this.#count < MAX_SHOWN) this.add(problem.error);
    else this.#count++;
  };

  add(error: CramfsError): void {
    if (++this.#count <= MAX_SHOWN) this.#print(error);
  }

  #print(error: CramfsError): void {
    this.#kept.push(error);
    if (!this.#json) complain(this.#io, `cramfs ${this.#command}: ${error.message}`);
  }

  /** Counts a problem like the many before it. */
  another(): void {
    this.#count++;
  }

  get count(): number {
    return this.#count;
  }

  /**
   * Whether a listing is longer than an honest image's can be: a kilobyte of metadata can list tens of thousands of files
   * with paths of 4 KiB. It is reported, and the listing should end.
   */
  tooLong(image: CramfsImage, out: TextBuffer): boolean {
    if (out.total < OUTPUT_BASE) return false;
    const limit = OUTPUT_BASE + OUTPUT_FACTOR * image.source.size;
    if (out.total < limit) return false;
    const expected = `a listing of at most ${String(limit)} characters, more than an image of this size needs`;
    this.#count++;
    this.#print(new CramfsError('LIMIT', { expected, found: 'more; the listing ends here' }));
    return true;
  }

  /** Reports how many were not printed; the exit code. */
  finish(): number {
    const unprinted = this.#count - this.#kept.length;
    if (unprinted > 0 && !this.#json) {
      complain(this.#io, `cramfs ${this.#command}: and ${String(unprinted)} more problems`);
    }
    return this.#count === 0 ? EXIT.ok : EXIT.image;
  }

  get json(): Record<string, unknown> {
    return { problems: this.#kept.map(errorJson), problemCount: this.#count };
  }
}

/** The target of a symlink; null for other files, and where it cannot be read, which is reported. */
export function linkTarget(image: CramfsImage, entry: WalkEntry, problems: ListingProblems): string | null {
  if (entry.inode.type !== 'symlink') return null;
  if (problems.count >= MAX_BAD_TARGETS) {
    problems.another();
    return null;
  }
  try {
    return readLink(image, entry.inode, shownPath(entry.path));
  } catch (error) {
    if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
    problems.add(error);
    return null;
  }
}

/** Writes a listing as one JSON object, entry by entry. */
export function writeJsonListing(
  image: CramfsImage,
  path: string,
  entries: Iterable<WalkEntry>,
  problems: ListingProblems,
  io: Io,
): void {
  const out = new TextBuffer(io.stdout);
  out.line(`{"schemaVersion":${String(SCHEMA_VERSION)},"path":${jsonText(path)},"entries":[`);
  let pending: string | null = null;
  for (const entry of entries) {
    if (pending !== null) out.line(`${pending},`);
    pending = jsonText(entryJson(entry, linkTarget(image, entry, problems)));
    if (problems.tooLong(image, out)) break;
  }
  if (pending !== null) out.line(pending);
  out.line(`],${jsonText(problems.json).slice(1)}`);
  out.flush();
}
