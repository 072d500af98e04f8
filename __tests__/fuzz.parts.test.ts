/** Parts of the learning fuzzer: what a thread shows of its case, what counts as a new answer, which kinds it chooses. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KindChooser, KINDS } from '../scripts/fuzz/cases.ts';
import { caseLine } from '../scripts/fuzz/corpus.ts';
import { chanceFrom } from '../scripts/fuzz/inputs/chance.ts';
import { randomFrom } from '../scripts/fuzz/mutate.ts';
import { presentLine, writePresent } from '../scripts/fuzz/present.mjs';
import { kindsOfLines, Sandbox } from '../scripts/fuzz/sandbox.ts';

const folder = mkdtempSync(join(tmpdir(), 'cramfs-fuzz-parts-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the case that a thread is at', () => {
  const cases = [
    { kind: 'info', choice: 7, inputs: [Uint8Array.of(0, 10, 255, 13)] },
    { kind: 'diff of two', choice: 2 ** 31 - 1, inputs: [new Uint8Array(5000).fill(10), Uint8Array.of(1)] },
    { kind: 'plain tree', choice: 0, inputs: [] },
    { kind: 'ls', choice: 1, inputs: [new Uint8Array(0)] },
  ];

  test('is read from shared memory as the line of the corpus that it is', () => {
    const memory = new Uint8Array(new SharedArrayBuffer(1 << 16));
    expect(presentLine(memory)).toBe('');
    for (const each of cases) {
      writePresent(memory, each);
      expect(presentLine(memory)).toBe(caseLine(each));
    }
  });

  test('is left out in part where it does not fit', () => {
    const memory = new Uint8Array(100);
    writePresent(memory, { kind: 'info', choice: 1, inputs: [new Uint8Array(200)] });
    expect(JSON.parse(presentLine(memory))).toMatchObject({ kind: 'info', choice: 1 });
  });
});

test('answers that differ in numbers, bytes and names are of one kind, and each line has its own', () => {
  const one = kindsOfLines('cramfs ls: "a b": block 7 at 0xfc\npolicy:3:1: bad (de ad 0f)\n');
  const other = kindsOfLines('cramfs ls: "x b": block 31 at 0x10\npolicy:12:9: bad (00 11)\n');
  expect(one).toEqual(other);
  expect(one).toHaveLength(2);
  expect(kindsOfLines('cramfs ls: no block')).not.toEqual(kindsOfLines('cramfs ls: no table'));
});

test('an input has the bytes of the present case and none of a longer one before', () => {
  const sandbox = new Sandbox(folder, 'schemas');
  for (const bytes of [
    new Uint8Array(5000).fill(1),
    Uint8Array.of(2, 3),
    new Uint8Array(0),
    new Uint8Array(70).fill(4),
  ]) {
    const file = sandbox.input(0, bytes);
    expect(new Uint8Array(readFileSync(file))).toEqual(bytes);
    expect(sandbox.bytesOf(0)).toBe(bytes);
    expect(sandbox.input(0, bytes)).toBe(file);
  }
  expect(sandbox.bytesOf(1)).toBeNull();
});

test('each kind of case gets time by its weight, whatever it takes', () => {
  const chooser = new KindChooser();
  const chance = chanceFrom(randomFrom(1));
  const times = { info: 1, map: 4, repack: 20 };
  for (const [kind, took] of Object.entries(times)) for (let i = 0; i < 200; i++) chooser.note(kind, took);
  const counts = new Map<string, number>();
  for (let i = 0; i < 200_000; i++) {
    const kind = chooser.pick(chance);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  expect([...counts.keys()].sort()).toEqual(Object.keys(KINDS).sort());
  const timeFor = (kind: keyof typeof times): number =>
    ((counts.get(kind) ?? 0) * times[kind]) / (KINDS[kind]?.weight ?? 1);
  for (const kind of ['map', 'repack'] as const) {
    const ratio = timeFor(kind) / timeFor('info');
    expect(ratio).toBeGreaterThan(0.8);
    expect(ratio).toBeLessThan(1.25);
  }
});
