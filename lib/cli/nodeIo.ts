/**
 * The real standard streams.
 */
import { writeSync } from 'node:fs';
import type { Io, TextSink } from './io.ts';
import { cannotWrite } from './cannotWrite.ts';

/** Standard streams and environment of this process. A reader that goes away ends the program quietly. */
export function nodeIo(): Io {
  return {
    stdout: sink(1, () => process.stdout),
    stderr: sink(2, () => process.stderr),
    stdin: 0,
    env: process.env,
  };
}

/**
 * Writes synchronously, so that nothing is lost or piles up in memory before the process ends. The stream is asked for
 * the terminal's properties only: making it costs several milliseconds.
 */
function sink(fd: number, stream: () => NodeJS.WriteStream): TextSink {
  let broken = false;
  const writeBytes = (bytes: Uint8Array): void => {
    try {
      for (let written = 0; written < bytes.length && !broken;) written += writePiece(fd, bytes.subarray(written));
    } catch (cause) {
      broken = true;
      // There is nowhere left to complain.
      if (fd === 2) return;
      throw cannotWrite('standard output', cause);
    }
  };
  return {
    get isTTY(): boolean {
      return stream().isTTY;
    },
    get columns(): number | undefined {
      return stream().isTTY ? stream().columns : undefined;
    },
    write: (text) => {
      writeBytes(Buffer.from(text, 'utf8'));
    },
    writeEncoded: writeBytes,
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
