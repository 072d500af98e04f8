/**
 * A line of a batch: a request in JSON.
 */
import { CramfsError } from '../base/errors.ts';
import { kernelModel } from '../driver/models/named.ts';
import type { KernelModel } from '../driver/models/kernelModel.ts';
import type { BoardVariant } from '../verdict/board.ts';
import { parseActions } from '../verdict/actions.ts';
import type { MapRequest } from '../verdict/request.ts';
import { parsePhysBits, parseStackInit } from './machineOptions.ts';

/** A request of a batch, and what it asks of the board. */
export interface BatchRequest {
  readonly request: MapRequest;
  /** A board that differs from the batch's own. */
  readonly variant: BoardVariant;
  /** False with the flag "notouch": pages are not looked at. */
  readonly touches: boolean;
}

/** What a line may say; other keys are ignored. */
type Line = Readonly<
  Partial<
    Record<
      | 'path'
      | 'offset'
      | 'length'
      | 'prot'
      | 'flags'
      | 'addr'
      | 'mode'
      | 'noexec'
      | 'kernel'
      | 'stackInit'
      | 'physBits'
      | 'acts',
      unknown
    >
  >
>;

/** A line as most are: these keys in this order, and letters that JSON has as they are. */
const USUAL =
  /^\{"path":"([ !#-[\]-~]*)"(?:,"offset":(0|[1-9]\d{0,14}))?(?:,"length":(0|[1-9]\d{0,14}))?(?:,"prot":"([ !#-[\]-~]*)")?(?:,"flags":"([ !#-[\]-~]*)")?\}$/;

/** The values of a line. It is taken apart faster than by JSON.parse() where it is as usual. */
function valuesOf(text: string): Line {
  const usual = USUAL.exec(text);
  if (usual === null) return parseJson(text);
  const [, path, offset, length, prot, flags] = usual;
  return { path, offset: offset && Number(offset), length: length && Number(length), prot, flags };
}

