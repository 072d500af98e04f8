/**
 * Runs of the same program, held against each other: how they ended, what cramfs logged, and which mappings of files
 * the process had.
 */
import { isReadFailure } from './readFailures.ts';
import type { LabExecRecord } from './record.ts';

/** A mapping of a file; addresses are counted from where the object's first mapping begins. */
export interface RelativeMapping {
  readonly object: string;
  readonly start: number;
  readonly end: number;
  readonly perms: string;
  /** The offset column: bytes of the file, or a physical address. */
  readonly offset: number;
  /** Inode number. */
  readonly inode: number;
}

/** What of a run does not change from one run to the next. */
export interface ExecFacts {
  /** "runs", "failed ERRNO", "killed SIGNAL" or "exits STATUS". */
  readonly outcome: string;
  /** The log, without the addresses of the process, and without blocks that cannot be read. */
  readonly kmsg: readonly string[];
  /** The mappings of files; null where the program did not print them. */
  readonly mappings: readonly RelativeMapping[] | null;
}

/** What of a run does not change from one run to the next. */
export function execFacts(record: LabExecRecord): ExecFacts {
  const mappings = record.exit === null ? [] : mappingsOf(record.output);
  return {
    outcome: outcomeOf(record, mappings),
    kmsg: record.kmsg.filter((line) => !isReadFailure(line)).map(withoutVma),
    mappings: mappings.length === 0 ? null : mappings,
  };
}

/** A line of the log without the address of the vma, which depends on what else the process has mapped. */
export function withoutVma(line: string): string {
  return line.replace(/to vma 0x[0-9a-f]+/, 'to vma *');
}

/** A program that printed its mappings has run, whatever its exit status. */
function outcomeOf({ exit, signal, output }: LabExecRecord, mappings: readonly RelativeMapping[]): string {
  const failed = /^execve: (\w+)$/m.exec(output);
  if (failed !== null) return `failed ${failed[1] ?? ''}`;
  if (signal !== null) return `killed ${String(signal)}`;
  return exit === 0 || mappings.length > 0 ? 'runs' : `exits ${String(exit)}`;
}

/**
 * What execve() has done of a run, where a dynamic linker that is not known took over: the log up to there, and the
 * mappings that a linker leaves alone. How the program ends is up to the linker.
 *
 * @param facts of a run
 * @param execve what execve() alone does
 */
export function factsOfExecve({ kmsg, mappings }: ExecFacts, execve: ExecFacts): Omit<ExecFacts, 'outcome'> {
  const own = execve.mappings ?? [];
  const isFixed = ({ object, start, end }: RelativeMapping): boolean => {
    const touching = own.filter((each) => each.object === object && each.start < end && start < each.end);
    return touching.length > 0 && touching.every(({ perms }) => !perms.includes('w'));
  };
  return { kmsg: kmsg.slice(0, execve.kmsg.length), mappings: mappings?.filter(isFixed) ?? null };
}

/** Whether a call that never returned was not execve(), but one that the program or its linker made. */
export function diedInUserCall({ returned, oops }: LabExecRecord): boolean {
  return returned === false && oops !== undefined && !oops.trace.some((name) => name.includes('execve'));
}

/** The mappings of files in the lines of /proc/PID/maps that a program printed. */
function mappingsOf(output: string): RelativeMapping[] {
  const found: RelativeMapping[] = [];
  const hex = (digits: string): number => Number.parseInt(digits, 16);
  for (const line of output.split('\n')) {
    const match = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) ([0-9a-f]+) \S+ ([0-9]+) +(\/.*)$/.exec(line);
    if (match === null) continue;
    const [, start = '', end = '', perms = '', offset = '', inode = '', object = ''] = match;
    found.push({ object, start: hex(start), end: hex(end), perms, offset: hex(offset), inode: Number(inode) });
  }
  return relative(found);
}

/** Mappings in the order of their objects' names and of addresses, addresses taken from the first of each object. */
function relative(mappings: readonly RelativeMapping[]): RelativeMapping[] {
  const bases = new Map<string, number>();
  return [...mappings]
    .sort((a, b) => a.start - b.start)
    .map((mapping) => {
      const base = bases.get(mapping.object) ?? mapping.start;
      bases.set(mapping.object, base);
      return { ...mapping, start: mapping.start - base, end: mapping.end - base };
    })
    .sort((a, b) => (a.object < b.object ? -1 : a.object > b.object ? 1 : a.start - b.start));
}
