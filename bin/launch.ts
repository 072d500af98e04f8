/**
 * How the built programs start: PROGRAM's file and those that it asks for are run with what V8 compiled of them when they
 * were built. Compiling takes longer than most questions. V8 refuses what another V8, or one with other flags, made; then,
 * and where nothing was kept, it compiles as always. Node from 22.8 on keeps what it compiles itself.
 *
 * What a command that is often asked loads is in one file with its code, a pack: the length of the code in 8 bytes, the code,
 * and an expression for the bodies of the files by their names.
 */
import { existsSync, readFileSync } from 'node:fs';
import { Script } from 'node:vm';

/** The file to run, './NAME.cjs', beside this one: put in by the build. */
declare const PROGRAM: string;

interface Module {
  exports: unknown;
}

type Body = (exports: unknown, load: (id: string) => unknown, module: Module, file: string, folder: string) => void;

/** Bytes before the code of a pack. */
const PACK_HEAD = 8;

const nodeRequire = require;
const modules = new Map<string, Module>();
let packed: Readonly<Partial<Record<string, Body>>> = {};

const fileOf = (id: string): string => `${__dirname}/${id.slice('./'.length)}`;
/** Where what this V8 made of a file is kept, and the pack of a program, or of one of its subcommands. */
const keptCode = (file: string): string => `${file}.${process.versions.v8}-${process.arch}.code`;
const packOf = (words: readonly string[]): string => keptCode([fileOf(PROGRAM), ...words, 'pack'].join('.'));

function compile(text: string, filename: string, cachedData: Buffer | undefined): unknown {
  return new Script(text, { filename, cachedData }).runInThisContext();
}

/** The bodies in a pack. */
function openPack(file: string): typeof packed {
  const bytes = readFileSync(file);
  const start = PACK_HEAD + bytes.readUInt32LE(0);
  const code = start === PACK_HEAD ? undefined : bytes.subarray(PACK_HEAD, start);
  return compile(bytes.toString('utf8', start), file, code) as typeof packed;
}

/** The body of a file that is in no pack. */
function bodyOf(file: string): Body {
  const code = keptCode(file);
  const text = `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, 'utf8')}\n})`;
  return compile(text, file, existsSync(code) ? readFileSync(code) : undefined) as Body;
}

/** require() for the files of the bundle, each run once. */
function load(id: string): unknown {
  if (!id.startsWith('./')) return nodeRequire(id);
  const known = modules.get(id);
  if (known !== undefined) return known.exports;
  const file = fileOf(id);
  const body = packed[id] ?? bodyOf(file);
  const module: Module = { exports: {} };
  modules.set(id, module);
  body(module.exports, load, module, file, __dirname);
  return module.exports;
}

/** The pack for the words that the program is run with, if there is one. */
function findPack(): string | undefined {
  const [, , word = ''] = process.argv;
  const packs = /^[a-z-]+$/.test(word) ? [packOf([word]), packOf([])] : [packOf([])];
  return packs.find((file) => existsSync(file));
}

const pack = findPack();
if (pack !== undefined) packed = openPack(pack);
if (pack !== undefined || existsSync(keptCode(fileOf(PROGRAM)))) load(PROGRAM);
else {
  (nodeRequire('node:module') as { enableCompileCache?: () => void }).enableCompileCache?.();
  nodeRequire(PROGRAM);
}
