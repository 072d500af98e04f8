/** What the system gives a process: descriptors, a umask, a user without rights, and signals. */
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  ftruncateSync,
  readdirSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { build } from 'esbuild';
import { bundleProgram, Folder } from './support/cli.ts';
import { buildRawImage, type RawBlock, type RawEntry } from './support/rawImage.ts';

// Processes start slowly on a busy machine.
jest.setTimeout(60_000);

const folder = new Folder();
let program = '';
let image = '';

beforeAll(async () => {
  program = await bundleProgram('cramfs', folder);
  for (const name of ['auditWorker', 'imageWorker', 'deflateWorker']) {
    const bundle = { bundle: true, platform: 'node', format: 'cjs', logLevel: 'error' } as const;
    const entryPoints = [`lib/workers/${name}.ts`];
    const logOverride = { 'empty-import-meta': 'silent' } as const;
    await build({ ...bundle, entryPoints, outfile: join(folder.path, `${name}.cjs`), logOverride });
  }
  const data = new Uint8Array(3000).fill(7);
  const blocks = [{ kind: 'stored' as const, data }];
  image = folder.file(
    'image',
    buildRawImage({
      entries: [
        { type: 'directory', name: 'd', mode: 0o777, entries: [{ type: 'file', name: 'f', mode: 0o666, blocks }] },
        { type: 'file', name: 'x', mode: 0o4777, blocks },
      ],
    }),
  );
  // Another user is to run it.
  chmodSync(folder.path, 0o755);
});
afterAll(() => {
  folder.remove();
});

describe('in a directory that was removed', () => {
  const runThere = (...args: string[]) =>
    runAfter(`mkdir ${folder.path}/gone && cd ${folder.path}/gone && rmdir ../gone`, args);

  test('what has absolute names works', () => {
    expect(runThere('check', image)).toMatchObject({ status: 0 });
    expect(runThere('extract', image, join(folder.path, 'absolute'))).toMatchObject({ status: 0 });
  });

  test.each([
    ['mkfs', () => ['mkfs', image, 'o']],
    ['audit', () => ['audit', image, '--output', 'o']],
    ['audit with two outputs', () => ['audit', image, '--output', 'o', '--write-baseline', 'b']],
    ['extract', () => ['extract', image, 'd']],
    ['manifest', () => ['manifest', image, '-o', 'm']],
    ['scan', () => ['scan', image, '--extract-images', 's']],
  ])('%s writes nothing, and says so', (_, args) => {
    const { status, stderr } = runThere(...args());
    expect([status, stderr]).toEqual([3, expect.stringMatching(/^cramfs [a-z]+: cannot write [a-z]: .*\n$/)]);
  });
});

/** Runs a command after a line of the shell, which sets a limit. */
function runAfter(
  line: string,
  args: readonly string[],
  options: { readonly uid?: number; readonly gid?: number } = {},
) {
  const argv = ['-c', `${line}; exec "$@"`, 'sh', process.execPath, program, ...args];
  return spawnSync('sh', argv, { encoding: 'utf8', ...options });
}

describe('descriptors', () => {
  test.each(['26', '40'])('an audit in 16 threads that may open %s files is that of one thread', (most) => {
    const images = Array.from({ length: 16 }, () => image);
    const alone = runAfter(':', ['audit', '--json', '--jobs', '1', ...images]);
    const few = runAfter(`ulimit -n ${most}`, ['audit', '--json', '--jobs', '16', ...images]);
    expect({ status: few.status, stdout: few.stdout }).toEqual({ status: alone.status, stdout: alone.stdout });
    expect(few.stderr).toBe(alone.stderr);
    expect(JSON.parse(few.stdout)).toMatchObject({ totals: { images: 16, unreadable: 0 } });
  });

  test.each(['1', '3'])('1,000 directories in each other are extracted with 64 of them, in %s threads', (threads) => {
    const deep = folder.fixture('malformed/070-deep-1000.img');
    const out = join(folder.path, `deep-${threads}`);
    const { status, stderr } = runAfter('ulimit -n 64', ['extract', deep, out, '--threads', threads]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const names = readdirSync(out, { recursive: true }) as string[];
    expect(Math.max(...names.map((name) => name.split('/').length))).toBeGreaterThanOrEqual(1000);
  });
});

describe('umask', () => {
  const isRoot = process.geteuid?.() === 0;

  test('what an ordinary user extracts follows it, and is not set-user-ID', () => {
    const parent = join(folder.path, 'of-user');
    mkdirSync(parent);
    chmodSync(parent, 0o777);
    const user = isRoot ? { uid: 65534, gid: 65534 } : {};
    const out = join(parent, 'out');
    const { status, stderr } = runAfter('umask 027', ['extract', image, out], user);
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.not.stringContaining('umask') });
    const modes = ['d', 'd/f', 'x'].map((name) => (statSync(join(out, name)).mode & 0o7777).toString(8));
    expect(modes).toEqual(['750', '640', '750']);
    expect(statSync(join(out, 'x')).uid).toBe(isRoot ? 65534 : process.geteuid?.());
  });
});

