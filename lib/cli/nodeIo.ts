/**
 * The real standard streams.
 */
import { writeSync } from 'node:fs';
import type { Io, TextSink } from './io.ts';

/** Standard streams and environment of this process. A reader that goes away ends the program quietly. */
export function nodeIo(): Io {
  return { stdout: sink(process.stdout, 1), stderr: sink(process.stderr, 2), stdin: 0, env: process.env };
}

/** Writes synchronously, so that nothing is lost or piles up in memory before the process ends. */
function sink(stream: NodeJS.WriteStream, fd: number): TextSink {
  const writeBytes = (bytes: Uint8Array): void => {
    for (let written = 0; written < bytes.length;) written += writePiece(fd, bytes.subarray(written));
  };
  return {
    isTTY: stream.isTTY,
    columns: stream.isTTY ? stream.columns : undefined,
    write: (text) => {
      writeBytes(Buffer.from(text, 'utf8'));
    },
    writeBytes,
  };
}

function writePiece(fd: number, bytes: Uint8Array): number {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EPIPE') process.exit();
    if (code !== 'EAGAIN') throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    return 0;
  }
}
