/** The published JSON Schema, and the page that describes it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv, type ValidateFunction } from 'ajv';
import { readFileSync } from 'node:fs';
import { runCramfsMap } from '../lib/cli/run.ts';
import { Folder, runProgram } from './support/cli.ts';
import { fixtureNames } from './support/fixtures.ts';

interface Definition {
  readonly properties?: Readonly<Record<string, unknown>>;
}

const text = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
const schema = JSON.parse(text('schemas/map-verdict.schema.json')) as {
  readonly definitions: Readonly<Record<'mapping' | 'nommuMapping' | 'failure', Definition>>;
};
const keysOf = (name: keyof typeof schema.definitions): string[] =>
  Object.keys(schema.definitions[name].properties ?? {});

const folder = new Folder();
let validate: ValidateFunction;
beforeAll(() => {
  validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema);
});
afterAll(() => {
  folder.remove();
});

/** Runs the command, and holds each line that it prints against the schema. */
async function answers(argv: readonly string[]): Promise<Record<string, unknown>[]> {
  const { stdout } = await runProgram(runCramfsMap, argv);
  const lines = stdout.split('\n').filter((line) => line !== '');
  expect(lines.length).toBeGreaterThan(0);
  return lines.map((line) => {
    const answer = JSON.parse(line) as Record<string, unknown>;
    expect({ answer, errors: validate(answer) ? null : validate.errors }).toEqual({ answer, errors: null });
    return answer;
  });
}

describe('the schema of map verdicts', () => {
  test('fits what the command prints, and names every key, in the order in which they come', async () => {
    const image = folder.fixture('images/adv.cramfs.gz');
    const seen = new Set<string>();
    const options = ['--json', '--pages', '--crc', '--trace'];
    for (const argv of [
      ['/za_pm4'],
      ['/zf_gap_mid', '--offset', '1p', '--prot', 'none'],
      ['/zv_beyond_device'],
      ['/zu_beyond_image_tail'],
      ['/zc_tail_shared', '--length', '8p', '--shared', '--populate'],
      ['/zf_gap_mid', '--kernel', 'linux-6.17'],
      ['/zf_gap_mid', '--kernel', 'patch-v1', '--offset', '1p', '--stack-init', 'pattern'],
      ['/zf_gap_mid', '--length', '0x100000000000', '--kernel', 'patch-v2'],
      ['/', '--length', '0'],
    ]) {
      const [answer = {}] = await answers([image, ...argv, ...options]);
      for (const key of Object.keys(answer)) seen.add(key);
      expect(Object.keys(answer)).toEqual(keysOf('mapping').filter((key) => key in answer));
    }
    expect(keysOf('mapping').filter((key) => !seen.has(key))).toEqual(['failed', 'actions']);
  });

  test('fits a kernel without an MMU', async () => {
    const image = folder.fixture('images/root-XX.cramfs.gz');
    for (const argv of [['/bin/init', '--length', '1p'], ['/bin/hello'], ['/bin/hello', '--prot', 'rw'], ['/bin']]) {
      const [answer = {}] = await answers([image, ...argv, '--kernel', 'nommu', '--json', '--crc']);
      expect(Object.keys(answer)).toEqual(keysOf('nommuMapping').filter((key) => key in answer));
    }
  });

  test('fits a comparison of kernels', async () => {
    const image = folder.fixture('images/adv.cramfs.gz');
    for (const kernels of ['linux-6.18,linux-6.17,patch-v1', 'linux-6.1,nommu']) {
      const [answer = {}] = await answers([image, '/zf_gap_mid', '--compare-kernels', kernels, '--json']);
      expect(answer).toMatchObject({ differs: true });
      expect(validate({ ...answer, differs: 1 })).toBe(false);
    }
  });

  test('fits errors and batches', async () => {
    const image = folder.fixture('images/root-XX.cramfs.gz');
    await answers([image, '/nothing', '--json']);
    await answers([image, '/bin/init', '--json', '--endian', 'big']);
    await answers(['/nowhere', '/x', '--json']);
    const lines = [
      { path: '/bin/init' },
      { path: '/nothing' },
      { path: '/bin/init', flags: 'rdwr' },
      { path: '/bin/init', acts: 'mincore,mprot=rw,fork,call' },
      7,
      { path: '/dev/null' },
    ];
    const batch = folder.file('batch.jsonl', lines.map((line) => JSON.stringify(line)).join('\n'));
    expect(await answers([image, '--batch', batch])).toHaveLength(6);
  });

  test.each(fixtureNames('malformed').filter((name) => name.endsWith('.img')))('fits %s', async (name) => {
    const image = folder.fixture(`malformed/${name}`);
    for (const path of ['/', '/file', '/small']) await answers([image, path, '--json', '--pages', '--crc']);
  });

  test('refuses what is not so', async () => {
    const [answer = {}] = await answers([folder.fixture('images/adv.cramfs.gz'), '/za_pm4', '--json']);
    for (const wrong of [
      { schemaVersion: 2 },
      { state: 'direct' },
      { physAddress: 12 },
      { vmFlags: 'rd' },
      { bailout: 'because' },
      { direct: [{ page: 0, pages: 0, pfn: '0x1' }] },
      { physBase: '0X10' },
      { log: undefined },
    ]) {
      expect([wrong, validate({ ...answer, ...wrong })]).toEqual([wrong, false]);
    }
    expect(validate({ schemaVersion: 1 })).toBe(false);
  });
});

describe('docs/json.md', () => {
  test('tells of every key', () => {
    const page = text('docs/json.md');
    const [mapping = '', nommu = '', failure = ''] = ['## A mapping\n', '## A mapping without', '## An error'].map(
      (title) => page.slice(page.indexOf(title), page.indexOf('\n## ', page.indexOf(title) + 1)),
    );
    const told = (section: string): string[] => [...section.matchAll(/^\| `(\w+)`/gm)].map((match) => match[1] ?? '');
    expect(told(mapping).sort()).toEqual(keysOf('mapping').sort());
    expect(keysOf('nommuMapping')).toEqual(expect.arrayContaining(told(nommu)));
    expect([...told(mapping), ...told(nommu)]).toEqual(expect.arrayContaining(keysOf('nommuMapping')));
    expect(told(failure).sort()).toEqual(keysOf('failure').sort());
  });
});
