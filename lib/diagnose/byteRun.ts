/** Bytes that grow from their start on. */
export class ByteRun {
  #bytes = new Uint8Array(1 << 16);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Puts bytes at a place that is not after the end. */
  put(at: number, bytes: Uint8Array): void {
    this.#room(at + bytes.length);
    this.#bytes.set(bytes, at);
    this.#length = Math.max(this.#length, at + bytes.length);
  }

  /** Goes on with a pattern up to a place. */
  fill(end: number, pattern: Uint8Array): void {
    const start = this.#length;
    this.#room(end);
    for (let at = start; at < end; at++) this.#bytes[at] = pattern[(at - start) % pattern.length] ?? 0;
    this.#length = end;
  }

  /** Leaves out what is after a place. */
  cut(end: number): void {
    this.#length = Math.min(this.#length, end);
  }

  #room(length: number): void {
    if (length <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(length, this.#bytes.length * 2));
    larger.set(this.bytes);
    this.#bytes = larger;
  }
}
