/** The single file: alone in a folder it does what the commands do, with threads, under all of its names. */
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CRAMFS, runCramfs } from '../lib/cli/cramfs.ts';
import { runCramfsMap } from '../lib/cli/run.ts';
import { buildSingle } from '../scripts/build-single.mjs';
import { fixture } from './support/fixtures.ts';
import { type Run, runProgram } from './support/cli.ts';

jest.setTimeout(120_000);
/** Another Node to run the file: CI tries each version. */
const NODE = process.env.CRAMFS_NODE ?? process.execPath;
const NAMES = ['cramfs-map', 'mkcramfs', 'mkfs.cramfs', 'fsck.cramfs', 'cramfsck'];

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'cramfs-single-')));
const at = (name: string): string => join(folder, name);
let size = 0;

beforeAll(async () => {
  size = await buildSingle(at('cramfs.cjs'));
  for (const name of NAMES) symlinkSync('cramfs.cjs', at(name));
  writeFileSync(at('root.cramfs'), fixture('images/root-XX.cramfs.gz'));
  writeFileSync(at('other.cramfs'), fixture('images/arch-XX.cramfs.gz'));
  mkdirSync(at('tree'));
  expect(await runProgram(runCramfs, ['extract', at('root.cramfs'), at('staged')])).toMatchObject({ code: 0 });
  writeFileSync(at('tree/file'), 'content');
  writeFileSync(at('policy.yaml'), 'version: 1\n');
  writeFileSync(at('board.yaml'), 'version: 1\nkernel: 6.12\nphys: 0x08040000\nregion-size: 2M\n');
  writeFileSync(at('used.csv'), '/bin/hello,0,3\n/bin/hello,4096,1\n');
  writeFileSync(at('dump.bin'), Buffer.concat([new Uint8Array(8192), fixture('images/arch-XX.cramfs.gz')]));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Commands that write the bytes of files. */
const BINARY = ['cat', 'extract'];

function run(name: string, argv: readonly string[], env: Record<string, string> = {}): Run {
  const { stdout, stderr, status } = spawnSync(NODE, [at(name), ...argv], {
    cwd: folder,
    encoding: BINARY.includes(argv[0] ?? '') ? 'latin1' : 'utf8',
    env: { PATH: process.env.PATH, ...env },
    maxBuffer: 1 << 28,
  });
  return { code: status ?? -1, stdout, stderr };
}

test('is below 1.5 MB, and names the licences of what is in it', () => {
  expect(size).toBeLessThan(1_500_000);
  const text = readFileSync(at('cramfs.cjs'), 'utf8');
  for (const name of ['commander', 'pako', 'yaml', 'zod'])
    expect(text).toMatch(new RegExp(`^${name} [0-9.]+ \\(`, 'm'));
});

describe('every command prints what it prints in the sources', () => {
  const commands: readonly (readonly string[])[] = [
    ['map', 'root.cramfs', '/bin/hello', '--pages', '--crc'],
    ['map', 'root.cramfs', '/bin/hello', '--policy', 'policy.yaml', '--json'],
    ['compare-kernels', 'root.cramfs', '--kernels', 'linux,patch-v1'],
    ['exec', 'root.cramfs', '/bin/hello'],
    ['info', 'root.cramfs'],
    ['ls', '-l', 'root.cramfs', '/'],
    ['tree', 'root.cramfs'],
    ['cat', 'root.cramfs', '/bin/hello'],
    ['stat', 'root.cramfs', '/bin/hello'],
    ['blocks', 'root.cramfs', '/bin/hello'],
    ['scan', 'root.cramfs'],
    ['extract', 'root.cramfs', '--tar', '-'],
    ['check', 'root.cramfs'],
    ['audit', 'root.cramfs', '--notes'],
    ['explain'],
    ['explain', 'xip/compressed'],
    ['diff', 'other.cramfs', 'root.cramfs'],
    ['policy', 'check', 'policy.yaml'],
    ['mkfs', 'tree', 'new.cramfs'],
    [
      'mkfs',
      'root.cramfs',
      'placed.cramfs',
      '--xip',
      'mmu',
      '--board',
      'board.yaml',
      '--xip-profile',
      'used.csv',
      '--plan',
    ],
    ['stage', '/bin/hello', '--from', 'staged', '--to', 'out'],
    ['profile', 'root.cramfs', 'used.csv'],
    ['manifest', 'root.cramfs', '--format', 'mtree'],
    ['manifest', 'root.cramfs', '--format', 'sha256sum'],
    ['manifest', 'root.cramfs', '--format', 'cyclonedx'],
    ['manifest', 'root.cramfs', '--format', 'json'],
    ['audit', 'root.cramfs', '--board', 'board.yaml', '--format', 'gitlab'],
    ['audit', 'root.cramfs', '--format', 'junit'],
    ['diff', 'other.cramfs', 'root.cramfs', '--format', 'markdown'],
    ['diff', 'other.cramfs', 'root.cramfs', '--format', 'github', '--fail-on', 'direct-lost'],
    ['info', 'dump.bin@8192'],
    ['map', 'root.cramfs', '/bin/hello', '--svg'],
    ['report', 'root.cramfs', '--svg', '-o', 'flash.svg'],
    ['policy', 'init', 'made.yaml'],
    ['completion', 'bash'],
    ['completion', 'zsh'],
    ['completion', 'fish'],
    ['describe', 'root.cramfs'],
    ['--version'],
    ['--help'],
    ['nonsense'],
  ];
  test.each(commands.map((argv) => [argv.join(' '), argv] as const))('cramfs %s', async (_name, argv) => {
    const here = process.cwd();
    process.chdir(folder);
    try {
      const ran = run('cramfs.cjs', argv);
      // What it wrote is written again.
      for (const name of ['out', 'made.yaml']) rmSync(at(name), { recursive: true, force: true });
      expect(ran).toEqual(await runProgram(runCramfs, argv, { env: {} }));
    } finally {
      process.chdir(here);
    }
  });

  test('no command is left out', () => {
    const tried = new Set(commands.map(([name]) => name));
    expect(CRAMFS.subcommands.map(({ name }) => name).filter((name) => !tried.has(name))).toEqual([]);
  });

  test('cramfs-map', async () => {
    const argv = [at('root.cramfs'), '/bin/hello'];
    expect(run('cramfs-map', argv)).toEqual(await runProgram(runCramfsMap, argv));
  });

  test('cramfs report has its page', () => {
    expect(run('cramfs.cjs', ['report', 'root.cramfs', '-o', 'report.html'])).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(at('report.html'), 'utf8')).toMatch(/^<!doctype html>[^]*id="report-data">\{/);
  });
});

describe('under the names of other tools', () => {
  test('it is these tools', () => {
    expect(run('mkcramfs', ['-X', '-X', 'tree', 'a.img'])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(run('cramfsck', ['a.img'])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(run('mkfs.cramfs', ['tree', 'b.img', '-n', 'name'])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(run('fsck.cramfs', ['-v', 'b.img']).stdout).toMatch(/b[.]img: OK\n$/);
    for (const name of NAMES.slice(1)) expect(run(name, [])).toMatchObject({ code: 16, stdout: '' });
  });

  test('it can be executed through a link on the PATH', () => {
    const { stdout, status } = spawnSync('mkfs.cramfs', ['-V'], {
      encoding: 'utf8',
      env: { PATH: `${folder}:${process.env.PATH ?? ''}` },
    });
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^mkfs.cramfs from cramfs-map /)]);
  });
});

describe('threads', () => {
  /** Writes down what every thread is, for those that start. */
  const WATCH = `
const threads = require('node:worker_threads');
const { Worker } = threads;
threads.Worker = class extends Worker {
  constructor(file, options) {
    super(file, options);
    this.on('message', ({ kind }) => require('node:fs').appendFileSync(process.env.WATCHED, options.argv + ' ' + kind + '\\n'));
  }
};
`;
  const watched = (argv: readonly string[]): { run: Run; messages: Set<string> } => {
    writeFileSync(at('watch.cjs'), WATCH);
    writeFileSync(at('watched'), '');
    const ran = run('cramfs.cjs', argv, { NODE_OPTIONS: `--require ${at('watch.cjs')}`, WATCHED: at('watched') });
    return { run: ran, messages: new Set(readFileSync(at('watched'), 'utf8').trimEnd().split('\n')) };
  };

  test('check, audit, extract and mkfs work in threads of the same file', () => {
    mkdirSync(at('big'));
    for (let i = 0; i < 3; i++) {
      const noise = Buffer.from(Array.from({ length: 1 << 16 }, (_, at) => (at * 31 * (i + 1)) & 0xff));
      writeFileSync(at(`big/${String(i)}`), Buffer.concat(Array.from({ length: 100 }, () => noise)));
    }
    const build = watched(['mkfs', 'big', 'big.img']);
    expect(build.run).toMatchObject({ code: 0, stderr: '' });
    expect(build.messages).toContain('deflateWorker result');
    const check = watched(['check', 'big.img', '--jobs', '2']);
    expect(check.run).toMatchObject({ code: 0, stderr: '' });
    expect(check.messages).toContain('checkWorker result');
    const extract = watched(['extract', 'big.img', 'big-out', '--jobs', '2']);
    expect(extract.run).toMatchObject({ code: 0, stderr: '' });
    expect(extract.messages).toContain('imageWorker ready');
    expect(readdirSync(at('big-out'))).toEqual(['0', '1', '2']);
    const audit = watched(['audit', 'root.cramfs', 'other.cramfs', '--jobs', '2']);
    expect(audit.run).toMatchObject({ code: 1, stderr: '' });
    expect(audit.messages).toContain('auditWorker result');
  });
});
