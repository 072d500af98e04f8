/** integrations/docker, gitlab, jenkins and pre-commit: what they run is run here, without the services. */
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { parse } from 'yaml';
import { type Run } from './support/cli.ts';
import { integration, integrationText, Place } from './support/integrations.ts';

jest.setTimeout(120_000);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Requires that every program's text runs from flash. */
const POLICY = "version: 1\nphys: 0x08040000\nregion-size: 2M\nbudgets: { text: '100 %' }\n";
const ONE_PROGRAM = ['--xip-files', '/lib/ld-musl-i386.so.1', '/bin/hello'];

let place: Place;
beforeAll(async () => {
  place = await Place.make();
  mkdirSync(place.at('tools'));
  copyFileSync(place.single, place.at('tools/cramfs.cjs'));
});
beforeEach(() => {
  rmSync(place.at('build'), { recursive: true, force: true });
  mkdirSync(place.at('build'));
  place.write('cramfs-policy.yaml', POLICY);
});
afterAll(() => {
  place.remove();
});

function image(name: string, ...options: string[]): void {
  const argv = ['mkfs', 'rootfs', name, '-q', '--xip', 'mmu', '--phys', '0x08040000', ...options];
  expect(place.run('cramfs', argv)).toMatchObject({ code: 0, stderr: '' });
}

