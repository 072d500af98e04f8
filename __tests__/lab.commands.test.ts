/** `cramfs-lab compare`, and what `cramfs-lab random` says before it needs a kernel. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { runCramfsLab } from '../kernel-lab/host/cli/cramfsLab.ts';
import { Folder, type Run, runProgram } from './support/cli.ts';
import { fixture } from './support/fixtures.ts';

let folder: Folder;
let image = '';
let transcript = '';
const recorded = Buffer.from(fixture('transcripts/adv@0x10000800.jsonl.gz')).toString('utf8');

beforeAll(() => {
  folder = new Folder();
  image = folder.fixture('images/adv.cramfs.gz');
  transcript = folder.file('adv.jsonl', recorded);
});
afterAll(() => {
  folder.remove();
});

const lab = (...argv: string[]): Promise<Run> => runProgram(runCramfsLab, argv);

describe('compare', () => {
  const compared = 'Linux 6.1.0-56-amd64 and the model linux-6.1: 563 mmap vectors, 61 reads, 0 programs';

  test('ends with 0 where nothing differs', async () => {
    expect(await lab('compare', image, transcript)).toEqual({
      code: 0,
      stdout: `${compared}: no difference\n`,
      stderr: '',
    });
  });

  test('tells what differs, and ends with 1', async () => {
    const changed = folder.file('changed.jsonl', recorded.replace('"state":"mixedmap"', '"state":"pfnmap"'));
    const { code, stdout } = await lab('compare', image, changed);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^record [0-9]+: map \/.*\n {2}state\n {4}kernel: {4}"pfnmap"\n {4}emulation: "mixedmap"\n/);
    expect(stdout).toContain(`${compared}: 1 difference in 1 record\n`);
  });

  test('prints JSON', async () => {
    const other = await lab('compare', image, transcript, '--kernel', 'linux-6.18', '--json');
    expect(other.code).toBe(1);
    const json = JSON.parse(other.stdout) as { differences: readonly { field: string; ours: string }[] };
    expect(json).toMatchObject({
      schemaVersion: 1,
      release: '6.1.0-56-amd64',
      model: 'linux-6.18',
      counts: { vectors: 563, reads: 61, programs: 0 },
    });
    // x86's memory type reservations show in the older kernel only.
    expect(new Set(json.differences.map(({ field }) => field))).toEqual(new Set(['vmflags']));
    expect(json.differences).toHaveLength(16);
    const schema = JSON.parse(
      readFileSync(new URL('../schemas/lab-compare.schema.json', import.meta.url), 'utf8'),
    ) as object;
    const validate = new Ajv({ allowUnionTypes: true }).compile(schema);
    expect([validate(json), validate.errors]).toEqual([true, null]);
    expect(validate({ ...json, counts: {} })).toBe(false);
  });

  test.each([
    ['no such transcript', () => [image, folder.file('x', '') + '-not'], 3, /no such file/i],
    ['an empty transcript', () => [image, folder.file('empty.jsonl', '')], 2, /expected a setup, found no line/],
    [
      'a transcript that is none',
      () => [image, folder.file('text.jsonl', 'text\n')],
      2,
      /line 1: expected a JSON object/,
    ],
    ['an image that is none', () => [transcript, transcript], 3, /not a cramfs image/],
    ['an unknown model', () => [image, transcript, '--kernel', 'minix'], 2, /no kernel model is named "minix"/],
    ['a kernel without an MMU', () => [image, transcript, '--kernel', 'nommu'], 2, /has none/],
  ] as const)('%s', async (_, args, exitCode, message) => {
    const { code, stdout, stderr } = await lab('compare', ...args());
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.split('\n')).toHaveLength(2);
  });
});

describe('random', () => {
  test.each([
    [['--images', '0'], '--images: there must be at least 1'],
    [['--vectors', 'many'], '--vectors: "many" is not a number'],
    [['--seed', '-1'], '--seed: "-1" is not a number'],
    [['--bases', '0x10000000,'], '--bases: "" is not a number'],
    [['--bases', '0x10000001'], 'base 0x10000001: the physical address 0x10000001 is not a multiple of 4'],
    [['--bases', '0x1000'], 'base 0x1000: a region must lie between'],
    [['--bases', '0xbf000000'], 'base 0xbf000000: a region must lie between'],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await lab('random', ...args, '--cache', folder.path);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});
