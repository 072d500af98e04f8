/** Sources that can only be read in order: pipes, and standard input. */
import { readSync } from 'node:fs';
import { CramfsError } from '../base/errors.ts';
import type { RawSource } from './byteSource.ts';
import { StreamStore } from './nodeStreamStore.ts';

/** Bytes kept of a source that cannot be read at random (a pipe): enough for any cramfs image, and a bound. */
export const STREAM_LIMIT = 1 << 30;

/** Reads a descriptor in order, as far as asked, and keeps everything for random access. */
export function streamOf(fd: number, name: string): RawSource {
  const store = new StreamStore();
  let ended = false;
  const pull = (until: number): void => {
    while (!ended && store.length < until) {
      if (store.length >= STREAM_LIMIT) {
        throw new CramfsError('LIMIT', {
          expected: `at most ${String(STREAM_LIMIT)} bytes from ${name}`,
          found: 'more',
          offset: store.length,
        });
      }
      const room = store.room();
      const got = readBlocking(fd, room, 0, room.length);
      if (got === 0) ended = true;
      store.grow(got);
    }
  };
  return {
    size() {
      pull(Infinity);
      return store.length;
    },
    readInto(target, offset) {
      pull(offset + target.length);
      return store.readInto(target, offset);
    },
    close: () => {
      store.close();
      ended = true;
    },
  };
}

/** readSync() on a descriptor that may be in non-blocking mode: EAGAIN means "wait". */
function readBlocking(fd: number, target: Uint8Array, at: number, length: number): number {
  for (;;) {
    try {
      return readSync(fd, target, at, length, null);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
