/** What a run of audits comes to: counts, and findings that a baseline knows. */
import { applyBaseline, type Baseline, baselineEntries, type BaselineEntry } from '../../policy/baseline.ts';
import { addToTotals, type AuditedImage, NO_TOTALS } from '../../audit/run.ts';
import { printableName } from '../../format/names.ts';
import { plural } from '../../base/words.ts';
import type { Io } from '../io.ts';
import { complain } from '../complain.ts';

/** Stale entries of a baseline that are named. */
const NAMED_STALE = 10;

/** Counts what goes by, and takes out of it what a baseline knows. */
export class Tally {
  totals = NO_TOTALS;
  /** Images that met an internal error. */
  internalErrors = 0;
  /** What a baseline of this run has. */
  readonly known = new Map<string, BaselineEntry>();
  readonly #baseline: Baseline | null;
  readonly #used = new Set<string>();
  readonly #io: Io;

  constructor(baseline: Baseline | null, io: Io) {
    this.#baseline = baseline;
    this.#io = io;
  }

  async *pass(images: AsyncIterable<AuditedImage>): AsyncGenerator<AuditedImage, void> {
    for await (const image of images) {
      const kept = this.#take(image);
      this.totals = addToTotals(this.totals, kept);
      yield kept;
    }
  }

  #take(image: AuditedImage): AuditedImage {
    if (image.result === null) {
      if (image.error.code === 'INTERNAL') this.internalErrors += 1;
      complain(this.#io, `cramfs audit: ${printableName(image.image)}: ${image.error.message}`);
      return image;
    }
    const result = this.#baseline === null ? image.result : applyBaseline(image.result, this.#baseline, this.#used);
    for (const entry of baselineEntries(result)) this.known.set(entry.fingerprint, entry);
    return { ...image, result };
  }

  /** Names what a baseline has and nobody found. An image that could not be read may have it. */
  tellStale(file: string): void {
    if (this.#baseline === null || this.totals.unreadable > 0) return;
    const stale = [...this.#baseline.values()].filter(({ fingerprint }) => !this.#used.has(fingerprint));
    if (stale.length === 0) return;
    const entries = plural(stale.length, 'entry is', 'entries are');
    complain(this.#io, `cramfs audit: ${printableName(file)}: ${entries} stale, the findings are gone:`);
    for (const { id, path } of stale.slice(0, NAMED_STALE)) {
      complain(this.#io, `  ${id}${path === null ? '' : ` ${printableName(path)}`}`);
    }
    const more = stale.length - NAMED_STALE;
    if (more > 0) complain(this.#io, `  and ${String(more)} more`);
  }
}
