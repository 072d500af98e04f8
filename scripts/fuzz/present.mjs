// The case that a thread is at, in memory that it shares with whoever watches it: inputs as they are, since a line of the corpus
// for each case would take as long as a part of a command.
import { Buffer } from 'node:buffer';
import { TextEncoder } from 'node:util';

const encoder = new TextEncoder();

/**
 * @typedef {{ readonly kind: string, readonly choice: number, readonly inputs: readonly Uint8Array[] }} Case
 */

/**
 * Writes a case: a line of JSON with the lengths of the inputs, then the inputs. One that does not fit is left out.
 *
 * @param {Uint8Array} memory
 * @param {Case} each
 */
export function writePresent(memory, { kind, choice, inputs }) {
  const head = JSON.stringify({ kind, choice, lengths: inputs.map(({ length }) => length) });
  let at = encoder.encodeInto(`${head}\n`, memory).written;
  for (const bytes of inputs) {
    if (at + bytes.length > memory.length) return;
    memory.set(bytes, at);
    at += bytes.length;
  }
}

/**
 * The case as a line of the corpus; empty where none was written yet.
 *
 * @param {Uint8Array} memory
 */
export function presentLine(memory) {
  const end = memory.indexOf(10);
  if (end <= 0) return '';
  const { kind, choice, lengths } = JSON.parse(Buffer.from(memory.subarray(0, end)).toString());
  let at = end + 1;
  const inputs = lengths.map((/** @type {number} */ length) => {
    const bytes = memory.slice(at, at + length);
    at += length;
    return Buffer.from(bytes).toString('base64');
  });
  return JSON.stringify({ kind, choice, inputs });
}
