/**
 * How the built programs start: PROGRAM's file and those that it asks for are run with what V8 compiled of them when they
 * were built. Compiling takes longer than most questions. V8 refuses what another V8, or one with other flags, made; then,
 * and where nothing was kept, it compiles as always. Node from 22.8 on keeps what it compiles itself.
 *
 * What a command that is often asked loads is one function in one file with its code, a pack: the length of the code in 8 bytes, the
 * code, and the function, a byte for each character.
 */
import { existsSync, readFileSync } from 'node:fs';
import { Script } from 'node:vm';

/** The file to run, './NAME.cjs', beside this one: put in by the build. */
declare const PROGRAM: string;

interface Module {
  exports: unknown;
}

type Load = (id: string) => unknown;
type Body = (exports: unknown, load: Load, module: Module, file: string, folder: string) => void;
/** Makes what a file exports. */
type Offers = Readonly<Partial<Record<string, () => unknown>>>;
/** Runs a program; `offer` is called with what files that are loaded later may ask for. */
type Pack = (load: Load, folder: string, offer: (offers: Offers) => void) => void;

/** Bytes before the code of a pack: its length, in the byte order of the machine. V8 copies code that is not aligned to 8 bytes. */
const PACK_HEAD = 8;
/** What the names of files with code end with. */
const ENDING = `.${process.versions.v8}-${process.arch}.code`;

const nodeRequire = require;
const modules = new Map<string, Module>();
let offers: Offers = {};

const fileOf = (id: string): string => `${__dirname}/${id.slice('./'.length)}`;

/** The pack for the words that the program is run with, if there is one: of a subcommand, of questions that want JSON, of others. */
function findPack(): string | undefined {
  const [, , ...words] = process.argv;
  const [word = ''] = words;
  const kinds = [...(/^[a-z-]+$/.test(word) ? [`.${word}`] : []), ...(words.includes('--json') ? ['.json'] : []), ''];
  return kinds.map((kind) => `${fileOf(PROGRAM)}${kind}.pack${ENDING}`).find((file) => existsSync(file));
}

function openPack(file: string): Pack {
  const bytes = readFileSync(file);
  const { buffer, byteOffset } = bytes;
  const [length = 0] = new Uint32Array(buffer, byteOffset, 1);
  const code = length === 0 ? undefined : new Uint8Array(buffer, byteOffset + PACK_HEAD, length);
  return compile(bytes.toString('latin1', PACK_HEAD + length), file, code) as Pack;
}

function compile(text: string, filename: string, cachedData: Uint8Array | undefined): unknown {
  return new Script(text, { filename, cachedData }).runInThisContext();
}

/** require() for the files of the bundle, each run once. */
function load(id: string): unknown {
  if (!id.startsWith('./')) return nodeRequire(id);
  const known = modules.get(id);
  if (known !== undefined) return known.exports;
  const offer = offers[id];
  const module: Module = { exports: offer?.() ?? {} };
  modules.set(id, module);
  if (offer === undefined) runFile(fileOf(id), module);
  return module.exports;
}

/** Runs a file that is not in the pack. */
function runFile(file: string, module: Module): void {
  const code = `${file}${ENDING}`;
  const text = `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, 'utf8')}\n})`;
  const body = compile(text, file, existsSync(code) ? readFileSync(code) : undefined) as Body;
  body(module.exports, load, module, file, __dirname);
}

const pack = findPack();
if (pack !== undefined) {
  openPack(pack)(load, __dirname, (offered) => {
    offers = offered;
  });
} else if (existsSync(`${fileOf(PROGRAM)}${ENDING}`)) load(PROGRAM);
else {
  (nodeRequire('node:module') as { enableCompileCache?: () => void }).enableCompileCache?.();
  nodeRequire(PROGRAM);
}
