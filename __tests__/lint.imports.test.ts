/** The lint rules about imports, on modules that are made for it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import { Linter, type Rule } from 'eslint';
import { layers, noCircles, ROWS, wrongImport } from '../scripts/eslint-layers.mjs';
import { layersSvg } from '../scripts/layers.mjs';
import { Folder } from './support/cli.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = new Folder();
afterAll(() => {
  folder.remove();
});

/** Writes modules into a folder of their own, and lints one of them by one rule. */
function lint(modules: Readonly<Record<string, string>>, file: string): string[] {
  const at = join(folder.path, String(Math.random()));
  mkdirSync(at);
  for (const [name, text] of Object.entries(modules)) writeFileSync(join(at, name), text);
  return messages(noCircles(at), join(at, file), modules[file] ?? '', at);
}

function messages(rule: Rule.RuleModule, filename: string, text: string, cwd = root): string[] {
  const config = { files: ['**/*'], plugins: { x: { rules: { rule } } }, rules: { 'x/rule': 'error' as const } };
  return new Linter({ cwd }).verify(text, [config], { filename }).map(({ message }) => message);
}

describe('imports in a circle', () => {
  test('are refused in every module of the circle, with the way round', () => {
    const modules = {
      'a.mjs': `import './b.mjs';`,
      'b.mjs': `export * from './c.mjs';`,
      'c.mjs': `export const c = () => import('./a.mjs');`,
    };
    expect(lint(modules, 'a.mjs')).toEqual(['imports in a circle: a.mjs → b.mjs → c.mjs → a.mjs']);
    expect(lint(modules, 'b.mjs')).toEqual(['imports in a circle: b.mjs → c.mjs → a.mjs → b.mjs']);
    expect(lint(modules, 'c.mjs')).toEqual(['imports in a circle: c.mjs → a.mjs → b.mjs → c.mjs']);
  });

  test('are refused where they are types only', () => {
    const modules = { 'a.mjs': `import './b.ts';`, 'b.ts': `import type { A } from './a.mjs';` };
    expect(lint(modules, 'a.mjs')).toEqual(['imports in a circle: a.mjs → b.ts → a.mjs']);
  });

  test('are seen where a module imports itself, and not where two ways lead to one module', () => {
    expect(lint({ 'a.mjs': `import './a.mjs';` }, 'a.mjs')).toEqual(['imports in a circle: a.mjs → a.mjs']);
    const modules = {
      'a.mjs': `import './b.mjs'; import './c.mjs';`,
      'b.mjs': `import './d.mjs';`,
      'c.mjs': `import './d.mjs';`,
      'd.mjs': '',
    };
    for (const file of Object.keys(modules)) expect(lint(modules, file)).toEqual([]);
  });
});

describe('the order of the layers', () => {
  test('lets imports run down, and not up or sideways', () => {
    expect(wrongImport('driver', 'mm')).toBeUndefined();
    expect(wrongImport('mm', 'driver')).toContain('must not');
    expect(wrongImport('inspect', 'physmem')).toContain('must not import');
    expect(wrongImport('mm', 'image')).toBe('lib/mm must not know lib/image');
    expect(wrongImport('verdict', 'index.ts')).toContain('is for users of the package');
    expect(wrongImport('nowhere', 'base')).toContain('has no place');
  });

  test('is the one that is drawn', () => {
    expect(readFileSync(join(root, 'docs/layers.svg'), 'utf8')).toBe(layersSvg());
    for (const layer of ROWS.flat()) expect(layersSvg()).toContain(`>${layer}</text>`);
  });
});

test('report may import values from rooms of words and from modules that hold words, and runs nothing', () => {
  const judge = (from: string, file = 'report/x.mjs'): number =>
    messages(layers.rules.words, join(root, 'lib', file), `import { a } from '${from}';`).length;
  for (const words of ['base/hex', 'format/names', 'audit/violationWords', 'report/style']) {
    expect(judge(`../${words}.ts`)).toBe(0);
  }
  for (const engine of ['verdict/mapFile', 'driver/mountImage', 'image/image', 'exec/execProgram', 'mkfs/sourceTree']) {
    expect(judge(`../${engine}.ts`)).toBe(1);
  }
  expect(judge('../../verdict/mapFile.ts', 'report/audit/x.mjs')).toBe(1);
  expect(judge('../verdict/mapFile.ts', 'cli/x.mjs')).toBe(0);
});

test('the kernel lab may import the entry points of the library and nothing below them', () => {
  const judge = (file: string, from: string): number =>
    messages(layers.rules.entries, join(root, 'kernel-lab/host', file), `import '${from}';`).length;
  for (const entry of ['index', 'format', 'kernel', 'report']) expect(judge('x.mjs', `../../lib/${entry}.ts`)).toBe(0);
  expect(judge('x.mjs', './y.ts')).toBe(0);
  expect(judge('x.mjs', '../../lib/mm/vma.ts')).toBe(1);
  expect(judge('x.mjs', '../../lib/cli/shared.ts')).toBe(1);
  expect(judge('cli/x.mjs', '../../../lib/cli/shared.ts')).toBe(0);
  expect(judge('cli/x.mjs', '../../../lib/cli/io.ts')).toBe(1);
});
