/** What README and the pages show of the audit is what comes out, and their shell does what they say. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { parse } from 'yaml';
import { AUDIT_FORMATS } from '../lib/report/audit/index.ts';
import { cramfs } from './support/auditHelp.ts';
import { bundleProgram, Folder } from './support/cli.ts';
import { fixture } from './support/fixtures.ts';
import { junitProblems } from './support/junitSchema.ts';
import { sarifProblems } from './support/sarifSchema.ts';

const page = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
const blocks = (markdown: string, language: string): string[] =>
  [...markdown.matchAll(new RegExp(`^\`\`\`${language}\\b.*?\\n(.*?)^\`\`\`$`, 'gms'))].map((match) => match[1] ?? '');

jest.setTimeout(60_000);
const folder = new Folder();
afterAll(() => {
  folder.remove();
});

describe('README', () => {
  const chapter =
    page('README.md')
      .split(/^## /m)
      .find((text) => text.startsWith('An audit')) ?? '';
  const [policyText = ''] = blocks(chapter, 'yaml');
  const [example = ''] = blocks(chapter, 'console');
  const [command = ''] = example.split('\n');
  const argv = command.split(' ').slice(2);
  let program = '';
  beforeAll(async () => {
    program = await bundleProgram('cramfs', folder);
    folder.file('root.cramfs', fixture('images/root-XX.cramfs.gz'));
    folder.file('policy.yaml', policyText);
  });
  const run = (...options: string[]) =>
    spawnSync(process.execPath, [program, ...argv, ...options], { cwd: folder.path, encoding: 'utf8' });

  test('the audit that it shows succeeds', () => {
    expect(command).toBe('$ cramfs audit root.cramfs --policy policy.yaml');
    const { stderr, status } = run();
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  test('the same run makes valid SARIF and JUnit XML', async () => {
    const sarif = run('--format', 'sarif').stdout;
    expect(sarifProblems(JSON.parse(sarif))).toBeNull();
    expect(sarif).toContain('"suppressions":[{"kind":"external"');
    expect(await junitProblems(run('--format', 'junit').stdout)).toEqual([]);
  });
});

describe('docs/audit.md', () => {
  const text = page('docs/audit.md');

  test('tells of every option and every format', async () => {
    const { stdout } = await cramfs(['audit', '--help']);
    const options = [...stdout.matchAll(/^ {2}(--[a-z-]+)/gm)].map((match) => match[1] ?? '');
    const machine = ['--phys', '--region', '--fill', '--cpu', '--endian', '--phys-bits', '--ram', '--stack-init'];
    const known = [...machine, '--kernel', '--image-offset', '--page-size', '--color'];
    const own = options.filter((option) => !known.includes(option));
    expect(own.length).toBeGreaterThan(10);
    for (const option of own) expect(text).toContain(`\`${option}`);
    for (const format of AUDIT_FORMATS) expect(text).toMatch(new RegExp(`[\`*]${format}[\`*]`));
  });

  test('tells of every key of the JSON', () => {
    const schema = JSON.parse(page('schemas/audit.schema.json')) as {
      properties: object;
      definitions: Record<string, { properties?: Record<string, { items?: { properties?: object } }> }>;
    };
    const { audit, board, totals, file } = schema.definitions;
    const findings = audit?.properties?.findings?.items?.properties;
    const keys = [schema.properties, audit?.properties, board?.properties, findings, file?.properties].flatMap((of) =>
      Object.keys(of ?? {}),
    );
    expect(keys.length).toBeGreaterThan(30);
    for (const key of keys) expect(text).toContain(`\`${key}\``);
    expect(totals).toBeDefined();
  });
});

/** A folder as a CI job finds it, with the program on the PATH. */
class Job {
  readonly path = mkdtempSync(join(folder.path, 'job-'));

