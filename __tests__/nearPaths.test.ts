/** "Did you mean /bin/hello?": paths that are there, for one that is misspelt. */
import { execFileSync } from 'node:child_process';
import { afterAll, describe, expect, test } from '@jest/globals';
import { suggestions } from '../lib/base/suggest.ts';
import { runCramfs } from '../lib/cli/cramfs.ts';
import { runCramfsMap } from '../lib/cli/run.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { nearPaths } from '../lib/inspect/nearPaths.ts';
import { bytesSource } from '../lib/source/byteSource.ts';
import { Folder, type Run, runProgram } from './support/cli.ts';
import { buildRawImage, type RawEntry } from './support/rawImage.ts';

const file = (name: string | Uint8Array): RawEntry => ({ type: 'file', name, blocks: [] });
const dir = (name: string, ...entries: RawEntry[]): RawEntry => ({ type: 'directory', name, entries });
const link = (name: string, target: string): RawEntry => ({
  type: 'symlink',
  name,
  blocks: [{ kind: 'zlib', data: new TextEncoder().encode(target) }],
});
const bytes = (entries: RawEntry[]): Uint8Array => buildRawImage({ entries });
const near = (path: string, entries: RawEntry[]): string[] =>
  nearPaths(CramfsImage.open(bytesSource(bytes(entries))), path);

const TREE = [
  dir('bin', file('hello'), file('help'), file('sh')),
  dir('lib', file('libc.so.6')),
  link('gone', 'nowhere'),
  link('usr', 'bin'),
  file('a'),
  file('my file'),
  file('e\u001b[2Jnd'),
  file(Uint8Array.of(0x63, 0x61, 0x66, 0xe9, 0x2e, 0x74, 0x78, 0x74)),
];

describe('paths near one that is not there', () => {
  test.each<[string, string[]]>([
    ['/bin/helo', ['/bin/hello', '/bin/help']],
    ['bin/hallo', ['/bin/hello']],
    ['/bin/hlelo', ['/bin/hello']],
    ['/bin/HELLO', ['/bin/hello']],
    ['/lib/libc.so', ['/lib/libc.so.6']],
    // A directory on the way, where the rest is there.
    ['/bim/hello', ['/bin/hello']],
    ['/bim/nothing', []],
    // Through a link: the path without it.
    ['/usr/helo', ['/bin/hello', '/bin/help']],
    // Nothing is near.
    ['/bin/python', []],
    ['/b', []],
    // Is there, and leads to nothing.
    ['/gone/x', []],
    ['/bin/hello', []],
    // As listings print them.
    ['/e\\x1b[2Jnt', ['/e\\x1b[2Jnd']],
    ['/cof\\xe9.txt', ['/caf\\xe9.txt']],
  ])('%s', (path, expected) => {
    expect(near(path, TREE)).toEqual(expected);
  });

  test('names with a slash, which no path can have, are none', () => {
    expect(near('/axb', [file('a/b')])).toEqual([]);
    expect(near('/axb', [file('a-b')])).toEqual(['/a-b']);
  });

  test('damage on the way is nothing', () => {
    const whole = bytes([dir('bin', file('hello'))]);
    expect(nearPaths(CramfsImage.open(bytesSource(whole.subarray(0, 100))), '/bin/helo')).toEqual([]);
  });

  test('in 60,000 long names that differ in their last digits', () => {
    const names = Array.from({ length: 60_000 }, (_, i) => `${'long'.repeat(50)}${String(i).padStart(5, '0')}`);
    expect(near(`/${'long'.repeat(50)}5x999`, names.map(file))).toHaveLength(3);
  });
});

test('a limit on changes is kept, and the changes below it are counted', () => {
  const word = 'abcdefghijkl';
  const known = ['abcdefghijXY', 'abcdefghiXYZ', 'WXYZefghijkl'];
  expect(suggestions(word, known, 3)).toEqual(['abcdefghijXY']);
  expect(suggestions(word, known.slice(1), 3)).toEqual(['abcdefghiXYZ']);
  expect(suggestions(word, known.slice(2), 3)).toEqual([]);
  expect(suggestions(word, known.slice(2))).toEqual(['WXYZefghijkl']);
  // One end shifted against the other: insertions and deletions.
  expect(suggestions(word, ['xyabcdefghijk'], 3)).toEqual(['xyabcdefghijk']);
  expect(suggestions(word, ['xyzabcdefghijk'], 3)).toEqual([]);
  expect(suggestions('a', ['b', 'A'])).toEqual(['A']);
});

describe('the commands', () => {
  const folder = new Folder();
  afterAll(() => {
    folder.remove();
  });
  const image = folder.file('image', bytes(TREE));
  const message = '/bin/hallo: no such file or directory in the image; did you mean /bin/hello?';
  const run = (...argv: string[]): Promise<Run> =>
    argv[0] === 'cramfs-map' ? runProgram(runCramfsMap, argv.slice(1)) : runProgram(runCramfs, argv);

  test.each([
    ['cramfs-map', []],
    ['cramfs-map', ['--segment', 'text']],
    ['exec', []],
    ['exec', ['--kernel', 'nommu']],
    ['cat', []],
    ['stat', []],
    ['ls', []],
    ['tree', []],
    ['blocks', []],
  ])('%s %s', async (command, options) => {
    const { code, stderr, stdout } = await run(command, image, '/bin/hallo', ...options);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toBe(`${command.startsWith('cramfs') ? command : `cramfs ${command}`}: ${message}\n`);
  });

  test('extract', async () => {
    const { code, stderr } = await run('extract', image, folder.path, '/bin/hallo', '--quiet');
    expect(code).toBe(2);
    expect(stderr).toContain('; did you mean /bin/hello?\n');
  });

  test('errors in JSON', async () => {
    const { stdout } = await run('cramfs-map', image, '/bin/hallo', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'NOT_FOUND', message, path: '/bin/hallo' } });
    const files = JSON.parse((await run('stat', image, '/bin/hallo', '--json')).stdout) as unknown;
    expect(files).toMatchObject({ files: [{ error: { message } }] });
  });

  test('names that are shown cannot write escape sequences', async () => {
    const { stderr } = await run('cat', image, '/e\u001b[2Jnt');
    expect(stderr).toContain("did you mean '/e\\x1b[2Jnd'?");
    expect(stderr).not.toContain('\u001b');
  });

  test.each(['/bin/hallo', '/my fiel', '/e\\x1b[2Jnt'])(
    '%s: what is meant is there, pasted into a shell',
    async (path) => {
      const { stderr } = await run('cat', image, path);
      const [, meant = ''] = /did you mean (.*)[?]/.exec(stderr) ?? [];
      const pasted = execFileSync('sh', ['-c', `printf %s ${meant}`], { encoding: 'utf8' });
      expect(await run('cat', image, pasted)).toEqual({ code: 0, stdout: '', stderr: '' });
    },
  );
});