function parseJson(text: string): Line {
  let value: unknown;
  try {
    value = JSON.parse(text.trim());
  } catch (cause) {
    throw new CramfsError('USAGE', { found: `the line is not JSON: ${(cause as Error).message}`, cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) bad('the line is not a JSON object');
  return value;
}

/** A board as it is. */
const NO_VARIANT: BoardVariant = {};

/**
 * Reads a line of a batch. Unknown keys and flags are ignored, so that a line of a kernel transcript is a request.
 *
 * @throws CramfsError USAGE for a line that is not a request
 */
export function parseBatchLine(text: string): BatchRequest {
  const line = valuesOf(text);
  const { path, offset, length, prot, flags, addr, mode, noexec, acts } = line;
  if (typeof path !== 'string') bad('"path" must be a string');
  const set = flagSet(flags);
  if (set.shared && set.private) bad('"flags" has both "shared" and "private"');
  const request: MapRequest = {
    path,
    offset: wholeNumber(offset, 'offset'),
    length: wholeNumber(length, 'length'),
    prot: protLetters(prot),
    shared: set.shared,
    populate: set.populate,
    locked: set.locked,
    rdwr: set.rdwr,
    lone: set.lone,
    vmaStart: vmaStart(addr, set),
    actions: typeof acts === 'string' && acts !== '' ? parseActions(acts) : undefined,
    mapType: set.mapType,
    fixed: set.fixed,
    traced: mode === 'traced',
    noexec: noexec === true,
  };
  if ((request.length ?? 0) < 0) bad('"length" must not be negative');
  return { request, variant: variantOf(line), touches: set.touches };
}

function variantOf({ kernel, stackInit, physBits }: Line): BoardVariant {
  if (kernel === undefined && stackInit === undefined && physBits === undefined) return NO_VARIANT;
  return {
    // In a transcript it is an array: the lines of an oops.
    ...(kernel === undefined || kernel === null || Array.isArray(kernel) ? {} : { kernel: kernelNamed(kernel) }),
    ...(stackInit === undefined || stackInit === null ? {} : { stackInit: parseStackInit(stackInit, '"stackInit"') }),
    ...(physBits === undefined || physBits === null ? {} : { physBits: parsePhysBits(physBits, '"physBits"') }),
  };
}

/** What the flags of a line say. */
interface FlagSet {
  readonly shared: boolean;
  readonly private: boolean;
  readonly populate: boolean;
  readonly locked: boolean;
  readonly rdwr: boolean;
  readonly lone: boolean;
  readonly fixed: boolean;
  /** What replaces MAP_PRIVATE or MAP_SHARED. */
  readonly mapType: MapRequest['mapType'];
  /** The address of `at=HEX`: NaN where it is none. */
  readonly at: number | undefined;
  /** Whether `addr` is where to map, and not what a kernel chose. */
  readonly placed: boolean;
  /** Whether pages are looked at. */
  readonly touches: boolean;
}

/** Texts of flags that are remembered: there are some dozens. */
const MAX_FLAG_SETS = 256;
const flagSets = new Map<string, FlagSet>();

function flagSet(value: unknown): FlagSet {
  if (value === undefined || value === null) return NO_FLAGS;
  if (typeof value !== 'string') return flagSetOf(flagList(value));
  let set = flagSets.get(value);
  if (set === undefined) {
    set = flagSetOf(value.split(',').map((flag) => flag.trim()));
    if (flagSets.size >= MAX_FLAG_SETS) flagSets.clear();
    flagSets.set(value, set);
  }
  return set;
}

function flagSetOf(flags: readonly string[]): FlagSet {
  const has = (flag: string): boolean => flags.includes(flag);
  const at = flags.find((flag) => flag.startsWith('at='));
  return {
    shared: has('shared'),
    private: has('private'),
    populate: has('populate'),
    locked: has('locked'),
    rdwr: has('rdwr'),
    lone: has('lone'),
    fixed: has('fixed'),
    mapType: has('none') ? 'none' : has('shared_validate') ? 'shared_validate' : undefined,
    at: at === undefined ? undefined : Number.parseInt(at.slice('at='.length), 16),
    placed: has('lone') || has('nbr'),
    touches: !has('notouch'),
  };
}

const NO_FLAGS = flagSetOf([]);

/**
 * The virtual address to map at: the flag `at=HEX`; with the flags `lone` and `nbr` also `addr`, a number or in hexadecimal.
 * Of other mappings a transcript's `addr` is what the kernel chose.
 */
function vmaStart(addr: unknown, { at, placed }: FlagSet): number | undefined {
  if (at === undefined && (!placed || addr === undefined || addr === null)) return undefined;
  const address = at ?? addressOf(addr);
  if (!Number.isSafeInteger(address) || address < 0) bad('"addr" must be an address, such as "0x20000"');
  return address;
}

function addressOf(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^0x[0-9a-f]+$/i.test(value) ? Number(value) : Number.NaN;
}

function kernelNamed(value: unknown): KernelModel {
  return typeof value === 'string' ? kernelModel(value) : bad('"kernel" must be the name of a kernel model');
}

function bad(found: string): never {
  throw new CramfsError('USAGE', { found });
}

function wholeNumber(value: unknown, key: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  const number = typeof value === 'string' ? exactHex(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number)) bad(`"${key}" must be a whole number of bytes`);
  return number;
}

/** Numbers that JSON cannot hold exactly, as "0x7ffffffffffff000"; NaN for what a double does not hold either. */
function exactHex(text: string): number {
  const isExact = /^0x[0-9a-f]{1,16}$/i.test(text) && BigInt(Number(text)) === BigInt(text);
  return isExact ? Number(text) : Number.NaN;
}

function protLetters(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string' || !/^(-|none|[rwx]*)$/.test(value))
    bad('"prot" must be letters of "rwx", or "-" for none');
  return value === 'none' ? '-' : value;
}

function flagList(value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((flag) => typeof flag === 'string')) return value;
  return bad('"flags" must be an array of strings, or a string with commas');
}
