/**
 * What the init program tells on its serial line, put together with what it was asked: transcripts.
 */
import { hex } from '../../lib/report.ts';
import { CramfsError } from '../../lib/index.ts';
import { decodeName } from '../../lib/format.ts';
import { AMD64, type Architecture } from './architectures.ts';
import { type LabRegion, planHeadLines, ramText } from './bootPlan.ts';
import { oopsOf } from './crash.ts';
import { requestText } from './differencesText.ts';
import { withoutPointers } from './readFailures.ts';
import {
  captureOf,
  type LabExecRecord,
  type LabReadRecord,
  type LabRecord,
  type LabRequest,
  type LabSetup,
  type LabTranscript,
  type LabVectorRecord,
} from './record.ts';

/** A line of the output: the results of one line of the plan. */
interface Result {
  readonly line?: number;
  /** Why the init program gave up. */
  readonly failed?: string;
  readonly start?: true;
  readonly end?: true;
  readonly [field: string]: unknown;
}

/**
 * The transcripts of a boot, one for each region.
 *
 * @param output what came over the serial line
 * @throws CramfsError LAB when the init program gave up, and when its output ends early or is damaged
 */
export function parseResults(
  output: Uint8Array,
  regions: readonly LabRegion[],
  architecture: Architecture = AMD64,
): LabTranscript[] {
  const lines = decodeName(output)
    .split('\n')
    .slice(0, -1)
    .map((line) => (sharesLine(architecture) ? line.replace(/\r$/, '') : line))
    .filter((line) => line !== '' && !(sharesLine(architecture) && !line.startsWith('{')));
  // It breaks off the line that it was writing.
  const failure = lines.find((line) => line.startsWith('{"failed":'));
  if (failure !== undefined) throw new CramfsError('LAB', { what: 'gave up', found: parseLine(failure, 0).failed });
  const results = lines.map(parseLine).filter(({ start }) => start !== true);
  if (results.at(-1)?.end !== true) {
    throw new CramfsError('LAB', { what: 'ended early', found: `${results.length} results came` });
  }
  return new Results(results, architecture).transcripts(regions);
}

/** Whether the console writes on the line of the results too. */
function sharesLine({ console, results }: Architecture): boolean {
  return console === results;
}

function parseLine(line: string, index: number): Result {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value as Result;
  } catch {
    // Told below.
  }
  throw damaged(`line ${index + 1} of its output is ${JSON.stringify(line.slice(0, 60))}`);
}

const damaged = (found: string): CramfsError => new CramfsError('LAB', { what: 'sent damaged results', found });

/** How a line of the output begins. */
const LINE = '{"line":';
/** What the init program says before it looks at the first image. */
const START = '{"start":true}';

/** Whether the init program has begun: what goes wrong before does not come of an image. */
export function hasStarted(output: Uint8Array): boolean {
  return decodeName(output).includes(START);
}

/** Whether the init program came to the end of its plan. */
export function hasEnded(output: Uint8Array): boolean {
  return decodeName(output).trimEnd().endsWith('{"end":true}');
}

/**
 * What the kernel was at when the output ended: a request in words.
 *
 * @param output of a run that did not come to its end
 * @returns undefined where it had not begun
 */
export function unanswered(
  output: Uint8Array,
  regions: readonly LabRegion[],
  architecture: Architecture = AMD64,
): string | undefined {
  const text = decodeName(output);
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const last = /^[0-9]+/.exec(whole.slice(whole.lastIndexOf(LINE) + LINE.length))?.[0];
  if (last === undefined && !hasStarted(output)) return undefined;
  const asked = regions.flatMap(({ name, requests }) => [`mount ${name}`, ...requests.map(requestText)]);
  return asked[last === undefined ? 0 : Number(last) - planHeadLines(architecture)];
}

/** Results in the order of the plan. */
class Results {
  readonly #results: readonly Result[];
  readonly #architecture: Architecture;
  #next = 0;
  #planLine: number;

  constructor(results: readonly Result[], architecture: Architecture) {
    this.#results = results;
    this.#architecture = architecture;
    this.#planLine = planHeadLines(architecture);
  }

