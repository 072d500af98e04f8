/** Collects text and writes it in large pieces. */
import type { TextSink } from './io.ts';

const PIECE = 1 << 16;

/** Text on its way to a sink; flush() at the end. */
export class TextBuffer {
  readonly #sink: TextSink;
  #pieces: string[] = [];
  #length = 0;
  #total = 0;

  constructor(sink: TextSink) {
    this.#sink = sink;
  }

  /** Characters so far. */
  get total(): number {
    return this.#total;
  }

  /** Adds a line. */
  line(text: string): void {
    this.#pieces.push(text, '\n');
    this.#length += text.length + 1;
    this.#total += text.length + 1;
    if (this.#length >= PIECE) this.flush();
  }

  /** Writes what there is. */
  flush(): void {
    if (this.#length > 0) this.#sink.write(this.#pieces.join(''));
    this.#pieces = [];
    this.#length = 0;
  }
}