describe('threads', () => {
  /** Runs it with a limit of time, after which it is killed and has no status. */
  const runNode = (...args: string[]) => spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 });

  test('that were started for nothing do not keep a process from ending', async () => {
    const idle = join(folder.path, 'idle.mjs');
    const contents = `
      import { WorkerPool } from './lib/workers/pool.ts';
      const script = ${JSON.stringify(join(folder.path, 'deflateWorker.cjs'))};
      const data = { kind: 'classic', level: 9 };
      const pool = new WorkerPool({ script, threads: 2, data, local: () => null });
      console.log(pool.threads);
    `;
    const stdin = { contents, resolveDir: '.', loader: 'ts' } as const;
    await build({ stdin, outfile: idle, bundle: true, platform: 'node', format: 'esm', logLevel: 'error' });
    expect(runNode(idle)).toMatchObject({ stdout: '2\n', status: 0 });
  });

  test('of a check whose image cannot be read whole have ended', () => {
    // Enough content for threads, and a program that cannot be inflated.
    const pages = Array.from({ length: 256 }, (_, index) => ({
      kind: 'stored' as const,
      data: new Uint8Array(4096).fill(index),
    }));
    const damaged = { kind: 'zlib' as const, stored: new Uint8Array(64).fill(0xff) };
    const file = (name: string, blocks: readonly RawBlock[], size: number): RawEntry => ({
      ...{ type: 'file', name, mode: 0o755, size, blocks },
    });
    const large = folder.file(
      'damaged',
      buildRawImage({ entries: [file('a', [...pages], 1 << 20), file('b', [damaged], 4096)] }),
    );
    const smaps = folder.file(
      'smaps',
      '00400000-00401000 r-xp 00001000 1f:00 3 /a\nRss: 4 kB\nVmFlags: rd ex mr mw me pf\n',
    );
    const { status, stderr } = runNode(program, 'profile', '--check', large, smaps);
    expect({ status, stderr }).toEqual({ status: 3, stderr: expect.stringMatching(/^cramfs profile: .*\/b/) });
  });
});

describe('a signal', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s ends scan --extract-images with no part of a file left',
    async (signal) => {
      // 256 MiB that take no room: the image's size says that all of it belongs to it.
      const large = join(folder.path, 'large');
      const bytes = buildRawImage({ entries: [], superblock: { size: 1 << 28 } });
      const fd = openSync(large, 'w');
      writeSync(fd, bytes);
      ftruncateSync(fd, 1 << 28);
      closeSync(fd);
      const out = join(folder.path, `scan-${signal}`);
      const child = spawn(process.execPath, [program, 'scan', '--extract-images', out, large], { stdio: 'ignore' });
      const ended = new Promise((resolve) =>
        child.on('exit', (_, by) => {
          resolve(by);
        }),
      );
      const isWriting = (): boolean =>
        existsSync(out) &&
        readdirSync(out).some((name) => (statSync(join(out, name), { throwIfNoEntry: false })?.size ?? 0) > 0);
      while (!isWriting()) {
        expect(child.exitCode).toBeNull();
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      expect(readdirSync(out)).toEqual([expect.stringMatching(/^[.]cramfs-.*[.]tmp$/)]);
      child.kill(signal);
      expect(await ended).toBe(signal);
      expect(readdirSync(out)).toEqual([]);
    },
  );
});
