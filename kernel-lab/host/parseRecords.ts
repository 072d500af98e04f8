/** Kernel transcripts and files of requests, from their text: see record.ts. */
import { CramfsError } from '../../lib/index.ts';
import {
  LAB_FLAGS,
  type LabActionRecord,
  type LabExec,
  type LabExecRecord,
  type LabOops,
  type LabPteRun,
  type LabRead,
  type LabReadRecord,
  type LabRecord,
  type LabRequest,
  type LabSetup,
  type LabTranscript,
  type LabVector,
  type LabVectorRecord,
} from './record.ts';

/**
 * A transcript from its text.
 *
 * @param name what to call the text in errors
 * @throws CramfsError USAGE with the line, what was expected there and what was found
 */
export function parseTranscript(text: string, name = 'transcript'): LabTranscript {
  const lines = parseLines(text, name);
  const first = lines[0];
  if (first === undefined) throw new CramfsError('USAGE', { found: `${name}: expected a setup, found no line` });
  const setup = setupOf(first);
  const records = lines.slice(1).flatMap((line): LabRecord | [] => {
    const request = parseRequest(line);
    if (request === null) {
      if (line.isSetup()) throw line.error('expected one setup only, found another');
      return [];
    }
    switch (request.type) {
      case 'vector':
        return { ...request, ...vectorResult(line) };
      case 'read':
        return { ...request, ...readResult(line) };
      case 'exec':
        return { ...request, ...execResult(line) };
    }
  });
  return { setup, records };
}

/**
 * Requests from their text, which may be that of a transcript.
 *
 * @param name what to call the text in errors
 * @throws CramfsError USAGE with the line, what was expected there and what was found
 */
export function parseRequests(text: string, name = 'vectors'): readonly LabRequest[] {
  return parseLines(text, name)
    .map(parseRequest)
    .filter((request) => request !== null);
}

/** One line's object, and its fields as they are asked for. */
class Line {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #place: string;

  constructor(text: string, place: string) {
    this.#place = place;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw this.error(`expected a JSON object, found ${shortened(text)}`);
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw this.error(`expected a JSON object, found ${shortened(text)}`);
    }
    this.#fields = value as Record<string, unknown>;
  }

  error(found: string): CramfsError {
    return new CramfsError('USAGE', { found: `${this.#place}: ${found}` });
  }

  has(name: string): boolean {
    return this.#fields[name] !== undefined;
  }

  isSetup(): boolean {
    return this.#fields.type === 'setup';
  }

  /** The field, which `isRight` must accept. */
  field<T>(name: string, expected: string, isRight: (value: unknown) => value is T): T {
    const value = this.#fields[name];
    if (isRight(value)) return value;
    const found = value === undefined ? 'nothing' : shortened(JSON.stringify(value));
    throw this.error(`"${name}": expected ${expected}, found ${found}`);
  }

  /** The field, undefined where the line has none. */
  optional<T>(name: string, expected: string, isRight: (value: unknown) => value is T): T | undefined {
    return this.has(name) ? this.field(name, expected, isRight) : undefined;
  }
}

function parseLines(text: string, name: string): Line[] {
  const lines: Line[] = [];
  text.split('\n').forEach((line, index) => {
    if (line.trim() !== '') lines.push(new Line(line, `${name}, line ${String(index + 1)}`));
  });
  return lines;
}

function setupOf(line: Line): LabSetup {
  return {
    type: line.field('type', '"setup", which a transcript begins with', oneOf('setup')),
    image: line.field('image', 'a name', isString),
    base: line.field('base', 'an address like "0x10000000"', isHex),
    mtd_size: line.field('mtd_size', 'a number of bytes', isCount),
    page_size: line.field('page_size', 'a number of bytes', isCount),
    release: line.field('release', 'the release of a kernel', isString),
    variant: line.optional('variant', 'a text', isString),
    version: line.optional('version', 'a text', isString),
    machine: line.optional('machine', 'a text', isString),
    memory_model: line.optional('memory_model', 'a text', isString),
    patched: line.optional('patched', 'true or false', isBoolean),
    ram: line.optional('ram', 'addresses like "0x80000000-0x8bffffff"', isSpan),
    mtd: line.optional('mtd', 'a text', isString),
    mount: line.field('mount', 'the name of an error, or null', isStringOrNull),
    kmsg: line.field('kmsg', 'lines of the kernel log', isStrings),
  };
}

/** The request of a line, null for a setup and for what was looked at between requests. */
function parseRequest(line: Line): LabRequest | null {
  const type = line.field('type', '"vector", "read" or "exec"', isType);
  switch (type) {
    case 'setup':
    case 'pfn':
    case 'fill':
    case 'check':
    case 'text':
      return null;
    case 'vector':
      return {
        type,
        path: line.field('path', 'a path that begins with "/"', isPath),
        length: line.field('length', 'a number of bytes', isCount),
        offset: Number(line.field('offset', 'a number of bytes', isOffset)),
        prot: line.field('prot', 'letters of "rwx", or "-"', isProt),
        ...(line.has('acts') ? { acts: line.field('acts', 'names of actions', isString) } : {}),
        flags: line.field('flags', `"private" or "shared", and names of ${LAB_FLAGS.slice(2).join(', ')}`, isFlags),
      };
    case 'read':
      return { type, path: line.field('path', 'a path that begins with "/"', isPath) };
    case 'exec':
      return { type, argv: line.field('argv', "a program's path and its arguments", isArgv) };
  }
}

