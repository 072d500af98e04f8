/** Collects lines as bytes and writes them in large pieces. */
import type { TextSink } from './io.ts';

/** Bytes of a piece. */
const PIECE = 1 << 16;
/** Most bytes that one unit of a string takes in UTF-8; surrogates are two units of four bytes. */
const MAX_UNIT = 3;
const LINE_FEED = 0x0a;

/**
 * Text on its way to a sink; flush() at the end. Each line is encoded to the same memory: strings joined to a long one
 * are copied twice, to new memory each time.
 */
export class TextBuffer {
  readonly #sink: TextSink;
  readonly #bytes = Buffer.allocUnsafe(PIECE);
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
    this.#total += text.length + 1;
    const most = text.length * MAX_UNIT + 1;
    if (most > PIECE - this.#length) this.flush();
    if (most > PIECE) {
      this.#sink.write(`${text}\n`);
      return;
    }
    this.#length += this.#bytes.write(text, this.#length);
    this.#bytes[this.#length++] = LINE_FEED;
  }

  /** Writes what there is. */
  flush(): void {
    if (this.#length > 0) this.#sink.writeEncoded(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
  }
}
