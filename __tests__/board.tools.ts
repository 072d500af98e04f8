/** Device trees as dtc compiles and decompiles them: every form gives the same partitions. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { IncludeReader } from '../lib/board/dtsTokens.ts';
import { type PartitionTable, placeOf } from '../lib/board/partitionTable.ts';
import { readPartitionTable } from '../lib/board/readPartitionTable.ts';
import { Folder } from './support/cli.ts';

const folder = new Folder();
afterAll(() => {
  folder.remove();
});
const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/boards/${name}`, import.meta.url));
const include: IncludeReader = (name) => ({ name, text: readFileSync(fixture(name), 'utf8') });

/** Name, base and size of each partition: what a machine takes from it. */
function places(file: string): unknown {
  const table: PartitionTable = readPartitionTable(new Uint8Array(readFileSync(file)), file, include);
  return table.partitions.map((partition) => ({ name: partition.name, ...placeOf(partition, table) }));
}

function dtc(from: string, to: string, input: string, output: string): void {
  execFileSync('dtc', ['-q', '-I', from, '-O', to, '-o', output, input]);
}

describe.each(['board.dts', 'wide.dts'])('%s', (name) => {
  const [dtb, dts, again] = ['a.dtb', 'b.dts', 'c.dtb'].map((file) => join(folder.path, `${name}.${file}`)) as [
    string,
    string,
    string,
  ];

  test('gives the same bases and sizes as source, compiled, decompiled, and compiled again', () => {
    // As Linux builds device trees: the C preprocessor comes first, and sees what is included.
    const [unread, plain] = [join(folder.path, name), join(folder.path, `${name}.plain`)];
    writeFileSync(unread, readFileSync(fixture(name), 'utf8').replaceAll('/include/', '#include'));
    execFileSync('cpp', ['-nostdinc', '-undef', '-P', '-x', 'assembler-with-cpp', '-I', fixture('.'), unread, plain]);
    dtc('dts', 'dtb', plain, dtb);
    dtc('dtb', 'dts', dtb, dts);
    dtc('dts', 'dtb', dts, again);
    const [source, ...others] = [fixture(name), dtb, dts, again].map(places);
    expect((source as unknown[]).length).toBeGreaterThan(2);
    for (const other of others) expect(other).toEqual(source);
  });

  test('is compiled to what the fixture has', () => {
    expect(places(dtb)).toEqual(places(fixture(name.replace('.dts', '.dtb'))));
  });
});
