/** cramfs diff for pull requests: formats, conditions, and an earlier audit in place of the old image. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { readFileSync } from 'node:fs';
import { staticProgram, stored, directory } from './support/auditCases.ts';
import { cramfs } from './support/auditHelp.ts';
import { Folder } from './support/cli.ts';
import { buildRawImage } from './support/rawImage.ts';

const folder = new Folder();
afterAll(() => {
  folder.remove();
});

const PROGRAM = staticProgram(3);
const LARGER = staticProgram(9);
/** One build: the program runs from flash. */
const OLD = folder.file(
  'old.cramfs',
  buildRawImage({ entries: [directory('bin', stored('app', PROGRAM), stored('tool|<b>@x', PROGRAM))] }),
);
/** The next: one program is compressed, and another is new. */
const NEW = folder.file(
  'new.cramfs',
  buildRawImage({
    entries: [
      directory(
        'bin',
        stored('app', PROGRAM, { kind: 'zlib' }),
        stored('more', LARGER, { kind: 'zlib' }),
        stored('tool|<b>@x', PROGRAM),
      ),
    ],
  }),
);
let audit = '';
beforeAll(async () => {
  audit = folder.file('old.json', (await cramfs(['audit', '--json', '--exit-zero', OLD])).stdout);
});

const diff = (...options: string[]) => cramfs(['diff', OLD, NEW, ...options]);

describe('--fail-on', () => {
  test.each([
    ['ram=+64K', 0],
    ['ram=+4K', 1],
    ['ram=+1000%', 1],
    ['ram=+1%', 1],
    ['flash=+1M', 0],
    ['flash=0', 0],
    ['padding=+1M', 0],
    ['content=+1K', 1],
    ['content=+1M', 0],
    ['direct-lost', 1],
    ['start-lost', 0],
    ['ram=+1G, flash=+1G', 0],
    ['ram=+1G,direct-lost', 1],
  ])('%s ends with %i', async (conditions, code) => {
    const result = await diff('--quiet', '--fail-on', conditions);
    expect(result.code).toBe(code);
    expect(result.stderr).toMatch(code === 0 ? /^$/ : /^cramfs diff: --fail-on (ram|flash|content|direct-lost)/);
  });

  test.each([
    ['flash=0', 1],
    ['flash=+1%', 1],
    ['flash=+1K', 1],
    ['flash=+1000%', 0],
    ['direct-lost', 0],
  ])('%s ends with %i where the image grew and more of it is direct', async (conditions, code) => {
    expect((await cramfs(['diff', NEW, OLD, '--fail-on', conditions])).code).toBe(code);
  });

  test.each(['ram', 'ram=', 'ram=+', 'ram=-4K', 'ram=4Q', 'rom=+4K', '', 'direct-lost,', 'flash=+1.5.%'])(
    '%j is wrong usage',
    async (conditions) => {
      const { code, stderr } = await diff('--fail-on', conditions);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/^cramfs diff: --fail-on: /) });
    },
  );

  test('leaves an image alone that did not change', async () => {
    const all = 'ram=0,flash=0,padding=0,content=0,direct-lost,start-lost';
    expect((await cramfs(['diff', OLD, OLD, '--fail-on', all])).code).toBe(0);
  });
});

