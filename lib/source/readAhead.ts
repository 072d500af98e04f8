/** Reading ahead of a reader that goes forward. */
import { nextStep, readRoom } from '../base/bytes.ts';
import { type ByteSource, readInto } from './byteSource.ts';

const EMPTY = new Uint8Array(0);

/** Bytes that {@link forwardReader} reads at a time at most, and at first: most images are small. */
const AHEAD = 1 << 16;
const FIRST_AHEAD = 1 << 13;

/**
 * Reads bytes of a source that mostly follow those read before: valid until the next call. It reads ahead, but not past `end`
 * nor what the source can give.
 */
export function forwardReader(source: ByteSource, end: number): (offset: number, length: number) => Uint8Array {
  if (source.readInto === undefined) return (offset, length) => source.read(offset, length);
  let room = EMPTY;
  let window = EMPTY;
  let start = 0;
  return (offset, length) => {
    if (offset < start || offset + length > start + window.length) {
      if (length > AHEAD) return source.read(offset, length);
      const step = nextStep(room.length, length, FIRST_AHEAD, AHEAD);
      if (step > room.length) room = readRoom(step);
      const most = Math.max(offset + length, Math.min(end, offset + step));
      const ahead = (source.around?.(offset, offset, most).end ?? most) - offset;
      window = EMPTY;
      start = offset;
      try {
        window = room.subarray(0, readInto(source, room.subarray(0, Math.max(length, ahead)), offset));
      } catch {
        // What is asked for may still be sound.
        return source.read(offset, length);
      }
    }
    return window.subarray(offset - start, offset - start + length);
  };
}

/** A source as a {@link forwardReader} reads it: what it gives is valid until the next read. Closing it does nothing. */
export function forwardSource(source: ByteSource, end: number): ByteSource {
  return {
    get size(): number {
      return source.size;
    },
    read: forwardReader(source, end),
    ...(source.around === undefined ? {} : { around: source.around.bind(source) }),
    close: () => undefined,
  };
}
