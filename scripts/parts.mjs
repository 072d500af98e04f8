// What esbuild's splitting makes of the programs, parts that are ES modules, as what bin/launch.ts runs: pieces, which are files
// of CommonJS, and packs, in which the pieces that a program loads are one function.
import { build, transform } from 'esbuild';
import { basename } from 'node:path';
import { joinPieces } from './pieces.mjs';

/** @typedef {{ piece: string, parts: string[] }} Place */

export class Parts {
  /** Texts by names. @type {Map<string, string>} */
  #texts;
  /** The names of what each exports. @type {Map<string, string[]>} */
  #exports;
  /** The parts of the pieces, each after what it imports. @type {Map<string, string[]>} */
  #pieces;
  /** The pieces of the parts. @type {Map<string, Place>} */
  #places;

  /**
   * @param {import('esbuild').OutputFile[]} files
   * @param {import('esbuild').Metafile['outputs']} outputs of the same build
   * @param {(source: string) => boolean} [isQuick] for joinPieces()
   */
  constructor(files, outputs, isQuick) {
    this.#texts = new Map(files.map(({ path, text }) => [basename(path), text]));
    this.#exports = new Map(Object.entries(outputs).map(([path, { exports }]) => [basename(path), exports]));
    const joined = [...joinPieces(outputs, isQuick)];
    this.#pieces = new Map(joined.map(([path, parts]) => [basename(path), parts.map((part) => basename(part))]));
    this.#places = new Map(
      [...this.#pieces].flatMap(([piece, parts]) => parts.map((part) => [part, { piece, parts }])),
    );
  }