describe('the formats', () => {
  test('Markdown shows what is no longer direct first, and no name is markup', async () => {
    const { stdout } = await diff('--format', 'markdown', '--fail-on', 'direct-lost');
    expect(stdout).toMatch(/❌ direct-lost: 1 file runs from flash to a lesser part: &#47;bin|❌ direct-lost: 1 file/);
    expect(stdout).toContain('<details open><summary>⚠️ No longer direct, or to a lesser part: 1</summary>');
    expect(stdout).toContain('- <code>/bin/app</code> text: pfnmap → paged');
    expect(stdout).not.toContain('<b>');
  });

  test('annotations name the image, and the step summary gets the Markdown', async () => {
    const summary = folder.file('summary.md', '');
    const { stdout } = await cramfs(['diff', OLD, NEW, '--format', 'github', '--fail-on', 'direct-lost'], {
      env: { GITHUB_STEP_SUMMARY: summary },
    });
    expect(stdout).toMatch(/^::error file=[^,]*new[.]cramfs,title=cramfs diff::direct-lost: 1 file/);
    expect(stdout).toMatch(/\n::warning file=[^,]*,title=No longer direct::\/bin\/app text/);
    expect(readFileSync(summary, 'utf8')).toMatch(/^### cramfs diff: /);
  });

  test('JSON has the conditions that are met, and is valid against its schema', async () => {
    const schema = JSON.parse(readFileSync(new URL('../schemas/diff.schema.json', import.meta.url), 'utf8')) as object;
    const validate = new Ajv({ strict: false }).compile(schema);
    for (const first of [OLD, audit]) {
      const { stdout } = await cramfs(['diff', first, NEW, '--json', '--fail-on', 'direct-lost']);
      const parsed = JSON.parse(stdout) as { failed: string[]; basis: string };
      expect({ valid: validate(parsed), errors: validate.errors }).toEqual({ valid: true, errors: null });
      expect(parsed.failed).toEqual([expect.stringMatching(/^direct-lost: /)]);
      expect(parsed.basis).toBe(first === audit ? 'audit' : 'images');
    }
  });
});

describe('an earlier audit', () => {
  test('gives the same mappings, programs and numbers as the image', async () => {
    type Parsed = Record<'xip' | 'programs' | 'numbers', unknown>;
    const of = async (first: string): Promise<Parsed> => {
      const { xip, programs, numbers } = JSON.parse((await cramfs(['diff', first, NEW, '--json'])).stdout) as Parsed;
      return { xip, programs, numbers };
    };
    expect(await of(audit)).toEqual(await of(OLD));
  });

  test('of the same image has no differences', async () => {
    expect((await cramfs(['diff', audit, OLD])).code).toBe(0);
  });

  test.each([
    ['{', 'it is not JSON'],
    ['{}', 'it is not the JSON of an audit'],
    ['{"schemaVersion":1,"images":[]}', 'it has 0 images'],
    ['{"schemaVersion":1,"images":[{"image":"x","error":{"message":"gone"}}]}', 'its image could not be audited: gone'],
  ])('%s is refused', async (text, found) => {
    const { code, stderr } = await cramfs(['diff', folder.file('x.json', text), NEW]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(found) });
  });
});

test('Code Quality for GitLab has an issue with a fingerprint of its own for each finding', async () => {
  const { stdout } = await cramfs(['audit', OLD, NEW, '--format', 'gitlab', '--exit-zero']);
  const issues = JSON.parse(stdout) as Record<string, unknown>[];
  expect(issues.length).toBeGreaterThan(0);
  for (const issue of issues) {
    expect(issue).toEqual({
      description: expect.any(String),
      check_name: expect.stringMatching(/^[a-z]+\/[a-z-]+$/),
      fingerprint: expect.any(String),
      severity: expect.stringMatching(/^(info|major|critical)$/),
      location: { path: expect.stringMatching(/(old|new)[.]cramfs$/), lines: { begin: 1 } },
    });
  }
  expect(new Set(issues.map(({ fingerprint }) => fingerprint)).size).toBe(issues.length);
  expect((await cramfs(['audit', folder.file('no', 'no'), '--format', 'gitlab'])).stdout).toContain(
    '"severity":"blocker"',
  );
});

test('text audits of several images end with one table', async () => {
  const lines = (await cramfs(['audit', OLD, NEW, '--exit-zero'])).stdout.trimEnd().split('\n');
  expect(lines.slice(-5, -2)).toEqual([
    expect.stringMatching(/^image +errors +warnings/),
    expect.stringMatching(/old[.]cramfs +\d/),
    expect.stringMatching(/new[.]cramfs +\d/),
  ]);
});