interface Steps {
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The job of GitLab's template, with variables of the job that extends it. */
function gitlab(variables: Readonly<Record<string, string>>): Steps {
  const { '.cramfs-audit': job } = parse(integrationText('gitlab/cramfs-audit.gitlab-ci.yml')) as {
    '.cramfs-audit': { variables: Record<string, string>; script: string[] };
  };
  return { script: job.script.join('\n'), env: { ...job.variables, ...variables } };
}

/** The shell steps of the Jenkinsfile, after the build. */
function jenkins(): Steps {
  const text = integrationText('jenkins/Jenkinsfile');
  const env = Object.fromEntries(
    [...text.matchAll(/^ {4}([A-Z_]+) = '(.*)'$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
  const steps = [...text.matchAll(/sh '''(.*?)'''/gs)].map(([, step = '']) => step);
  expect(steps).toHaveLength(1);
  return { script: steps.join('\n'), env };
}

describe.each([
  ['the template for GitLab', (): Steps => gitlab({ CRAMFS_POLICY: 'cramfs-policy.yaml' }), ['-e', '-o', 'pipefail']],
  ['the pipeline for Jenkins', jenkins, ['-xe']],
])('%s', (name, steps, flags) => {
  const run = (): Run => {
    const { script, env } = steps();
    return place.run(name.includes('Jenkins') ? 'sh' : 'bash', [...flags, '-c', script], { env });
  };
  const reports = (): string[] => readdirSync(place.path).filter((file) => file.startsWith('cramfs-audit'));
  beforeEach(() => {
    for (const file of reports()) rmSync(place.at(file));
  });

  test('passes an image that is fine, and leaves its reports', () => {
    image('build/fw.cramfs');
    const { code, stdout } = run();
    expect(code).toBe(0);
    expect(stdout).toContain('XIP text   100.0 %');
    expect(reports()).toContain('cramfs-audit.xml');
    for (const file of reports()) expect(statSync(place.at(file)).size).toBeGreaterThan(0);
  });

  test('fails when the text of a program is not direct, and leaves its reports', () => {
    image('build/fw.cramfs', ...ONE_PROGRAM);
    expect(run()).toMatchObject({ code: 1, stdout: expect.stringContaining('policy/over-budget') as unknown });
    expect(place.read('cramfs-audit.xml')).toContain('policy/over-budget');
  });

  test('fails when the partition is too small', () => {
    image('build/fw.cramfs');
    place.write('cramfs-policy.yaml', POLICY.replace('2M', '512K'));
    expect(run()).toMatchObject({ code: 1, stdout: expect.stringContaining('policy/region-too-small') as unknown });
  });

  test('fails when there is no image, or a bad policy', () => {
    expect(run().code).toBe(3);
    image('build/fw.cramfs');
    place.write('cramfs-policy.yaml', 'version: 2\n');
    expect(run().code).toBe(2);
  });
});

test('the job for GitLab takes a baseline and options, and publishes Code Quality', () => {
  image('build/fw.cramfs', ...ONE_PROGRAM);
  const argv = ['audit', 'build/fw.cramfs', '--policy', 'cramfs-policy.yaml', '--write-baseline', 'known.json'];
  place.run('cramfs', argv);
  const { script, env } = gitlab({
    CRAMFS_POLICY: 'cramfs-policy.yaml',
    CRAMFS_BASELINE: 'known.json',
    CRAMFS_OPTIONS: '--max-warnings 0',
  });
  expect(place.run('bash', ['-e', '-c', script], { env }).code).toBe(0);
  expect(Array.isArray(JSON.parse(place.read('cramfs-audit.json')))).toBe(true);
});

describe('the Dockerfile', () => {
  const instructions = integrationText('docker/Dockerfile')
    .replace(/\\\n */g, '')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => /^([A-Z]+) (.*)$/.exec(line)?.slice(1) ?? []);
  const value = (name: string): string => instructions.find(([instruction]) => instruction === name)?.[1] ?? '';

  test('has the instructions that are tested here, and runs as an ordinary user', () => {
    const names = instructions.map(([name]) => name);
    expect(names).toEqual(['FROM', 'COPY', 'RUN', 'USER', 'WORKDIR', 'ENTRYPOINT', 'CMD']);
    expect(value('FROM')).toMatch(/^node:(?:2[0-9])-alpine$/);
    expect(value('USER')).toBe('node');
  });

  test('its steps make an entry point and all other names', () => {
    const bin = place.at('container');
    mkdirSync(bin);
    const here = (text: string): string => text.replaceAll('/usr/local/bin', bin);
    const [from = '', to = ''] = here(value('COPY')).split(' ');
    copyFileSync(join(place.bin, from), to);
    expect(place.run('sh', ['-e', '-c', here(value('RUN'))])).toEqual({ code: 0, stdout: '', stderr: '' });
    const env = { PATH: `${bin}:${process.env.PATH ?? ''}` };
    const words = [...(JSON.parse(value('ENTRYPOINT')) as string[]), ...(JSON.parse(value('CMD')) as string[])];
    const [command = '', ...argv] = words;
    expect(place.run(command, argv, { env }).stdout).toContain('Usage: cramfs ');
    expect(place.run('mkfs.cramfs', ['-V'], { env }).stdout).toMatch(/^mkfs.cramfs from cramfs-map /);
    for (const name of ['cramfs-map', 'mkcramfs', 'fsck.cramfs', 'cramfsck']) expect(readdirSync(bin)).toContain(name);
  });
});

describe('pre-commit', () => {
  const git = (folder: string, ...argv: string[]): Run => {
    const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@localhost', '-c', 'init.defaultBranch=main'];
    const ran = place.run('git', [...identity, ...argv], { cwd: place.at(folder) });
    expect(ran.code).toBe(0);
    return ran;
  };
  const preCommit = (): Run => place.run('pre-commit', ['run', '--all-files'], { cwd: place.at('firmware') });

  test('checks policies and images with the hooks of a release', () => {
    mkdirSync(place.at('release/dist'), { recursive: true });
    copyFileSync(place.single, place.at('release/dist/cramfs.cjs'));
    copyFileSync(join(ROOT, '.pre-commit-hooks.yaml'), place.at('release/.pre-commit-hooks.yaml'));
    git('release', 'init', '-q');
    git('release', 'add', '.');
    git('release', 'commit', '-q', '-m', 'Release');
    git('release', 'tag', 'v1.0.0');

    mkdirSync(place.at('firmware'));
    git('firmware', 'init', '-q');
    const config = integrationText('pre-commit/.pre-commit-config.yaml');
    expect(config).toContain('repo: https://github.com/OWNER/cramfs-map\n    rev: v1.0.0\n');
    place.write(
      'firmware/.pre-commit-config.yaml',
      config.replace('https://github.com/OWNER/cramfs-map', place.at('release')),
    );
    place.write('firmware/cramfs-policy.yaml', POLICY);
    image('firmware/fw.cramfs');
    git('firmware', 'add', '.');
    const fine = preCommit();
    expect([fine.code, fine.stdout]).toEqual([
      0,
      expect.stringMatching(/cramfs policies\.+Passed\ncramfs audit\.+Passed/),
    ]);

    image('firmware/fw.cramfs', ...ONE_PROGRAM);
    git('firmware', 'add', '.');
    expect(preCommit()).toMatchObject({ code: 1, stdout: expect.stringContaining('policy/over-budget') as unknown });

    place.write('firmware/cramfs-policy.yaml', POLICY.replace('budgets', 'bugdets'));
    git('firmware', 'add', '.');
    expect(preCommit().stdout).toContain('did you mean "budgets"?');
  });

  test('its page shows the configuration that is there', () => {
    expect(integrationText('pre-commit/README.md')).toContain(integrationText('pre-commit/.pre-commit-config.yaml'));
  });
});

describe('files of integrations/', () => {
  const files = (readdirSync(integration(''), { recursive: true }) as string[]).sort();

  test('each folder has a page that the list of integrations links', () => {
    const folders = readdirSync(integration(''), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.length).toBeGreaterThanOrEqual(8);
    for (const { name } of folders) {
      expect(files).toContain(`${name}/README.md`);
      expect(integrationText('README.md')).toContain(`(${name}/README.md)`);
    }
    expect(readFileSync(join(ROOT, 'README.md'), 'utf8')).toContain('(integrations/README.md)');
  });

  test.each(files.filter((file) => file.endsWith('.sh')))('shellcheck passes %s', (file) => {
    expect(place.run('shellcheck', [integration(file)])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('shellcheck passes the scripts of GitLab and Jenkins', () => {
    for (const { script } of [gitlab({}), jenkins()]) {
      place.write('script', `#!/bin/sh\n${script}`);
      // Lists of words are split on purpose, and the variables are the job's.
      expect(place.run('shellcheck', ['--exclude=SC2086,SC2154', 'script']).stdout).toBe('');
    }
  });

  test.each(files.filter((file) => /[.]ya?ml$/.test(file)))('%s is YAML', (file) => {
    expect(parse(integrationText(file))).toBeInstanceOf(Object);
  });
});