  constructor(program: string) {
    const bin = join(this.path, '.bin');
    mkdirSync(bin);
    mkdirSync(join(this.path, 'build'));
    const cramfsCommand = `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`;
    writeFileSync(join(bin, 'cramfs'), cramfsCommand, { mode: 0o755 });
    // What fetches or compares is not what is tested here.
    for (const name of ['npm', 'git', 'make']) writeFileSync(join(bin, name), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    writeFileSync(join(this.path, 'build', 'fw.cramfs'), fixture('images/root-XX.cramfs.gz'));
    writeFileSync(join(this.path, 'build', 'other.cramfs'), fixture('images/arch-XX.cramfs.gz'));
    writeFileSync(join(this.path, 'cramfs-policy.yaml'), 'version: 1\n');
  }

  run(script: string, flags: readonly string[], env: Record<string, string> = {}) {
    const path = `${join(this.path, '.bin')}:${process.env.PATH ?? ''}`;
    const options = { cwd: this.path, encoding: 'utf8', env: { PATH: path, ...env } } as const;
    const { status, stdout, stderr } = spawnSync('bash', ['--noprofile', '--norc', ...flags, '-c', script], options);
    return { status, stdout, stderr };
  }

  read(name: string): string {
    return readFileSync(join(this.path, name), 'utf8');
  }
}

describe('the shell of', () => {
  let program = '';
  beforeAll(async () => {
    program = await bundleProgram('cramfs', folder);
  });
  const STRICT = ['-e', '-o', 'pipefail'];
  const ci = page('docs/ci.md');
  const jobOf = (name: string): Record<string, unknown> => {
    const section = ci.split(/^## /m).find((text) => text.startsWith(name)) ?? '';
    return parse(blocks(section, 'yaml')[0] ?? '') as Record<string, unknown>;
  };

  test('docs/ci.md: a plain shell', () => {
    const job = new Job(program);
    const [single = '', several = '', write = '', use = '', refresh = ''] = blocks(ci, 'sh');
    expect(job.run(single, STRICT)).toMatchObject({ status: 1, stderr: '' });
    const { status, stdout, stderr } = job.run(several, []);
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(stdout).toContain('2 images: 1 error');
    expect(job.read('audit.md')).toContain('### cramfs audit');
    expect(job.run(write, STRICT)).toMatchObject({ status: 0, stderr: '' });
    expect(job.run(use, STRICT)).toMatchObject({ status: 0, stderr: '' });
    const before = job.read('cramfs-baseline.json');
    expect(job.run(refresh, STRICT)).toMatchObject({ status: 0, stderr: '' });
    expect(job.read('cramfs-baseline.json')).toBe(before);
    expect(blocks(ci, 'sh')).toHaveLength(5);
  });

  test('docs/ci.md: GitHub with the action, whose inputs there are', () => {
    const { inputs } = parse(page('action.yml')) as { inputs: object };
    const { jobs } = jobOf('GitHub: the action') as { jobs: { audit: { steps: { uses?: string; with?: object }[] } } };
    const step = jobs.audit.steps.find(({ uses }) => uses?.startsWith('OWNER/cramfs-map'));
    expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(step?.with ?? { none: 0 })));
  });

  test('docs/ci.md: GitHub without the action', () => {
    const { jobs } = jobOf('GitHub: without') as { jobs: { audit: { steps: { name?: string; run?: string }[] } } };
    const script = jobs.audit.steps.find(({ name }) => name === 'Audit')?.run ?? '';
    const job = new Job(program);
    const summary = folder.file('ci.summary', '');
    expect(job.run(script, STRICT, { GITHUB_STEP_SUMMARY: summary })).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/^::error file=build\/fw[.]cramfs,/m) as unknown,
      stderr: '',
    });
    expect(sarifProblems(JSON.parse(job.read('audit.sarif')))).toBeNull();
    expect(readFileSync(summary, 'utf8')).toContain('### cramfs audit');
  });

  test('docs/ci.md: GitLab', async () => {
    const { audit } = jobOf('GitLab') as { audit: { script: string[]; artifacts: { paths: string[] } } };
    const job = new Job(program);
    expect(job.run(audit.script.join('\n'), STRICT)).toMatchObject({ status: 1, stderr: '' });
    expect(await junitProblems(job.read('audit.xml'))).toEqual([]);
    for (const file of audit.artifacts.paths) expect(job.read(file)).not.toBe('');
  });

  test('docs/ci.md: a fleet', async () => {
    const { audit, fleet } = jobOf('A fleet') as Record<'audit' | 'fleet', { script: string[] }>;
    const job = new Job(program);
    for (const index of ['1', '2', '3', '4']) {
      const env = { CI_NODE_INDEX: index, CI_NODE_TOTAL: '4' };
      expect(job.run(audit.script.join('\n'), STRICT, env)).toMatchObject({ status: 0, stderr: '' });
    }
    expect(job.run(fleet.script.join('\n'), STRICT)).toMatchObject({ status: 1, stderr: '' });
    expect(await junitProblems(job.read('fleet.xml'))).toEqual([]);
  });

  test('docs/audit.md: shards', () => {
    const job = new Job(program);
    const [shards = ''] = blocks(page('docs/audit.md'), 'sh');
    expect(job.run(shards, STRICT)).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('2 images: 1 error') as unknown,
      stderr: '',
    });
  });
});
