/** The fuzzer's corpus: what each case showed once still holds. */
import { afterAll, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { KINDS, runCase, TREE_FOLDER } from '../scripts/fuzz/cases.ts';
import { parseCases } from '../scripts/fuzz/corpus.ts';
import { PLANTED } from '../scripts/fuzz/planted.mjs';
import { Sandbox } from '../scripts/fuzz/sandbox.ts';

const folder = mkdtempSync(join(tmpdir(), 'cramfs-corpus-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const root = fileURLToPath(new URL('..', import.meta.url));
const cases = parseCases(gunzipSync(readFileSync(join(root, 'fixtures/fuzz/corpus.jsonl.gz'))).toString());

test('every case of the corpus runs without a failure', async () => {
  mkdirSync(join(folder, TREE_FOLDER));
  writeFileSync(join(folder, TREE_FOLDER, 'a'), 'a'.repeat(5000));
  const sandbox = new Sandbox(folder, join(root, 'schemas'));
  const failures: string[] = [];
  for (const each of cases) {
    await runCase(each, sandbox).catch((error: unknown) => failures.push((error as Error).message));
  }
  expect(failures).toEqual([]);
  expect(sandbox.commands).toBeGreaterThanOrEqual(cases.length);
}, 60_000);

test('the corpus has cases of most kinds of commands and inputs', () => {
  const kinds = new Set(cases.map(({ kind }) => kind));
  expect([...kinds].filter((kind) => !(kind in KINDS))).toEqual([]);
  expect(kinds.size).toBeGreaterThan(Object.keys(KINDS).length * 0.7);
});

test.each(PLANTED.map((bug) => [bug.name, bug] as const))('can still plant: %s', (_, { file, from, to }) => {
  expect(readFileSync(join(root, file), 'utf8').split(from)).toHaveLength(2);
  expect(to).not.toBe(from);
});
