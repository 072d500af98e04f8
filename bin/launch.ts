/**
 * How the built programs start: PROGRAM's file and those that it asks for are run with what V8 compiled of them when they
 * were built. Compiling takes longer than most questions. V8 refuses what another V8, or one with other flags, made; then,
 * and where nothing was kept, it compiles as always. Node from 22.8 on keeps what it compiles itself.
 */
import { existsSync, readFileSync } from 'node:fs';
import { Script } from 'node:vm';

/** The file to run, './NAME.cjs', beside this one: put in by the build. */
declare const PROGRAM: string;

interface Module {
  exports: unknown;
}

type Body = (exports: unknown, load: (id: string) => unknown, module: Module, file: string, folder: string) => void;

const nodeRequire = require;
const modules = new Map<string, Module>();

/** Where what this V8 made of a file is kept. */
const keptCode = (file: string): string => `${file}.${process.versions.v8}-${process.arch}.code`;
const fileOf = (id: string): string => `${__dirname}/${id.slice('./'.length)}`;

/** require() for the files of the bundle, each run once. */
function load(id: string): unknown {
  if (!id.startsWith('./')) return nodeRequire(id);
  const known = modules.get(id);
  if (known !== undefined) return known.exports;
  const file = fileOf(id);
  const code = keptCode(file);
  const text = `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, 'utf8')}\n})`;
  const script = new Script(text, { filename: file, cachedData: existsSync(code) ? readFileSync(code) : undefined });
  const module: Module = { exports: {} };
  modules.set(id, module);
  (script.runInThisContext() as Body)(module.exports, load, module, file, __dirname);
  return module.exports;
}

if (existsSync(keptCode(fileOf(PROGRAM)))) load(PROGRAM);
else {
  (nodeRequire('node:module') as { enableCompileCache?: () => void }).enableCompileCache?.();
  nodeRequire(PROGRAM);
}
