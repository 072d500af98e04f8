/**
 * What the documentation shows is what comes out.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Io } from '../lib/cli/io.ts';
import { runCramfsMap } from '../lib/cli/run.ts';
import { fixture } from './fixtures.ts';

const text = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');

/** Code blocks of a language in a Markdown file. */
function blocks(markdown: string, language: string): string[] {
  return [...markdown.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map((match) => match[1] ?? '');
}

let folder = '';
const images: Readonly<Record<string, string>> = {
  'root.cramfs': 'images/root-XX.cramfs.gz',
  'adv.cramfs': 'patch/adv.cramfs.gz',
  'adj.cramfs': 'patch/adj.cramfs.gz',
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cramfs-docs-'));
  for (const [name, from] of Object.entries(images)) writeFileSync(join(folder, name), fixture(from));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Runs `cramfs-map …` as written in a document. */
function run(command: string): { stdout: string; stderr: string; code: number } {
  let stdout = '';
  let stderr = '';
  const io: Io = {
    stdout: { isTTY: false, columns: undefined, write: (piece) => void (stdout += piece) },
    stderr: { isTTY: false, columns: undefined, write: (piece) => void (stderr += piece) },
    stdin: 0,
    env: {},
  };
  const argv = command
    .split(/\s+/)
    .slice(1)
    .map((word) => (word in images ? join(folder, word) : word));
  const code = runCramfsMap(argv, io);
  return { stdout, stderr, code };
}

describe('README', () => {
  const examples = blocks(text('README.md'), 'console').map((block) => {
    const [command = '', ...output] = block.split('\n');
    return { command: command.replace(/^\$ /, ''), output: output.join('\n') };
  });

  test('has examples', () => {
    expect(examples.length).toBeGreaterThanOrEqual(2);
  });

  test.each(examples)('$command', ({ command, output }) => {
    const { stdout, stderr } = run(command);
    expect(stderr).toBe('');
    expect(stdout).toBe(output);
  });
});

describe('docs/kernel-models.md', () => {
  const commands = blocks(text('docs/kernel-models.md'), 'sh')
    .flatMap((block) => block.split('\n'))
    .filter((line) => line.startsWith('cramfs-map '));

  test('has a command for each hazard', () => {
    expect(commands.length).toBeGreaterThanOrEqual(8);
  });

  test.each(commands)('%s shows a violation', (command) => {
    const { stdout, stderr, code } = run(command);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^invariants\n {2}(critical|error) /m);
  });
});
