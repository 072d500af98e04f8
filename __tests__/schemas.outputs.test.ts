/** A schema for every --json: each command's real output, and its errors, are valid against it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv, type ValidateFunction } from 'ajv';
import type { Command } from 'commander';
import { readFileSync } from 'node:fs';
import { CRAMFS_LAB } from '../kernel-lab/host/cli/cramfsLab.ts';
import { CRAMFS, runCramfs } from '../lib/cli/cramfs.ts';
import { fullName } from '../lib/cli/help/groups.ts';
import { wholeProgram } from '../lib/cli/programTree.ts';
import { Folder, runProgram, silentIo } from './support/cli.ts';
import { fixtureNames } from './support/fixtures.ts';

/** The schema of each command with --json. */
const SCHEMAS: Readonly<Record<string, string>> = {
  'cramfs audit': 'audit',
  'cramfs blocks': 'blocks',
  'cramfs check': 'check',
  'cramfs compare-kernels': 'compare-kernels',
  'cramfs diff': 'diff',
  'cramfs exec': 'exec',
  'cramfs extract': 'extract',
  'cramfs info': 'info',
  'cramfs ls': 'ls',
  'cramfs manifest': 'manifest',
  'cramfs map': 'map-verdict',
  'cramfs mkfs': 'xip-plan',
  'cramfs profile': 'profile',
  'cramfs scan': 'scan',
  'cramfs stage': 'stage',
  'cramfs stat': 'stat',
  'cramfs tree': 'ls',
  'cramfs-lab compare': 'lab-compare',
};

/** Schemas that describe results only; their commands' errors are described by schemas/error.schema.json. */
const SPLIT = new Set(['profile', 'stage', 'xip-plan']);

const folder = new Folder();
const validators = new Map<string, ValidateFunction>();
const schemaOf = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(`../schemas/${name}.schema.json`, import.meta.url), 'utf8')) as Record<
    string,
    unknown
  >;
beforeAll(() => {
  for (const name of [...new Set(Object.values(SCHEMAS)), 'error', 'list-cpus', 'list-kernels']) {
    validators.set(
      name,
      new Ajv({ allErrors: true, allowUnionTypes: true, strictTuples: false }).compile(schemaOf(name)),
    );
  }
});
afterAll(() => {
  folder.remove();
});

/** Runs a command, and validates each line that it prints. */
async function valid(name: string, argv: readonly string[]): Promise<Record<string, unknown>[]> {
  const { code, stdout } = await runProgram(runCramfs, argv);
  // One object on several lines; or several images, with one object on each line.
  const texts = ['ls', 'manifest'].includes(name) ? [stdout] : stdout.split('\n').filter((line) => line !== '');
  expect([argv, texts.length > 0, code < 70]).toEqual([argv, true, true]);
  return texts.map((text) => {
    const answer = JSON.parse(text) as Record<string, unknown>;
    const validate = validators.get('error' in answer && SPLIT.has(name) ? 'error' : name);
    const errors = validate?.(answer) === true ? null : validate?.errors?.slice(0, 5);
    expect({ argv, errors, answer: errors === null ? '' : text.slice(0, 3000) }).toEqual({
      argv,
      errors: null,
      answer: '',
    });
    return answer;
  });
}

test('every command with --json has a schema with an $id', async () => {
  const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];
  const programs = await Promise.all([CRAMFS, CRAMFS_LAB].map((program) => wholeProgram(program, silentIo())));
  const withJson = programs.flatMap(all).filter((command) => command.options.some(({ long }) => long === '--json'));
  expect(withJson.map(fullName).sort()).toEqual(Object.keys(SCHEMAS).sort());
  for (const name of validators.keys()) {
    expect(schemaOf(name).$id).toBe(`https://unpkg.com/cramfs-map/schemas/${name}.schema.json`);
  }
});

