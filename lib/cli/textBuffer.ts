/** Collects text and writes it in large pieces. */
import type { TextSink } from './io.ts';

const PIECE = 1 << 16;

/** Text on its way to a sink; flush() at the end. */
export class TextBuffer {
  readonly #sink: TextSink;
  #text = '';
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
    this.#text += `${text}\n`;
    this.#total += text.length + 1;
    if (this.#text.length >= PIECE) this.flush();
  }

  /** Writes what there is. */
  flush(): void {
    if (this.#text !== '') this.#sink.write(this.#text);
    this.#text = '';
  }
}
