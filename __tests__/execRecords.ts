/** The EXEC records of the kernel transcripts, in a form that an emulated start of the same program can be held against. */
import type { ExecReport } from '../lib/exec/execProgram.ts';
import { jsonLines } from './fixtures.ts';

/** One program that a real kernel was asked to run. */
export interface ExecRecord {
  readonly type: string;
  readonly argv: readonly string[];
  readonly exit: number | null;
  readonly signal: number | null;
  readonly output: string;
  readonly kmsg: readonly string[];
}

/** The EXEC records of a transcript. */
export function execRecords(transcript: string): ExecRecord[] {
  return jsonLines<ExecRecord>(transcript).filter(({ type }) => type === 'exec');
}

/** A mapping of a file, its addresses counted from where the object begins. */
export interface RelativeMapping {
  readonly object: string;
  readonly start: number;
  readonly end: number;
  readonly perms: string;
  readonly offset: number;
}

/** Mappings of files in address order, with the addresses taken from the first mapping of each object. */
function relative(mappings: readonly RelativeMapping[]): RelativeMapping[] {
  const bases = new Map<string, number>();
  return [...mappings]
    .sort((a, b) => a.start - b.start)
    .map(({ object, start, end, perms, offset }) => {
      const base = bases.get(object) ?? start;
      bases.set(object, base);
      return { object, start: start - base, end: end - base, perms, offset };
    })
    .sort((a, b) => (a.object < b.object ? -1 : a.object > b.object ? 1 : a.start - b.start));
}

/** The file mappings in the lines of /proc/self/maps that a program printed. */
export function mappingsOf({ output }: ExecRecord): RelativeMapping[] {
  const found: RelativeMapping[] = [];
  for (const line of output.split('\n')) {
    const match = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) ([0-9a-f]+) \S+ [0-9]+ +(\/.*)$/.exec(line);
    if (match === null) continue;
    const [, start = '', end = '', perms = '', offset = '', object = ''] = match;
    const hex = (digits: string): number => Number.parseInt(digits, 16);
    found.push({ object, start: hex(start), end: hex(end), perms, offset: hex(offset) });
  }
  return relative(found);
}

/** The file mappings of an emulated program. */
export function mappingsOfReport({ mappings }: ExecReport): RelativeMapping[] {
  return relative(mappings.filter(({ object }) => object !== ''));
}

/** A log without the addresses of the process. */
export function logWithoutAddresses(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/to vma 0x[0-9a-f]+/, 'to vma'));
}

/** How a record ended, in the words of an ExecReport's outcome. */
export function outcomeOf({ exit, signal, output }: ExecRecord): string {
  const failed = /^execve: (\w+)$/m.exec(output);
  if (failed !== null) return `failed ${failed[1] ?? ''}`;
  if (signal !== null) return `killed ${String(signal)}`;
  return exit === 0 ? 'runs' : `exits ${String(exit)}`;
}

/** How an emulated program ended, in the same words. */
export function outcomeOfReport({ outcome }: ExecReport): string {
  switch (outcome.kind) {
    case 'failed':
      return `failed ${outcome.errno}`;
    case 'killed':
      return `killed ${outcome.signal === 'SIGSEGV' ? '11' : '7'}`;
    case 'exits':
      return `exits ${String(outcome.status)}`;
    default:
      return outcome.kind;
  }
}