  transcripts(regions: readonly LabRegion[]): LabTranscript[] {
    const transcripts = regions.map((region) => this.#transcript(region));
    if (this.#next !== this.#results.length - 1) throw damaged('there are more results than requests');
    return transcripts;
  }

  #transcript({ name, physAddress, regionBytes, requests }: LabRegion): LabTranscript {
    const result = this.#take();
    const setup = {
      type: 'setup',
      image: name,
      base: hex(physAddress),
      mtd_size: regionBytes,
      ...result,
      ...memoryOf(this.#architecture),
    } as LabSetup;
    const device = Number.parseInt(/^mtd[0-9]+: ([0-9a-f]+) /.exec(setup.mtd ?? '')?.[1] ?? '', 16);
    if (device !== regionBytes) {
      throw new CramfsError('LAB', { what: `has no device of ${regionBytes} bytes`, found: setup.mtd });
    }
    if (setup.mount === null) return { setup, records: requests.map((request) => recordOf(request, this.#take())) };
    this.#planLine += requests.length;
    return { setup, records: [] };
  }

  /** The results of the plan's next line. */
  #take(): Omit<Result, 'line'> {
    this.#planLine++;
    const { line, ...result } = this.#results[this.#next++] ?? {};
    if (line === this.#planLine) return result;
    throw damaged(`expected results of line ${this.#planLine} of the plan, found those of line ${String(line)}`);
  }
}

/** What a setup has of the memory of an architecture whose kernels are built here. */
function memoryOf(architecture: Architecture): Partial<LabSetup> {
  const { memoryModel } = architecture;
  return memoryModel === undefined ? {} : { memory_model: memoryModel, patched: false, ram: ramText(architecture) };
}

/** The fields of a call that never returned; an empty object for one that did. */
function neverReturned({ returned, kmsg }: Partial<LabVectorRecord>): Partial<LabVectorRecord> {
  if (returned !== false || kmsg === undefined) return {};
  const isOurs = (line: string): boolean => line.startsWith('cramfs: ');
  return { returned, oops: oopsOf(kmsg.filter((line) => !isOurs(line))), kmsg: kmsg.filter(isOurs) };
}

/** A record, its fields in the order of the format's description. */
function recordOf(request: LabRequest, result: Omit<Result, 'line'>): LabRecord {
  switch (request.type) {
    case 'vector': {
      const { type, path, length, offset, prot, flags } = request;
      return { type, path, length, offset, prot, flags, ...vectorResult(result) } as LabVectorRecord;
    }
    case 'read': {
      const { errno, size, bytes, crc, kmsg } = result as Partial<LabReadRecord>;
      const log = kmsg === undefined ? {} : { kmsg: kmsg.map(withoutPointers) };
      return { type: 'read', path: request.path, errno, size, bytes, crc, ...log } as LabReadRecord;
    }
    case 'exec': {
      const { exit, signal, output, captured, cached } = result as Partial<LabExecRecord>;
      const stuck = neverReturned(result);
      const kmsg = (stuck.kmsg ?? (result as Partial<LabExecRecord>).kmsg)?.map(withoutPointers);
      const capture = { ...(captured === undefined ? {} : { captured }), ...(cached === undefined ? {} : { cached }) };
      const { type, argv } = request;
      return { type, argv, ...captureOf(request), exit, signal, output, ...stuck, kmsg, ...capture } as LabExecRecord;
    }
  }
}

/** `pages` has a CRC-32 or the letter of a signal for each page. */
function vectorResult(result: Omit<Result, 'line'>): Partial<LabVectorRecord> {
  const { errno, failed, kmsg, state, vmflags, maps_offset, vma_pages, direct_pages, pte, pages } = result as Partial<
    LabVectorRecord & { readonly pages: readonly string[] }
  >;
  if (result.returned === false) return { errno: null, ...neverReturned(result) };
  const call = { errno, ...(failed === undefined ? {} : { failed }), kmsg } as Partial<LabVectorRecord>;
  if (state === undefined) return call;
  const mapping = { ...call, state, vmflags, maps_offset, vma_pages, direct_pages, pte };
  if (pages === undefined) return mapping;
  const isSignal = (page: string): boolean => page.length === 1;
  return {
    ...mapping,
    touch: pages.map((page) => (isSignal(page) ? page : 'o')).join(''),
    crc: pages.map((page) => (isSignal(page) ? null : page)),
  };
}
