/** The options of the project's own scripts: usage on --help, and one line for a wrong option. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

const scripts = ['scripts', 'bench'].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.mjs') && name !== 'options.mjs')
    .map((name) => `${folder}/${name}`),
);
const withOptions = scripts.filter((script) => readFileSync(script, 'utf8').includes('readOptions(import.meta.url'));

function run(...argv: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, argv, { encoding: 'utf8', timeout: 60_000 });
}

test('every script reads its options in one way', () => {
  expect(withOptions).toContain('scripts/hostile-table.mjs');
  expect(withOptions).toContain('bench/run.mjs');
  for (const script of scripts)
    expect([script, readFileSync(script, 'utf8')]).not.toContainEqual(
      expect.stringMatching(/parseArgs|argv[.]includes/),
    );
});

describe.each(withOptions)('%s', (script) => {
  test('--help prints the usage', () => {
    const [first = ''] = /(?<=^[/][/] ).*/m.exec(readFileSync(script, 'utf8')) ?? [];
    const { status, stdout, stderr } = run(script, '--help');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.split('\n', 1)).toEqual([first]);
    expect(stdout).not.toMatch(/^[/][/]|^import /m);
  });

  test('an unknown option is one line and exit code 2', () => {
    const { status, stdout, stderr } = run(script, '--nonsense');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^[a-zA-Z-]+: Unknown option '--nonsense'; --help shows the usage\n$/);
  });
});

test.each([
  [['scripts/fuzz.mjs', '--seed'], /^fuzz: Option '--seed <value>' argument missing; --help shows the usage\n$/],
  [['scripts/fuzz.mjs', '--seed', '--out'], /^fuzz: Option '--seed' argument is ambiguous; --help shows the usage\n$/],
  [['scripts/fuzz.mjs', 'word'], /^fuzz: Unexpected argument 'word'; --help shows the usage\n$/],
])('%j is one line and exit code 2', (argv, expected) => {
  const { status, stdout, stderr } = run(...argv);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(expected);
});
