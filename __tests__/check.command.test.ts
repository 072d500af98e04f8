/** The command `cramfs check`: exit codes, text, JSON, and the same findings on several threads. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { buildRawImage } from './support/rawImage.ts';
import { checkImage } from '../lib/check/checkImage.ts';
import { runCramfs } from '../lib/cli/cramfs.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { openFileSource } from '../lib/source/nodeFile.ts';
import { checkParallel } from '../lib/workers/checkParallel.ts';
import { Folder, type Run, runProgram } from './support/cli.ts';
import { fixture } from './support/fixtures.ts';

const folder = new Folder();
afterAll(() => {
  folder.remove();
});

const check = (...argv: string[]): Promise<Run> => runProgram(runCramfs, ['check', ...argv]);
const malformed = (name: string): string => folder.file(name, fixture(`malformed/${name}`));

describe('exit codes', () => {
  test('0 without errors, warnings or not', async () => {
    const sound = await check(folder.fixture('images/tiny-XX.cramfs.gz'));
    expect(sound).toMatchObject({ code: 0, stderr: '' });
    expect(sound.stdout).toMatch(/no errors, 1 warning, 1 note; [0-9]+ inodes, 12 blocks \([0-9]+ inflated\)\n$/);
    expect(await check(malformed('061-unsorted.img'))).toMatchObject({ code: 0 });
  });
  test('1 with errors', async () => {
    const { code, stdout } = await check(malformed('103-bad-adler.img'));
    expect(code).toBe(1);
    expect(stdout.replace(/\s+/g, ' ')).toContain('/f: block 0 does not inflate: incorrect data check (byte 96, 0x60;');
  });
  test('2 for wrong usage', async () => {
    expect(await check(folder.fixture('images/tiny-z.cramfs.gz'), '--threads', '0')).toMatchObject({ code: 2 });
    expect(await check()).toMatchObject({ code: 2 });
  });
  test('3 for what cannot be read or is no image', async () => {
    expect(await check(join(folder.path, 'nothing'))).toMatchObject({ code: 3, stdout: '' });
    const { code, stdout } = await check(malformed('015-bad-magic.img'), '--json');
    expect([code, (JSON.parse(stdout) as { error: { code: string } }).error.code]).toEqual([3, 'NOT_CRAMFS']);
  });
});

test('--json has ids, arguments and words, offsets and lossless paths', async () => {
  const { stdout } = await check(malformed('058-name-not-utf8.img'), '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    schemaVersion: 1,
    counts: { error: 0, warning: 0, note: 1 },
    findings: [
      {
        id: 'image/name-not-utf8',
        code: 'NAME_NOT_UTF8',
        severity: 'note',
        path: '/caf\udce9.txt',
        offset: 76,
        args: {},
        message: 'the name is not valid UTF-8',
      },
    ],
    omitted: {},
    checked: { dataChecked: true },
  });
});

test('names cannot write escape sequences', async () => {
  const image = folder.file(
    'escape',
    buildRawImage({ entries: [{ type: 'file', name: '\u001b[2Jx', blocks: [], size: 0 }] }),
  );
  const { stdout } = await check(image);
  expect(stdout).toContain('/\\x1b[2Jx');
  expect(stdout).not.toContain('\u001b');
});

describe('an image that is cut short', () => {
  const whole = fixture('images/root-XX.cramfs.gz');
  const cut = folder.file('cut.cramfs', whole.subarray(0, Math.floor(whole.length * 0.6)));
  interface Found {
    readonly findings: readonly { readonly id: string; readonly path: string | null; readonly offset: number }[];
  }

  test('has one line for consecutive blocks, with the offset of the first', async () => {
    const { code, stdout } = await check(cut);
    expect(code).toBe(1);
    expect(stdout.match(/image\/block-outside/g)).toHaveLength(1);
    const text = stdout.replace(/\s+/g, ' ');
    expect(text).toContain(
      'error: /lib/ld-musl-i386.so.1: blocks 95 to 174 (the first 4096 bytes at 512000) extend past the end of the image at 513638 (byte 120784, 0x1d7d0; image/block-outside)',
    );
    expect(text).toContain('83 errors, 1 warning, 1 note');
  });

  test('has a finding for each block in JSON', async () => {
    const { findings } = JSON.parse((await check(cut, '--json')).stdout) as Found;
    const outside = findings.filter(({ id }) => id === 'image/block-outside');
    expect(outside.map(({ offset }) => offset)).toEqual(Array.from({ length: 80 }, (_, i) => 120784 + 4 * i));
  });

  test('has the cause once in the texts of an audit', async () => {
    for (const format of ['text', 'markdown']) {
      const { stdout } = await runProgram(runCramfs, ['audit', cut, '--format', format]);
      expect(stdout).toContain('80 findings');
      expect(stdout.match(/blocks 95 to 174/g)).toHaveLength(1);
      expect(stdout).not.toMatch(/block 96/);
    }
  });
});

test('--no-inflate looks at everything but compressed data', async () => {
  const image = malformed('106-raw-deflate.img');
  expect(await check(image)).toMatchObject({ code: 1 });
  const { code, stdout } = await check(image, '--no-inflate');
  expect(code).toBe(0);
  expect(stdout).toContain('(none inflated)');
});

test('--quiet prints nothing', async () => {
  expect(await check(malformed('103-bad-adler.img'), '--quiet')).toEqual({ code: 1, stdout: '', stderr: '' });
});

describe('on several threads', () => {
  const script = join(folder.path, 'checkWorker.cjs');
  beforeAll(async () => {
    const options = { bundle: true, platform: 'node', format: 'cjs', logLevel: 'error' } as const;
    await build({ ...options, entryPoints: ['lib/workers/checkWorker.ts'], outfile: script });
  });

  test.each(['images/mini-BXX.cramfs.gz', 'malformed/103-bad-adler.img', 'kernels/images/adv16.cramfs.gz'])(
    '%s has the same findings',
    async (name) => {
      const file = folder.fixture(name);
      const source = openFileSource(file);
      try {
        const image = CramfsImage.open(source, { pageSize: name.includes('16') ? 16384 : 4096 });
        const parallel = await checkParallel(image, { file, imageOffset: 0, threads: 3, script });
        expect(parallel).toEqual(checkImage(image));
      } finally {
        source.close();
      }
    },
  );

  test('a worker that cannot read the image is an error', async () => {
    const file = folder.fixture('images/mini-z.cramfs.gz');
    const image = CramfsImage.open(openFileSource(file));
    const options = { file: join(folder.path, 'gone'), imageOffset: 0, threads: 2, script };
    await expect(checkParallel(image, options)).rejects.toThrow(/there is no such file/);
    image.close();
  });
});