const IMAGES = [
  'images/root-XX.cramfs.gz',
  'images/adv.cramfs.gz',
  'patch/adj.cramfs.gz',
  'riscv/images/rv32-a.cramfs.gz',
  'boards/xtensa.cramfs.gz',
  'lab/zero-offset.cramfs',
  'arch/sorted-flag-high-bytes.cramfs',
];

describe.each(IMAGES)('the outputs about %s', (name) => {
  const image = folder.fixture(name);

  test('are valid', async () => {
    await valid('info', ['info', image, '--json', '--ranges']);
    await valid('check', ['check', image, '--json']);
    await valid('scan', ['scan', image, '--json']);
    await valid('ls', ['tree', image, '--json']);
    const [listing] = await valid('ls', ['ls', image, '--recursive', '--json']);
    const { entries } = listing as { entries: { path: string; type: string }[] };
    const paths = entries.slice(0, 60).map(({ path }) => path);
    await valid('stat', ['stat', image, ...paths, '/nowhere', '--json']);
    for (const { path } of entries.filter(({ type }) => type === 'file').slice(0, 12)) {
      await valid('blocks', ['blocks', image, path, '--phys', '0x8000000', '--json']);
      await valid('exec', ['exec', image, path, '--all', '--json']);
      await valid('exec', ['exec', image, path, '--kernel', 'nommu-6.12', '--json']);
    }
    await valid('compare-kernels', ['compare-kernels', image, 'patch-v1', 'linux-6.1', '--json']);
    await valid('manifest', ['manifest', image, '--json']);
    await valid('extract', ['extract', image, `${folder.path}/${name.replaceAll('/', '-')}.out`, '--json']);
    await valid('extract', ['extract', image, `${folder.path}/${name.replaceAll('/', '-')}.out`, '--json']);
    await valid('xip-plan', ['mkfs', image, `${image}.new`, '--xip', 'mmu', '--phys', '0x8000000', '--plan', '--json']);
  }, 60_000);
});

test.each(fixtureNames('malformed').filter((name) => name.endsWith('.img')))(
  'the outputs about malformed/%s are valid',
  async (name) => {
    const image = folder.fixture(`malformed/${name}`);
    for (const command of ['info', 'check', 'scan']) await valid(command, [command, image, '--json']);
    await valid('ls', ['ls', image, '--recursive', '--json']);
    await valid('stat', ['stat', image, '/', '/file', '--json']);
    await valid('blocks', ['blocks', image, '/file', '--json']);
    await valid('exec', ['exec', image, '/file', '--json']);
  },
);

test('a staged tree is valid', async () => {
  const image = folder.fixture('images/root-XX.cramfs.gz');
  const [staged] = await valid('stage', ['stage', '/bin/hello', '--from', image, '--json']);
  expect(staged).not.toHaveProperty('error');
});

test('several images are one object each', async () => {
  const [a, b] = [folder.fixture('images/root-XX.cramfs.gz'), folder.fixture('images/adv.cramfs.gz')];
  for (const command of ['info', 'check', 'scan']) {
    expect(await valid(command, [command, a, b, '/nowhere', '--json'])).toHaveLength(3);
  }
});

test('lists of kernels and CPUs', async () => {
  await valid('list-kernels', ['map', '--list-kernels', '--json']);
  await valid('list-cpus', ['map', '--list-cpus', '--json']);
});

test('errors are valid against every schema that is made of types', async () => {
  for (const command of ['info', 'check', 'scan', 'ls', 'exec', 'blocks', 'stat', 'extract']) {
    await valid(command, [command, '/nowhere', '/x', '--json']);
  }
});

test('what a command does not print is refused', async () => {
  const image = folder.fixture('images/root-XX.cramfs.gz');
  for (const name of ['info', 'check', 'scan']) {
    const [answer] = await valid(name, [name, image, '--json']);
    const validate = validators.get(name);
    for (const wrong of [{ surprise: 1 }, { schemaVersion: 2 }, { diagnosis: 7 }]) {
      expect([name, wrong, validate?.({ ...answer, ...wrong })]).toEqual([name, wrong, false]);
    }
  }
});
