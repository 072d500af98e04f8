/** How built programs start: the pieces of their bundle, and what V8 compiled of them. */
import { expect, test } from '@jest/globals';
import { build } from 'esbuild';
import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
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
  const run = (...options: string[]): string => {
    const { stdout, stderr } = spawnSync(process.execPath, [...options, at('hello.cjs')], { encoding: 'utf8' });
    return stdout + stderr;
  };
  const expected = `gruß/Gott ${folder.path}\n`;
  expect(run()).toBe(expected);
  const code = (name: string): string => at(`${name}.cjs.${process.versions.v8}-${process.arch}.code`);
  writeFileSync(code('hello-main'), 'not code');
  expect(run()).toBe(expected);
  expect(run('--require', resolve('scripts/keep-code.cjs'))).toBe(expected);
  expect(readdirSync(folder.path)).toContain(code('piece').slice(folder.path.length + 1));
  expect(readFileSync(code('hello-main')).length).toBeGreaterThan(100);
  expect(run()).toBe(expected);
  expect(run('--stack-size=900')).toBe(expected);
});
