/** How built programs start: the pieces of their bundle, and what V8 compiled of them. */
import { expect, test } from '@jest/globals';
import { build } from 'esbuild';
import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Parts } from '../scripts/parts.mjs';
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
  const packOf = (kind: string): string => code(`hello-main.cjs${kind}.pack`);
  const pack = packOf('');
  const textOf = (name: string, offered: string): string =>
    `(function (require, __dirname, offer) { offer({ "${offered}": () => ({ text: () => "${name}" }) });
    console.log(require("./piece.cjs").text(), __dirname); })`;
  const write = (file: string, name: string, offered = './piece.cjs'): void => {
    writeFileSync(file, Buffer.concat([Buffer.alloc(8), Buffer.from(textOf(name, offered), 'latin1')]));
  };
  rmSync(at('piece.cjs'));
  write(pack, 'gruß/Gott');
  expect(run()).toBe(expected);
  expect(run({ node: KEEP })).toBe(expected);
  expect(readFileSync(pack).readUInt32LE(0)).toBeGreaterThan(100);
  expect(run()).toBe(expected);
  expect(run({ node: ['--stack-size=900'] })).toBe(expected);
  // The pack of a word is taken for that word only, and that of JSON wherever it is asked for.
  write(packOf('.greet'), 'greet');
  write(packOf('.json'), 'json');
  const firstWord = (...args: string[]): string => run({ args }).split(' ')[0] ?? '';
  expect(
    [
      ['greet'],
      ['greet', '--json'],
      ['other', '--json'],
      ['../greet'],
      ['../greet', '--json'],
      ['--json', 'other'],
    ].map((args) => firstWord(...args)),
  ).toEqual(['greet', 'greet', 'json', 'gruß/Gott', 'json', 'json']);
  // What no pack offers is a file.
  write(pack, 'none', './other.cjs');
  expect(run()).toContain('no such file');
});

test('what is loaded is written down, in its order', async () => {
  const { at, run, code } = await hello();
  rmSync(code('hello-main.cjs.pack'), { force: true });
  run({ node: KEEP, env: { LOADED: at('loaded') } });
  expect(JSON.parse(readFileSync(at('loaded'), 'utf8'))).toEqual(['hello-main.cjs', 'piece.cjs']);
});

test('a pack does what its pieces do, and shares its modules with files that are loaded later', async () => {
  const at = (name: string): string => join(folder.path, name);
  const sources = {
    'state.ts':
      'const seen: string[] = []; export const see = (what: string) => { seen.push(what); return seen.join(); };',
    'base.ts': 'export class Base { name() { return "base"; } } export const unused = () => "unused";',
    'words.ts': 'import { see } from "./state.ts"; export const say = (what: string) => { console.log(see(what)); };',
    'later.ts':
      'import { Base, unused } from "./base.ts"; import { say } from "./words.ts"; export const check = (it: unknown) => { say(String(it instanceof Base)); say(unused()); };',
    'one.ts':
      'import { Base } from "./base.ts"; import { say } from "./words.ts"; class More extends Base {} say("one"); if (process.argv[2] === "more") void import("./later.ts").then(({ check }) => { check(new More()); say(__dirname); });',
    'two.ts': 'import { say } from "./words.ts"; say("two");',
  };
  for (const [name, text] of Object.entries(sources)) writeFileSync(at(name), text);
  const { outputFiles, metafile } = await build({
    entryPoints: { 'one-main': at('one.ts'), 'two-main': at('two.ts') },
    outdir: folder.path,
    absWorkingDir: folder.path,
    bundle: true,
    splitting: true,
    format: 'esm',
    outExtension: { '.js': '.cjs' },
    metafile: true,
    write: false,
  });
  const parts = new Parts(outputFiles, metafile.outputs);
  for (const piece of parts.pieces) writeFileSync(at(piece), await parts.pieceText(piece));
  const run = await launcher('one');
  writeFileSync(at(keptAs('one-main.cjs')), '');
  const expected = ['one\n', `one\none,true\none,true,unused\none,true,unused,${folder.path}\n`];
  expect([run(), run({ args: ['more'] })]).toEqual(expected);
  run({ node: KEEP, env: { LOADED: at('loaded') } });
  const loaded = JSON.parse(readFileSync(at('loaded'), 'utf8')) as string[];
  const text = await parts.packText(loaded);
  expect(text.match(/require\("\.\/[\w-]+/g)).toEqual([expect.stringContaining('./later-')]);
  writeFileSync(at(keptAs('one-main.cjs.pack')), Buffer.concat([Buffer.alloc(8), Buffer.from(text)]));
  for (const piece of loaded) rmSync(at(piece));
  expect([run(), run({ args: ['more'] })]).toEqual(expected);
  await expect(parts.packText(loaded.slice(0, 1))).rejects.toThrow('is loaded at once, and not in the pack');
});

/** For node: keeps code. */
const KEEP = ['--require', resolve('scripts/keep-code.cjs')];

/** The name of the file with the code of another. */
const keptAs = (name: string): string => `${name}.${process.versions.v8}-${process.arch}.code`;

/** Builds what starts a program, and returns what runs it. */
async function launcher(name: string) {
  const outfile = join(folder.path, `${name}.cjs`);
  await build({
    entryPoints: ['bin/launch.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    define: { PROGRAM: `"./${name}-main.cjs"` },
  });
  return ({ node = [], args = [], env = {} }: { node?: string[]; args?: string[]; env?: object } = {}): string => {
    const all = [...node, outfile, ...args];
    const { stdout, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8', env: { ...process.env, ...env } });
    return stdout + stderr;
  };
}

/** A built program of two files. */
async function hello() {
  const at = (name: string): string => join(folder.path, name);
  const run = await launcher('hello');
  writeFileSync(at('hello-main.cjs'), 'const { text } = require("./piece.cjs"); console.log(text(), __dirname);');
  writeFileSync(at('piece.cjs'), 'const { join } = require("node:path"); exports.text = () => join("gruß", "Gott");');
  return { at, run, code: (name: string) => at(keptAs(name)) };
}
