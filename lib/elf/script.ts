/**
 * Scripts: the first line of a file that starts with "#!" (fs/binfmt_script.c).
 */

/** Bytes of a file that execve() looks at to know what it is (BINPRM_BUF_SIZE). */
export const BINPRM_BUF_SIZE = 256;

/** What a script wants to be run by. */
export interface ScriptLine {
  readonly interpreter: string;
  /** All that follows on the line, as one argument; null without any. */
  readonly argument: string | null;
}

const SPACE = 0x20;
const TAB = 0x09;
const NEWLINE = 0x0a;

const isBlank = (byte: number | undefined): boolean => byte === SPACE || byte === TAB;
const isEnd = (byte: number | undefined): boolean => isBlank(byte) || byte === 0;

/** Whether a file is a script. */
export function isScript(head: Uint8Array): boolean {
  return head[0] === 0x23 && head[1] === 0x21;
}

/**
 * load_script(): takes the first line of a script apart.
 *
 * @param start the first bytes of the file
 * @returns null where there is no interpreter, or its path may be cut (ENOEXEC); its path is empty where a NUL or the end of
 *   the file follows instead
 */
export function parseScriptLine(start: Uint8Array): ScriptLine | null {
  const head = new Uint8Array(BINPRM_BUF_SIZE);
  head.set(start.subarray(0, BINPRM_BUF_SIZE));
  let end = head.subarray(0, nulOrLength(head)).indexOf(NEWLINE);
  if (end === -1) {
    // Without a newline the path must at least end within the bytes looked at.
    end = BINPRM_BUF_SIZE - 1;
    const name = skipBlanks(head, 2, end);
    if (!head.subarray(name, BINPRM_BUF_SIZE).some(isEnd)) return null;
  }
  while (end > 2 && isBlank(head[end - 1])) end--;
  const from = skipBlanks(head, 2, end);
  if (from >= end) return null;
  const to = firstEnd(head, from, end);
  const interpreter = text(head.subarray(from, to));
  const rest = head[to] === 0 ? end : skipBlanks(head, to, end);
  if (rest >= end) return { interpreter, argument: null };
  const argument = head.subarray(rest, end);
  return { interpreter, argument: text(argument.subarray(0, nulOrLength(argument))) };
}

function nulOrLength(bytes: Uint8Array): number {
  const nul = bytes.indexOf(0);
  return nul === -1 ? bytes.length : nul;
}

function skipBlanks(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && isBlank(bytes[at])) at++;
  return at;
}

function firstEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && !isEnd(bytes[at])) at++;
  return at;
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
