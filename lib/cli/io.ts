/**
 * What a command sees of the world around it. Tests pass their own.
 */

/** A place to write text. */
export interface TextSink {
  /** Writes text; it may fail only by EPIPE, which ends the program quietly. */
  write(text: string): void;
  /** The same for text in UTF-8, which is read before this returns. */
  writeEncoded(text: Uint8Array): void;
  /** Writes bytes as they are: the contents of files. */
  writeBytes(bytes: Uint8Array): void;
  readonly isTTY: boolean;
  /** Columns of the terminal, if it is one. */
  readonly columns: number | undefined;
}

/** Standard streams and environment. */
export interface Io {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /** File descriptor of standard input. */
  readonly stdin: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The program's name and the words after it, as they were typed: for messages that show a command. */
  readonly commandLine?: readonly string[] | undefined;
}

/** How a command ends. */
export const EXIT = {
  /** Done. */
  ok: 0,
  /** --require is not met, there are findings, or a line of a batch was bad. */
  findings: 1,
  /** Wrong usage, or a path that is not in the image. */
  usage: 2,
  /** The image cannot be read, is not cramfs, or is damaged where it matters. */
  image: 3,
  /** The kernel lab cannot be set up, or its virtual machine fails. */
  lab: 4,
  /** A bug of this program. */
  bug: 70,
  /** Ended by a signal, as shells count it. */
  interrupted: 130,
} as const;
