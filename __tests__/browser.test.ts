/** The library without Node: bundled for browsers, and run where there is neither process nor require. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createContext, runInContext } from 'node:vm';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { CramfsImage } from '../lib/image/image.ts';
import { mapJson } from '../lib/report/mapJson.ts';
import { Board } from '../lib/verdict/board.ts';
import { fixture } from './support/fixtures.ts';

/** What is put to the library in the other world: text in, text out. */
const QUESTION = `
  const bytes = Uint8Array.from(image.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const opened = library.CramfsImage.open(bytes);
  const board = new library.Board(opened);
  const detail = { pages: true, crc: true };
  const verdicts = paths.map((path) => library.mapJson(board.map({ path }, detail), detail));
  const text = library.mapText(board.map({ path: paths[0] }), { style: library.NO_COLOURS, width: 80 });
  JSON.stringify({ verdicts, text, globals: [typeof process, typeof require, typeof Buffer] });
`;

describe('the library in a browser', () => {
  let code = '';
  let imports: string[] = [];

  beforeAll(async () => {
    // A Node module that is imported anywhere would make this fail: the browser platform has none.
    const entries = ['browser', 'format', 'kernel', 'report'].map((entry) => `export * from './${entry}.ts';`);
    const { outputFiles, metafile } = await build({
      stdin: { contents: entries.join('\n'), resolveDir: fileURLToPath(new URL('../lib', import.meta.url)) },
      bundle: true,
      platform: 'browser',
      format: 'iife',
      globalName: 'library',
      write: false,
      metafile: true,
      logLevel: 'silent',
    });
    code = outputFiles[0]?.text ?? '';
    imports = Object.values(metafile.inputs).flatMap((input) => input.imports.map((entry) => entry.path));
  });

  test('imports nothing of Node', () => {
    expect(imports.length).toBeGreaterThan(50);
    expect(imports.filter((path) => path.startsWith('node:') || /^(fs|zlib|path|os|util|buffer)$/.test(path))).toEqual(
      [],
    );
    expect(imports.filter((path) => path.includes('.node.'))).toEqual([]);
  });

  test('maps a file as it does in Node, compressed pages included', () => {
    const image = fixture('images/root-XX.cramfs.gz');
    const paths = ['/bin/hello', '/bin/init', '/lib/libgreet.so', '/bin'];
    const world = createContext({ image: Buffer.from(image).toString('hex'), paths, TextDecoder, TextEncoder });
    runInContext(code, world);
    const answer = JSON.parse(runInContext(QUESTION, world) as string) as Record<string, unknown>;
    const board = new Board(CramfsImage.open(image));
    const detail = { pages: true, crc: true };
    expect(answer.globals).toEqual(['undefined', 'undefined', 'undefined']);
    expect(answer.verdicts).toEqual(paths.map((path) => mapJson(board.map({ path }, detail), detail)));
    expect(answer.text).toContain('MIXEDMAP: 3 of 4 pages run from flash');
  });

  test('tells errors as errors of the library', () => {
    const world = createContext({ TextDecoder, TextEncoder });
    runInContext(code, world);
    const told = runInContext(
      `try { library.CramfsImage.open(new Uint8Array(99)); } catch (error) {
         [error instanceof library.CramfsError, error.name, error.code].join(' ');
       }`,
      world,
    ) as string;
    expect(told).toBe('true CramfsError NOT_CRAMFS');
  });
});
