/** Cases as lines of JSON. */
import type { Case } from './cases.ts';

export function caseLine({ kind, choice, inputs }: Case): string {
  return JSON.stringify({ kind, choice, inputs: inputs.map((bytes) => Buffer.from(bytes).toString('base64')) });
}

export function parseCase(line: string): Case {
  const { kind, choice, inputs } = JSON.parse(line) as { kind: string; choice: number; inputs: string[] };
  return { kind, choice, inputs: inputs.map((base64) => new Uint8Array(Buffer.from(base64, 'base64'))) };
}

export const parseCases = (text: string): Case[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map(parseCase);
