/**
 * The options that take a machine's place and size from the build: partition tables.
 */
import { dirname, isAbsolute, join } from 'node:path';
import { CramfsError } from '../base/errors.ts';
import type { IncludeReader } from '../board/dtsTokens.ts';
import { findPartition, listed, type Partition, type PartitionTable, placeOf } from '../board/partitionTable.ts';
import { MAX_TABLE_BYTES, readPartitionTable } from '../board/readPartitionTable.ts';
import type { PolicyMachine } from '../policy/policy.ts';
import { readBytes, readText } from './inputFile.ts';
import { parseNumber } from './numbers.ts';
import { usage } from './usage.ts';

/** The options as commander hands them over: text, still. */
export interface PartitionOptions {
  readonly partitionTable?: string;
  readonly partition?: string;
  readonly flashBase?: string;
}

/** A partition that was chosen. */
export interface ChosenPartition {
  readonly name: string;
  /** Physical address; undefined if neither the table nor `--flash-base` has the base of the flash. */
  readonly physBase: number | undefined;
  /** Why there is no address: the end of a sentence. */
  readonly noBase: string | null;
  /** Bytes; undefined if the table does not have them. */
  readonly size: number | undefined;
  /** The files that say so: a table, and what it includes. */
  readonly files: readonly string[];
}

/** A machine as a file has it, with its partition table seen from here. */
export function withTablePath(machine: PolicyMachine, file: string): PolicyMachine {
  const { partitionTable: table } = machine;
  if (table === undefined || table.startsWith('mtdparts=') || isAbsolute(table)) return machine;
  return { ...machine, partitionTable: join(dirname(file), table) };
}

/**
 * The partition that the options name, or the board or policy; null without them.
 *
 * @throws CramfsError USAGE, IO, LIMIT, BAD_TABLE
 */
export function choosePartition(options: PartitionOptions, machine: PolicyMachine = {}): ChosenPartition | null {
  const partitionTable = options.partitionTable ?? machine.partitionTable;
  const partition = options.partition ?? machine.partition;
  const { flashBase } = options;
  if (partitionTable === undefined) {
    if (partition !== undefined) usage('--partition needs --partition-table');
    if ((flashBase ?? machine.flashBase) !== undefined) usage('--flash-base needs --partition-table');
    return null;
  }
  const files: string[] = [];
  const table = readTable(partitionTable, files);
  if (partition === undefined) usage(`--partition is missing; the table has ${listed(table.partitions)}`);
  const base = flashBase === undefined ? machine.flashBase : parseNumber(flashBase, '--flash-base', null);
  const found: Partition = findPartition(table, partition);
  const { physBase, size } = placeOf(found, table, base);
  return { name: found.name, physBase: physBase ?? undefined, noBase: found.noBase, size: size ?? undefined, files };
}

/**
 * The names of a table's partitions; none without a table.
 *
 * @throws CramfsError IO, LIMIT, BAD_TABLE
 */
export function partitionNames(partitionTable: string | undefined): string[] {
  return partitionTable === undefined ? [] : readTable(partitionTable, []).partitions.map(({ name }) => name);
}

/** A table in a file, or mtdparts= as the argument itself. What is read is added to `files`. */
function readTable(file: string, files: string[]): PartitionTable {
  if (file.startsWith('mtdparts=')) return readPartitionTable(new TextEncoder().encode(file), 'mtdparts');
  files.push(file);
  // What a device tree source includes lies beside it.
  const include: IncludeReader = (included, from) => {
    const name = join(dirname(from), included);
    try {
      const text = readText(name, MAX_TABLE_BYTES);
      files.push(name);
      return { name, text };
    } catch (error) {
      if (error instanceof CramfsError) return null;
      throw error;
    }
  };
  return readPartitionTable(readBytes(file, MAX_TABLE_BYTES), file, include);
}
