/**
 * A line of a batch: a request in JSON.
 */
import { CramfsError } from '../base/errors.ts';
import { kernelModel } from '../driver/models/index.ts';
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

/**
 * Reads a line of a batch. Unknown keys and flags are ignored, so that a line of a kernel transcript is a request.
 *
 * @throws CramfsError USAGE for a line that is no request
 */
export function parseBatchLine(text: string): BatchRequest {
  let value: unknown;
  try {
    value = JSON.parse(text.trim());
  } catch (cause) {
    throw new CramfsError('USAGE', { found: `the line is not JSON: ${(cause as Error).message}`, cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) bad('the line is not a JSON object');
  const line = value as Record<string, unknown>;
  const { path, offset, length, prot, flags, addr, mode, noexec, kernel, stackInit, physBits, acts } = line;
  if (typeof path !== 'string') bad('"path" must be a string');
  const set = flagList(flags);
  if (set.includes('shared') && set.includes('private')) bad('"flags" has both "shared" and "private"');
  const request: MapRequest = {
    path,
    offset: wholeNumber(offset, 'offset'),
    length: wholeNumber(length, 'length'),
    prot: protLetters(prot),
    shared: set.includes('shared'),
    populate: set.includes('populate'),
    locked: set.includes('locked'),
    rdwr: set.includes('rdwr'),
    lone: set.includes('lone'),
    vmaStart: vmaStart(addr, set),
    actions: typeof acts === 'string' && acts !== '' ? parseActions(acts) : undefined,
    mapType: mapType(set),
    fixed: set.includes('fixed'),
    traced: mode === 'traced',
    noexec: noexec === true,
  };
  if ((request.length ?? 0) < 0) bad('"length" must not be negative');
  const variant: BoardVariant = {
    // In a transcript it is an array: the lines of an oops.
    ...(kernel === undefined || kernel === null || Array.isArray(kernel) ? {} : { kernel: kernelNamed(kernel) }),
    ...(stackInit === undefined || stackInit === null ? {} : { stackInit: parseStackInit(stackInit, '"stackInit"') }),
    ...(physBits === undefined || physBits === null ? {} : { physBits: parsePhysBits(physBits, '"physBits"') }),
  };
  return { request, variant, touches: !set.includes('notouch') };
}

/**
 * The virtual address to map at: the flag `at=HEX`; with the flags `lone` and `nbr` also `addr`, a number or in hexadecimal.
 * Of other mappings a transcript's `addr` is what the kernel chose.
 */
function vmaStart(addr: unknown, flags: readonly string[]): number | undefined {
  const flag = flags.find((each) => each.startsWith('at='));
  const placed = flags.includes('lone') || flags.includes('nbr');
  if (flag === undefined && (!placed || addr === undefined || addr === null)) return undefined;
  const address = flag === undefined ? addressOf(addr) : Number.parseInt(flag.slice('at='.length), 16);
  if (!Number.isSafeInteger(address) || address < 0) bad('"addr" must be an address, such as "0x20000"');
  return address;
}

function addressOf(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^0x[0-9a-f]+$/i.test(value) ? Number(value) : Number.NaN;
}

/** What replaces MAP_PRIVATE or MAP_SHARED. */
function mapType(flags: readonly string[]): MapRequest['mapType'] {
  if (flags.includes('none')) return 'none';
  return flags.includes('shared_validate') ? 'shared_validate' : undefined;
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
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') return value.split(',').map((flag) => flag.trim());
  if (Array.isArray(value) && value.every((flag) => typeof flag === 'string')) return value;
  return bad('"flags" must be an array of strings, or a string with commas');
}
