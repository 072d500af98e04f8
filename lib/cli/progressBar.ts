/** A progress bar on a terminal, and nothing elsewhere. */
import { size } from '../base/words.ts';
import type { TextSink } from './io.ts';

const BAR_WIDTH = 30;
/** Milliseconds between two pictures. */
const INTERVAL = 100;
const ERASE_LINE = '\r\u001b[K';

/** Draws on one line, which {@link clear} removes. */
export class ProgressBar {
  readonly #out: TextSink;
  readonly #isShown: boolean;
  #drawnAt = 0;
  #isDrawn = false;

  /** @param isWanted false for --quiet */
  constructor(out: TextSink, isWanted: boolean, terminal: string | undefined) {
    this.#out = out;
    this.#isShown = isWanted && out.isTTY && terminal !== 'dumb';
  }

  /** Shows that `done` of `total` bytes are done. */
  update(done: number, total: number): void {
    if (!this.#isShown) return;
    const now = Date.now();
    if (now - this.#drawnAt < INTERVAL) return;
    this.#drawnAt = now;
    this.#isDrawn = true;
    const share = total === 0 ? 1 : Math.min(1, done / total);
    const filled = Math.round(share * BAR_WIDTH);
    const bar = `${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}`;
    const percent = String(Math.floor(share * 100)).padStart(3);
    this.#out.write(`\r[${bar}] ${percent}% of ${size(total)}\u001b[K`);
  }

  /** Removes the bar. */
  clear(): void {
    if (this.#isDrawn) this.#out.write(ERASE_LINE);
    this.#isDrawn = false;
  }
}