function vectorResult(line: Line): Omit<LabVectorRecord, keyof LabVector> {
  const returned = line.optional('returned', 'false', isFalse);
  const result = {
    ...(returned === false ? { returned, oops: line.optional('oops', 'an oops', isOops) } : {}),
    errno: returned === false ? null : line.field('errno', 'the name of an error, or null', isStringOrNull),
    failed: line.optional('failed', '"open"', oneOf('open')),
    kmsg: line.field('kmsg', 'lines of the kernel log', isStrings),
    killed: line.optional('killed', 'a signal, or null', isCountOrNull),
  };
  if (!line.has('state')) return result;
  return {
    ...result,
    state: line.field('state', '"pfnmap", "mixedmap" or "none"', isState),
    vmflags: line.field('vmflags', 'the VmFlags', isString),
    maps_offset: line.field('maps_offset', 'an offset like "0x1000"', isHex),
    vma_pages: line.field('vma_pages', 'a number of pages', isCount),
    direct_pages: line.field('direct_pages', 'a number of pages', isCount),
    pte: line.field('pte', 'runs [page, pages, "0xpfn"]', isPteRuns),
    touch: line.optional('touch', 'a letter of o, B and S for each page', isTouch),
    crc: line.optional('crc', 'a CRC-32 or null for each page', isCrcsOrNull),
    actions: line.optional('actions', 'what came of each action', isActions),
  };
}

function readResult(line: Line): Omit<LabReadRecord, keyof LabRead> {
  return {
    errno: line.field('errno', 'the name of an error, or null', isStringOrNull),
    size: line.field('size', 'a number of bytes', isCount),
    bytes: line.field('bytes', 'a number of bytes', isCount),
    crc: line.field('crc', 'a CRC-32 for each page', isCrcs),
    kmsg: line.optional('kmsg', 'lines of the kernel log', isStrings),
  };
}

function execResult(line: Line): Omit<LabExecRecord, keyof LabExec> {
  return {
    exit: line.field('exit', 'an exit status, or null', isCountOrNull),
    signal: line.field('signal', 'a signal, or null', isCountOrNull),
    output: line.field('output', 'a text', isString),
    kmsg: line.field('kmsg', 'lines of the kernel log', isStrings),
    ...(line.has('oops') ? { returned: false as const, oops: line.field('oops', 'an oops', isOops) } : {}),
  };
}

const arrayOf =
  <T>(isRight: (value: unknown) => value is T) =>
  (value: unknown): value is T[] =>
    Array.isArray(value) && value.every(isRight);
const orNull =
  <T>(isRight: (value: unknown) => value is T) =>
  (value: unknown): value is T | null =>
    value === null || isRight(value);

const isFalse = (value: unknown): value is false => value === false;
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
const isString = (value: unknown): value is string => typeof value === 'string';
const matching =
  (pattern: RegExp) =>
  (value: unknown): value is string =>
    typeof value === 'string' && pattern.test(value);
const isSpan = matching(/^0x[0-9a-f]+-0x[0-9a-f]+$/);
const isHex = matching(/^0x[0-9a-f]+$/);
const isPath = matching(/^\//);
const isProt = matching(/^(?:-|(?=.)r?w?x?)$/);
const isTouch = matching(/^[oBS]*$/);
const isCrc = matching(/^[0-9a-f]{8}$/);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
/** A number, or an exact one in hexadecimal; a double holds it if it is page aligned. */
const isOffset = (value: unknown): value is number | string =>
  isCount(value) || (isHex(value) && BigInt(Number(value)) === BigInt(value) && Number(value) < 2 ** 63);
const isStringOrNull = orNull(isString);
const isCountOrNull = orNull(isCount);
const isStrings = arrayOf(isString);
const isCrcs = arrayOf(isCrc);
const isCrcsOrNull = arrayOf(orNull(isCrc));
const isArgv = (value: unknown): value is string[] => isStrings(value) && isPath(value[0]);
/** The last four are looks at memory and at a process between requests, as the transcripts of RISC-V kernels have them. */
const isType = oneOf('setup', 'vector', 'read', 'exec', 'pfn', 'fill', 'check', 'text');
const isState = oneOf('pfnmap', 'mixedmap', 'none');
const isActions = arrayOf(
  (value): value is LabActionRecord =>
    typeof value === 'object' && value !== null && isString((value as LabActionRecord).action),
);
const isOops = (value: unknown): value is LabOops =>
  typeof value === 'object' && value !== null && isString((value as LabOops).what);
const isPteRuns = arrayOf(
  (value): value is LabPteRun =>
    Array.isArray(value) && value.length === 3 && isCount(value[0]) && isCount(value[1]) && isHex(value[2]),
);

function oneOf<const T extends string>(...names: T[]): (value: unknown) => value is T {
  return (value): value is T => names.some((name) => name === value);
}

function isFlags(value: unknown): value is string {
  if (!isString(value)) return false;
  const [visibility, ...others] = value.split(',');
  const known: readonly string[] = LAB_FLAGS.slice(2);
  return (visibility === 'private' || visibility === 'shared') && others.every((flag) => known.includes(flag));
}

const shortened = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);
