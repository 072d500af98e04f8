/**
 * The partitions of a kernel command line, as drivers/mtd/parsers/cmdlinepart.c reads them:
 *
 *   mtdparts=<mtddef>[;<mtddef>]...   mtddef: <mtd-id>:<partdef>[,<partdef>]...
 *   partdef: <size>[@<offset>][(<name>)][ro][lk][slc]   size: a number, or "-" for the rest of the device
 */
import { badTableAt, MAX_PARTITIONS, type Partition, type PartitionTable } from './partitionTable.ts';

const NO_BASE = 'mtdparts has offsets only';
/** Smallest partition: the kernel refuses less than a page. */
const MIN_SIZE = 4096;
const UNITS = 'kmgtpe';

/** Whether a text is such a string, or a command line that has one. */
export function isMtdparts(text: string): boolean {
  return /(^|[\s"'])mtdparts=/.test(text);
}

/**
 * Reads the first mtdparts= of a text.
 *
 * @param name of its file, for errors
 * @throws CramfsError BAD_TABLE with line and column
 */
export function readMtdparts(text: string, name: string): PartitionTable {
  const start = text.search(/(?<=^|[\s"'])mtdparts=/) + 'mtdparts='.length;
  const partitions: Partition[] = [];
  const length = /[\s"']/.exec(text.slice(start))?.index ?? text.length - start;
  let at = start;
  for (const definition of text.slice(start, start + length).split(';')) {
    readDevice(definition, at, partitions, (offset, message) => {
      const before = text.slice(0, offset).split('\n');
      return badTableAt(name, { line: before.length, column: (before[before.length - 1]?.length ?? 0) + 1, message });
    });
    at += definition.length + 1;
  }
  return { format: 'mtdparts', name, partitions };
}

type Complaint = (offset: number, message: string) => Error;

/** One device. */
function readDevice(text: string, start: number, partitions: Partition[], problem: Complaint): void {
  // Names of devices may have colons, and so may names of partitions: the last one before a "(" counts.
  const paren = text.indexOf('(');
  const colon = text.lastIndexOf(':', paren < 0 ? text.length : paren);
  if (colon <= 0) throw problem(start, 'expected the name of an MTD device and ":"');
  const device = text.slice(0, colon);
  let at = colon + 1;
  let next: number | null = 0;
  for (let number = 0; ; number++) {
    if (partitions.length >= MAX_PARTITIONS)
      throw problem(start + at, `more than ${String(MAX_PARTITIONS)} partitions`);
    if (next === null) throw problem(start + at, 'no partitions can follow one of size "-"');
    const part: PartDefinition = readPart(text, at, number, next, (offset, message) =>
      problem(start + offset, message),
    );
    partitions.push({
      name: part.name,
      device,
      offset: part.offset,
      size: part.size,
      flashBase: null,
      noBase: NO_BASE,
    });
    next = part.size === null ? null : part.offset + part.size;
    at = part.end;
    if (at === text.length) return;
    if (text[at] !== ',') throw problem(start + at, `expected "," or the end, not "${text[at] ?? ''}"`);
    at += 1;
  }
}

interface PartDefinition {
  readonly name: string;
  readonly offset: number;
  readonly size: number | null;
  /** Where the text goes on. */
  readonly end: number;
}

/** newpart(): one partition. */
function readPart(text: string, start: number, number: number, next: number, problem: Complaint): PartDefinition {
  let at = start;
  const take = (what: string): number => {
    const match = /^(0x[0-9a-f]+|[0-9]+)([kmgtpe]?)/i.exec(text.slice(at, at + 40));
    if (match === null) throw problem(at, `expected ${what}`);
    const value = memparse(match[1] ?? '', match[2] ?? '');
    if (!Number.isSafeInteger(value)) throw problem(at, `${what} ${match[0]} is not a usable number`);
    at += match[0].length;
    return value;
  };
  let size: number | null = null;
  if (text[at] === '-') at += 1;
  else {
    size = take('a size');
    if (size < MIN_SIZE) throw problem(start, `a size of ${String(size)} is less than a page`);
  }
  let offset = next;
  if (text[at] === '@') {
    at += 1;
    offset = take('an offset');
  }
  let name = `Part_${String(number).padStart(3, '0')}`;
  if (text[at] === '(') {
    const end = text.indexOf(')', at);
    if (end < 0) throw problem(at, 'the ")" after the name is missing');
    name = text.slice(at + 1, end);
    at = end + 1;
  }
  // Read-only, locked, SLC emulation.
  for (const flag of ['ro', 'lk', 'slc']) if (text.startsWith(flag, at)) at += flag.length;
  return { name, offset, size, end: at };
}

/** memparse(): 0x… is hexadecimal, 0… octal. */
function memparse(digits: string, unit: string): number {
  const octal = /^0[0-9]+$/.test(digits);
  const value = octal ? (/^[0-7]+$/.test(digits) ? parseInt(digits, 8) : NaN) : Number(digits);
  return value * 2 ** (10 * (unit === '' ? 0 : UNITS.indexOf(unit.toLowerCase()) + 1));
}