  /** The names of the pieces. */
  get pieces() {
    return [...this.#pieces.keys()];
  }

  /** The text of a piece. @param {string} piece @returns {Promise<string>} */
  async pieceText(piece) {
    const parts = this.#pieces.get(piece) ?? [];
    const isAlone = parts.length === 1;
    /** @param {string} file */
    const access = (file) => {
      const index = parts.indexOf(file.slice('./'.length));
      return index === -1 ? this.#exportsOf(file) : `part${index}`;
    };
    const codes = parts.map((part) =>
      asFunctionBody(this.#texts.get(part) ?? '', isAlone ? 'module.exports =' : 'return', access),
    );
    if (isAlone) return short(codes.join(''), piece);
    const functions = codes.map((code, index) => `const part${index} = (() => {${code}})();`);
    const names = codes.map((_, index) => `part${index}`);
    return short(`${functions.join('\n')}\nmodule.exports = {${names.join(', ')}};`, piece);
  }

  /**
   * A pack: a function that runs pieces as they would run one by one, but is one scope, in which nothing is handed from piece to
   * piece. Its first parameters are those of a file's body; it hands functions that make what each piece exports to the third,
   * for files that are loaded later.
   *
   * @param {readonly string[]} pieces whatever they load at once is among them; the first is the program's own file
   * @returns {Promise<string>}
   */
  async packText([program = '', ...pieces]) {
    const inside = new Set([program, ...pieces].flatMap((piece) => this.#pieces.get(piece) ?? []));
    const { outputFiles } = await build({
      stdin: { contents: `import "offer";\nimport "./${program}";` },
      bundle: true,
      write: false,
      platform: 'node',
      target: 'node20',
      format: 'esm',
      minifySyntax: true,
      minifyIdentifiers: true,
      logLevel: 'silent',
      plugins: [
        {
          name: 'pack',
          setup: (esbuild) => {
            esbuild.onResolve({ filter: /./ }, ({ path, kind }) => {
              const part = basename(path);
              const isInside = kind === 'import-statement' && (path === 'offer' || inside.has(part));
              if (!isInside && kind === 'import-statement' && this.#texts.has(part))
                throw new Error(`${part} is loaded at once, and not in the pack`);
              // As .cjs it would not be one scope with the others.
              return isInside ? { path: part.replace(/[.]cjs$/, '.mjs'), namespace: 'pack' } : { path, external: true };
            });
            esbuild.onLoad({ filter: /./, namespace: 'pack' }, ({ path }) => ({
              contents:
                path === 'offer' ? this.#offer(pieces) : (this.#texts.get(path.replace(/[.]mjs$/, '.cjs')) ?? ''),
            }));
          },
        },
      ],
    });
    const code = asFunctionBody(outputFiles[0]?.text ?? '', 'return', (file) => this.#exportsOf(file));
    const body = await short(code, `${program}.pack`);
    // A pack has a byte for each character.
    if (/[^\0-\xff]/.test(body)) throw new Error(`${program}: characters that are not of Latin-1`);
    return `(function (require, __dirname, offer) {${body}})`;
  }

  /** A module that offers what pieces export. @param {readonly string[]} pieces */
  #offer(pieces) {
    const all = pieces.flatMap((piece) => this.#pieces.get(piece) ?? []);
    const name = (/** @type {string} */ part, /** @type {string} */ exported) => `${exported}_${all.indexOf(part)}`;
    const imports = all.map((part) => {
      const names = this.#exports.get(part)?.map((exported) => `${exported} as ${name(part, exported)}`) ?? [];
      return `import {${names.join(', ')}} from "./${part}";`;
    });
    const literal = (/** @type {string} */ part) =>
      `{${
        this.#exports
          .get(part)
          ?.map((exported) => `${exported}: ${name(part, exported)}`)
          .join(', ') ?? ''
      }}`;
    const offers = pieces.map((piece) => {
      const [first = '', ...more] = this.#pieces.get(piece) ?? [];
      const exported =
        more.length === 0
          ? literal(first)
          : `{${[first, ...more].map((part, index) => `part${index}: ${literal(part)}`).join(', ')}}`;
      return `"./${piece}": () => (${exported})`;
    });
    return `${imports.join('\n')}\noffer({${offers.join(',\n')}});`;
  }

  /** The expression for what a file exports, in another. @param {string} file './NAME' */
  #exportsOf(file) {
    const part = file.slice('./'.length);
    const place = this.#places.get(part);
    if (place === undefined) return `require("${file}")`;
    const exported = `require("./${place.piece}")`;
    return place.parts.length === 1 ? exported : `${exported}.part${place.parts.indexOf(part)}`;
  }
}

/**
 * A part as a function's body. What it imports is bound to constants: esbuild's own conversion asks a getter of the other
 * file at each use, which costs a tenth of a walk over an image. Parts do not import each other in circles, and what they
 * export is complete when they have run.
 * @param {string} text its imports are at the start of lines, and its exports at its end
 * @param {string} give what is put before the object that it exports: `return`, say
 * @param {(file: string) => string} access the expression for what a file exports
 */
function asFunctionBody(text, give, access) {
  const names = (/** @type {string} */ list) => list.replaceAll(/ as /g, ': ');
  const swapped = (/** @type {string} */ list) => list.replaceAll(/([\w$]+) as ([\w$]+)/g, '$2: $1');
  const code = text
    .replaceAll(
      /^import\s*\{([^}]*)\}\s*from\s*"([^"]+)";$/gm,
      (_, list, from) => `const {${names(list)}} = ${access(from)};`,
    )
    .replaceAll(
      /^import\s+\*\s+as\s+([\w$]+)\s+from\s*"([^"]+)";$/gm,
      (_, name, from) => `const ${name} = ${access(from)};`,
    )
    .replaceAll(/^import\s+([\w$]+)\s+from\s*"([^"]+)";$/gm, (_, name, from) => `const ${name} = ${access(from)};`)
    .replaceAll(/^import\s*"([^"]+)";$/gm, (_, from) => `${access(from)};`)
    .replaceAll(/^export\s*\{([^}]*)\};$/gm, (_, list) => `${give} {${swapped(list)}};`);
  if (/^(import|export)\b(?!\()/m.test(code)) throw new Error('an import or export of a form that is not expected');
  return code;
}

/**
 * The same code without what only readers need.
 * @param {string} text
 * @param {string} sourcefile
 */
async function short(text, sourcefile) {
  const { code } = await transform(text, {
    sourcefile,
    platform: 'node',
    target: 'node20',
    // import() becomes a require() at the same moment: still lazy, and without the ES module loader.
    supported: { 'dynamic-import': false },
    minifyWhitespace: true,
    minifySyntax: true,
    minifyIdentifiers: true,
    logLevel: 'warning',
    // import.meta is looked at only where there is no __dirname.
    define: { 'import.meta.url': 'undefined' },
  });
  return code;
}
