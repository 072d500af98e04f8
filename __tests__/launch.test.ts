/** How built programs start: the pieces of their bundle, and what V8 compiled of them. */
import { expect, test } from '@jest/globals';
import { build } from 'esbuild';
import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { joinPieces } from '../scripts/pieces.mjs';
import { Folder } from './support/cli.ts';

const folder = new Folder();

/** An output of esbuild that imports others at once. */
function output(bytes: number, imports: readonly string[], entryPoint?: string) {
  return {
    bytes,
    inputs: {},
    exports: [],
    imports: imports.map((path) => ({ path, kind: 'import-statement' as const })),
    ...(entryPoint === undefined ? {} : { entryPoint }),
  };
}

test('pieces that the same programs need are joined, each after what it imports', () => {
  const pieces = joinPieces({
    one: output(10, ['a', 'b', 'c'], 'one.ts'),
    two: output(10, ['a', 'b'], 'two.ts'),
    a: output(1000, ['b']),
    b: output(1000, []),
    c: output(500_000, ['a']),
  });
  const all = [...pieces.values()];
  expect(all).toContainEqual(['b', 'a']);
  // The second program would load it for nothing.
  expect(all).toContainEqual(['c']);
  expect(all.flat().sort()).toEqual(['a', 'b', 'c', 'one', 'two']);
});

test('a piece that loads threads is not joined to one of a program without them', () => {
  const threads = { path: 'node:worker_threads', kind: 'import-statement' as const, external: true };
  const pieces = (imports: readonly object[]) => {
    const serve = output(1000, []);
    const outputs = {
      worker: output(10, ['serve', 'codec'], 'worker.ts'),
      other: output(10, ['serve', 'codec'], 'other.ts'),
      program: output(10, ['codec'], 'program.ts'),
      codec: output(1000, []),
      serve: { ...serve, imports: [...serve.imports, ...imports] as typeof serve.imports },
    };
    return [...joinPieces(outputs).values()].map((parts) => parts.length);
  };
  expect(pieces([])).toContain(2);
  expect(pieces([threads])).not.toContain(2);
});

test('whatever is joined, each part runs once, after all that it imports', () => {
  const parts = fc.array(
    fc.record({ bytes: fc.constantFrom(100, 20_000, 900_000), imports: fc.array(fc.nat(9), { maxLength: 3 }) }),
    { minLength: 4, maxLength: 10 },
  );
  let joined = 0;
  fc.assert(
    fc.property(
      parts,
      fc.array(fc.array(fc.nat(9), { maxLength: 4 }), { minLength: 1, maxLength: 3 }),
      (list, entries) => {
        const known = (wanted: readonly number[], below: number): string[] =>
          [...new Set(wanted)].filter((index) => index < below).map((index) => `p${String(index)}`);
        const outputs = Object.fromEntries([
          ...list.map(
            ({ bytes, imports }, index) => [`p${String(index)}`, output(bytes, known(imports, index))] as const,
          ),
          ...entries.map(
            (wanted, index) => [`e${String(index)}`, output(9, known(wanted, list.length), 'e.ts')] as const,
          ),
        ]);
        const pieces = joinPieces(outputs);
        joined += Object.keys(outputs).length - pieces.size;
        const pieceOf = new Map([...pieces].flatMap(([path, all]) => all.map((part) => [part, path] as const)));
        const begun = new Set<string>();
        const done = new Set<string>();
        const load = (piece: string): void => {
          if (begun.has(piece)) return;
          begun.add(piece);
          for (const part of pieces.get(piece) ?? []) {
            for (const { path } of outputs[part]?.imports ?? []) {
              load(pieceOf.get(path) ?? '');
              expect(done).toContain(path);
            }
            expect(done).not.toContain(part);
            done.add(part);
          }
        };
        for (const path of pieces.keys()) load(path);
        expect(done.size).toBe(Object.keys(outputs).length);
      },
    ),
  );
  expect(joined).toBeGreaterThan(20);
});

test('a program prints the same with code that was kept, with none, and with code of another V8', async () => {
  const { at, run, code } = await hello();
  const expected = `gruß/Gott ${folder.path}\n`;
  expect(run()).toBe(expected);
  writeFileSync(code('hello-main.cjs'), 'not code');
  expect(run()).toBe(expected);
  expect(run({ node: KEEP })).toBe(expected);
  expect(readdirSync(folder.path)).toContain(code('piece.cjs').slice(folder.path.length + 1));
  expect(readFileSync(code('hello-main.cjs')).length).toBeGreaterThan(100);
  expect(run()).toBe(expected);
  expect(run({ node: ['--stack-size=900'] })).toBe(expected);
  rmSync(at('piece.cjs'));
  expect(run()).toContain('no such file');
});

test('a program with a pack needs no other file, and prints the same with code of another V8 in it', async () => {
  const { at, run, code } = await hello();
  const expected = `gruß/Gott ${folder.path}\n`;
  const [pack, packOfGreet] = [code('hello-main.cjs.pack'), code('hello-main.cjs.greet.pack')];
  writeFileSync(code('hello-main.cjs'), '');
  expect(run({ node: KEEP, env: { PACK: at('hello-main.cjs.pack') } })).toBe(expected);
  const withoutCode = readFileSync(pack);
  expect(withoutCode.readUInt32LE(0)).toBe(0);
  expect(run({ node: KEEP })).toBe(expected);
  expect(readFileSync(pack).readUInt32LE(0)).toBeGreaterThan(100);
  expect(run({ node: ['--stack-size=900'] })).toBe(expected);
  // The pack of a word is taken for that word only, and what is in no pack is a file.
  const other = withoutCode.toString().replace('Gott', 'dich');
  writeFileSync(packOfGreet, other);
  expect([run({ args: ['greet'] }), run({ args: ['../greet'] })]).toEqual([expected.replace('Gott', 'dich'), expected]);
  rmSync(at('piece.cjs'));
  rmSync(at('hello-main.cjs'));
  expect(run()).toBe(expected);
  writeFileSync(packOfGreet, other.replace('./piece.cjs": function', './other.cjs": function'));
  expect(run({ args: ['greet'] })).toContain('no such file');
});

/** For node: keeps code. */
const KEEP = ['--require', resolve('scripts/keep-code.cjs')];

/** A built program of two files. */
async function hello() {
  const at = (name: string): string => join(folder.path, name);
  await build({
    entryPoints: ['bin/launch.ts'],
    outfile: at('hello.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    define: { PROGRAM: '"./hello-main.cjs"' },
  });
  writeFileSync(at('hello-main.cjs'), 'const { text } = require("./piece.cjs"); console.log(text(), __dirname);');
  writeFileSync(at('piece.cjs'), 'const { join } = require("node:path"); exports.text = () => join("gruß", "Gott");');
  const run = ({ node = [], args = [], env = {} }: { node?: string[]; args?: string[]; env?: object } = {}): string => {
    const all = [...node, at('hello.cjs'), ...args];
    const { stdout, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8', env: { ...process.env, ...env } });
    return stdout + stderr;
  };
  return { at, run, code: (name: string) => at(`${name}.${process.versions.v8}-${process.arch}.code`) };
}
