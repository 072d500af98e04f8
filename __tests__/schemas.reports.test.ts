/** The published JSON Schemas that are made of what reports print: they are up to date, and fit what the commands print. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { Ajv, type ValidateFunction } from 'ajv';
import { readFileSync } from 'node:fs';
import { runCramfs } from '../lib/cli/cramfs.ts';
import { reportSchemas } from '../lib/report/schema/published.ts';
import { Folder, runProgram } from './support/cli.ts';
import { plainExec64 } from './support/plainExec64.ts';

const folder = new Folder();
afterAll(() => {
  folder.remove();
});
const image = folder.fixture('exec/exec64.cramfs.gz');
const trace = folder.fixture('profile/exec64-plain@6.12.trace.gz');
const smaps = folder.fixture('profile/exec64@6.12.smaps.gz');

test.each(Object.entries(reportSchemas()))(
  'schemas/%s.schema.json is what "npm run schemas" writes',
  (name, schema) => {
    const file = new URL(`../schemas/${name}.schema.json`, import.meta.url);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(schema);
  },
);

/** Compiling a schema takes longer than most commands. */
const validators = new Map<string, ValidateFunction>();
function validatorOf(name: string): ValidateFunction {
  const known = validators.get(name);
  if (known !== undefined) return known;
  const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(reportSchemas()[name] ?? {});
  validators.set(name, validate);
  return validate;
}

/** Runs a command and holds its JSON against a schema, which allows no key that it does not name. */
async function fits(name: string, argv: readonly string[]): Promise<void> {
  const { stdout } = await runProgram(runCramfs, argv);
  const validate = validatorOf(name);
  const answer: unknown = JSON.parse(stdout);
  expect({ argv, errors: validate(answer) ? null : validate.errors }).toEqual({ argv, errors: null });
}

describe('the schema', () => {
  test('of profiles fits traces, maps and tables', async () => {
    const plain = folder.file('plain.cramfs', await plainExec64());
    const axfs = folder.file('axfs.csv', './bin/static,0,3\n./nowhere,0,1\n');
    await fits('profile', ['profile', plain, trace, axfs, '--json']);
    await fits('profile', ['profile', image, smaps, '--json']);
  });

  test('of checks fits boards that do what was promised, and those that do not', async () => {
    await fits('profile-check', ['profile', '--check', image, smaps, smaps, '--json']);
    const wrong = ['address', 'plain', 'block', 'regression'];
    for (const name of wrong) {
      const capture = folder.fixture(`profile/board/${name}@6.12.smaps.gz`);
      await fits('profile-check', ['profile', '--check', image, capture, '--kernel', '6.12', '--json']);
    }
    const maps = folder.file('maps', '555555554000-555555555000 r--p 00000000 1f:00 1 /mnt/bin/dynamic\n');
    await fits('profile-check', ['profile', '--check', image, maps, '--json']);
  });

  test('of stages fits what is complete, and what is not', async () => {
    await fits('stage', ['stage', '/bin/dynamic', '/bin/script', '--from', image, '--json']);
    await fits('stage', ['stage', '/opt/missing', '/opt/rpath', '--from', image, '--exclude-image', image, '--json']);
  });

  test('of plans fits a plan with its curve, with and without a profile', async () => {
    const built = `${folder.path}/built.cramfs`;
    const xip = ['mkfs', image, built, '--xip', 'mmu', '--phys', '0x10000000', '--plan', '--json'];
    await fits('xip-plan', xip);
    await fits('xip-plan', [...xip, '--xip-profile', smaps, '--flash-budget', '800K', '--pin', '/bin/static']);
  });
});
