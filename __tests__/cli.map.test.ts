/** The cramfs-map command: options, output, exit codes. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { runCramfsMap } from '../lib/cli/run.ts';
import { VERSION } from '../lib/cli/version.ts';
import { bundleProgram, Folder, type Run, type World, runProgram } from './support/cli.ts';
import { fixture, fixtureNames } from './support/fixtures.ts';

const folder = new Folder();
afterAll(() => {
  folder.remove();
});

const ROOT = folder.fixture('images/root-XX.cramfs.gz');
const PLAIN = folder.fixture('images/mini-plain.cramfs.gz');
const HELLO = '/bin/hello';

const run = (argv: readonly string[], world?: World): Promise<Run> => runProgram(runCramfsMap, argv, world);

/** What --json prints, once the exit code has been looked at. */
async function json(argv: readonly string[], code = 0, world?: World): Promise<Record<string, unknown>> {
  const { stdout, ...result } = await run([...argv, '--json'], world);
  expect(result).toEqual({ code, stderr: code === 0 ? '' : expect.stringMatching(/^cramfs-map: .+\n/) });
  expect(stdout).toMatch(/^\{.*\}\n$/);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** The lines of a batch's answers. */
async function batch(
  lines: readonly unknown[],
  argv: readonly string[] = [],
  image = ROOT,
): Promise<Run & { results: unknown[] }> {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  const result = await run([image, '--batch', folder.file('batch.jsonl', text), ...argv]);
  const answers = result.stdout.split('\n').filter((line) => line !== '');
  return { ...result, results: answers.map((line) => JSON.parse(line) as unknown) };
}

describe('the JSON of a mapping', () => {
  const KEYS = [
    'schemaVersion',
    'path',
    'offset',
    'length',
    'prot',
    'flags',
    'kernel',
    'cpu',
    'endian',
    'pageSize',
    'physBase',
    'regionSize',
    'file',
    'errno',
    'bug',
    'state',
    'bailout',
    'physAddress',
    'vmaStart',
    'vmaPages',
    'directPages',
    'direct',
    'mapsOffset',
    'vmFlags',
    'log',
    'warnings',
    'advice',
  ];

  test('has these values for a mixed map', async () => {
    expect(await json([ROOT, HELLO, '--pages', '--crc'])).toEqual({
      schemaVersion: 1,
      path: HELLO,
      offset: 0,
      length: 13088,
      prot: 'r',
      flags: ['private'],
      kernel: 'linux-6.18',
      cpu: 'x86-64',
      endian: 'little',
      pageSize: 4096,
      physBase: '0x10000000',
      regionSize: 0xe0000,
      file: { path: HELLO, name: 'hello', size: 13088 },
      errno: null,
      bug: null,
      state: 'mixedmap',
      bailout: null,
      physAddress: '0x10007000',
      vmaStart: '0x7ffff7ef4000',
      vmaPages: 4,
      directPages: 3,
      direct: [{ page: 0, pages: 3, pfn: '0x10007' }],
      mapsOffset: '0x0',
      vmFlags: ['rd', 'mr', 'mw', 'me', 'sd', 'mm'],
      log: [
        'cramfs: range: block 3/3 got 0xa140 expects 0xc0002800',
        'cramfs: mapped hello[0] at 0x10007000 (3/4 pages) to vma 0x7ffff7ef4000, page_prot 0x8000000000000025',
      ],
      warnings: [],
      advice: {
        cause: { kind: 'layout', block: 3, stored: 'zlib', expectedOffset: '0xa000' },
        remedies: [
          { kind: 'store-direct', block: 3, offset: 0xa000 },
          { kind: 'shorter', pages: 3 },
        ],
      },
      pages: [
        { page: 0, kind: 'direct', phys: '0x10007000', source: 'direct' },
        { page: 1, kind: 'direct', phys: '0x10008000', source: 'direct' },
        { page: 2, kind: 'direct', phys: '0x10009000', source: 'direct' },
        { page: 3, kind: 'paged', source: 'zlib' },
      ],
      touch: 'oooo',
      crc32: ['b0f8e0a7', 'a8af6c0b', '13a07402', 'c4012167'],
      mount: {
        errno: null,
        log: [
          'cramfs: checking physical address 0x0000000010000000 for linear cramfs image',
          'cramfs: linear cramfs image on mtd:physmap-flash.0 appears to be 836 KB in size',
        ],
      },
    });
  });

  test('has its keys in a stable order, whatever the outcome', async () => {
    expect(Object.keys(await json([ROOT, HELLO]))).toEqual([...KEYS, 'mount']);
    expect(Object.keys(await json([ROOT, HELLO, '--crc']))).toEqual([...KEYS, 'touch', 'crc32', 'mount']);
    expect(Object.keys(await json([ROOT, HELLO, '--crc', '--pages']))).toEqual([
      ...KEYS,
      'pages',
      'touch',
      'crc32',
      'mount',
    ]);
    expect(Object.keys(await json([ROOT, '/bin'], 2))).toEqual([...KEYS, 'mount']);
    expect(Object.keys(await json([ROOT, HELLO, '--length', '0']))).toEqual([...KEYS, 'mount']);
    const [answer, refused] = (await batch([{ path: HELLO }, { path: HELLO, flags: 'rdwr' }])).results;
    expect(Object.keys(answer as object)).toEqual(KEYS);
    expect(Object.keys(refused as object)).toEqual([...KEYS.slice(0, 14), 'failed', ...KEYS.slice(14)]);
  });

  test('of a failed mmap has nulls', async () => {
    expect(await json([ROOT, '/bin'], 2)).toMatchObject({
      errno: 'ENODEV',
      state: null,
      bailout: null,
      physAddress: null,
      vmaStart: null,
      vmaPages: null,
      directPages: null,
      direct: [],
      mapsOffset: null,
      vmFlags: null,
      log: [],
    });
  });

  test('of an error is the error', async () => {
    expect(await json([ROOT, '/nothing'], 2)).toEqual({
      schemaVersion: 1,
      error: {
        code: 'NOT_FOUND',
        message: '/nothing: no such file or directory in the image',
        offset: null,
        path: '/nothing',
      },
    });
    expect(
      await json([folder.file('cut', fixture('images/root-XX.cramfs.gz').subarray(0, 100)), HELLO], 3),
    ).toMatchObject({
      error: { code: 'TRUNCATED', offset: 188, path: HELLO }, // the first entry of /bin
    });
    expect(await json([ROOT, HELLO, '--endian', 'big'], 3)).toMatchObject({
      error: {
        code: 'MOUNT_REFUSED',
        log: [
          'cramfs: checking physical address 0x0000000010000000 for linear cramfs image',
          'cramfs: wrong endianness',
          "mtd0: Can't lookup blockdev",
        ],
      },
    });
    expect(await json([ROOT, HELLO, '--jso'], 2)).toMatchObject({ error: { code: 'USAGE', message: /--jso/ } });
  });
});

describe('an option', () => {
  test.each([
    [['--offset', '0x1000'], { offset: 4096, length: 8992, vmaPages: 3, mapsOffset: '0x1000' }],
    [['--offset', '1p', '--length', '2p'], { offset: 4096, length: 8192, state: 'pfnmap', mapsOffset: '0x10008000' }],
    [['--length', '1'], { length: 1, vmaPages: 1, state: 'pfnmap', physAddress: '0x10007000' }],
    [['--length', '1M'], { length: 1 << 20, vmaPages: 256, directPages: 3 }],
    [['--length', '0'], { errno: 'EINVAL' }],
    [['--offset', '1'], { errno: 'EINVAL' }],
    [['--offset', '100p'], { errno: null, state: 'none', bailout: 'beyond file limit', length: 4096 }],
    [['--length', '0x800000000000'], { errno: 'ENOMEM' }],
    [['--prot', 'rx'], { prot: 'rx', vmFlags: ['rd', 'ex', 'mr', 'mw', 'me', 'sd', 'mm'] }],
    [['--prot', 'xr'], { prot: 'rx' }],
    [['--prot', 'none'], { prot: '-', vmFlags: ['mr', 'mw', 'me', 'sd', 'mm'] }],
    [['--prot', '-'], { prot: '-' }],
    [['--prot', 'rw'], { prot: 'rw', state: 'none', bailout: 'vma is writable' }],
    [['--prot', 'rw', '--shared'], { errno: 'EACCES', flags: ['shared'] }],
    [['--shared'], { flags: ['shared'], vmFlags: ['rd', 'mr', 'me', 'ms', 'sd', 'mm'] }],
    [['--private'], { flags: ['private'] }],
    [['--populate'], { flags: ['private', 'populate'] }],
    [['--locked'], { flags: ['private', 'locked'] }],
    [['--phys', '0x20000000'], { physBase: '0x20000000', physAddress: '0x20007000' }],
    [['--phys', '0'], { physBase: '0x0', state: 'none', bailout: null, log: [] }],
    [['--phys', '0x10000800'], { state: 'none', bailout: 'data is not page aligned' }],
    [['--region', '64M'], { regionSize: 64 << 20 }],
    [['--vma-start', '0x40000000'], { vmaStart: '0x40000000' }],
    [['--vma-start', '0x7ffffffff000'], { errno: 'ENOMEM' }],
    [['--kernel', 'linux-4.15'], { kernel: 'linux-4.15' }],
    [['--kernel', 'linux'], { kernel: 'linux-6.18' }],
    [['--cpu', 'arm64'], { cpu: 'arm64', vmFlags: ['rd', 'mr', 'mw', 'me', 'mm'] }],
    [['--page-size', '16K'], { pageSize: 16384, cpu: 'arm64', bailout: 'data is not page aligned' }],
    [['--endian', 'little'], { endian: 'little' }],
  ])('%p is understood', async (options, expected) => {
    expect(await json([ROOT, HELLO, ...options])).toMatchObject(expected);
  });

  test('--fill fills the rest of the region', async () => {
    const fillings = ['00', 'ff'].map(async (fill) => {
      const adv = folder.fixture('images/adv.cramfs.gz');
      return (await json([adv, '/zt_straddle', '--crc', '--fill', fill])).crc32 as string[];
    });
    const seen = await Promise.all(fillings);
    expect(seen[0]?.[0]).toBe(seen[1]?.[0]);
    expect([seen[0]?.[2], seen[1]?.[2]]).toEqual(['c71c0011', 'f154670a']); // a page of 0x00, a page of 0xff
  });

  test('--region that is too small keeps Linux from mounting', async () => {
    const { code, stderr } = await run([ROOT, HELLO, '--region', '64K']);
    expect(code).toBe(3);
    expect(stderr).toContain('unable to get direct memory access to mtd:physmap-flash.0');
    expect(stderr).toContain('the superblock wants 856064 bytes and the region has 65536');
  });

  test('--quiet says nothing, --require tells by the exit code', async () => {
    expect(await run([ROOT, HELLO, '--quiet'])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await run([ROOT, HELLO, '--quiet', '--json'])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect((await run([ROOT, '/nothing', '--quiet', '--json'])).stdout).toBe('');
    expect((await run([ROOT, HELLO, '--quiet', '--require', 'mixedmap'])).code).toBe(0);
    expect(await run([ROOT, HELLO, '--quiet', '--require', 'pfnmap'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'cramfs-map: /bin/hello is not pfnmap: mixedmap\n',
    });
    expect((await run([ROOT, HELLO, '--length', '3p', '--quiet', '--require', 'mixedmap'])).code).toBe(0);
    expect((await run([ROOT, HELLO, '--length', '3p', '--quiet', '--require', 'pfnmap'])).code).toBe(0);
    expect((await run([ROOT, '/bin', '--require', 'mixedmap'])).stderr).toBe(
      'cramfs-map: /bin is not mixedmap: ENODEV\n',
    );
    expect((await run([ROOT, HELLO, '--prot', 'rw', '--require', 'pfnmap'])).stderr).toBe(
      'cramfs-map: /bin/hello is not pfnmap: none (vma is writable)\n',
    );
  });

  test('--help fits a terminal of 80 columns and names every option', async () => {
    const { code, stdout, stderr } = await run(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    for (const option of ['offset', 'length', 'prot', 'shared', 'private', 'populate', 'phys', 'region', 'fill']) {
      expect(stdout).toContain(`--${option}`);
    }
    for (const option of ['page-size', 'image-offset', 'vma-start', 'kernel', 'pages', 'crc', 'json', 'require']) {
      expect(stdout).toContain(`--${option}`);
    }
    for (const option of ['batch', 'quiet', 'color', 'endian', 'cpu']) expect(stdout).toContain(`--${option}`);
  });

  test('--version is that of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(VERSION).toBe(version);
    expect((await run(['--version'])).stdout).toBe(`${version}\n`);
  });
});

describe('wrong usage is exit code 2 and one sentence', () => {
  test.each([
    [[], /IMAGE is missing/],
    [[ROOT], /PATH is missing/],
    [[ROOT, HELLO, 'more'], /too many arguments/],
    [[ROOT, HELLO, '--nonsense'], /unknown option '--nonsense'/],
    [[ROOT, HELLO, '--offset', '1x'], /--offset: "1x" is not a number/],
    [[ROOT, HELLO, '--offset', '-1'], /--offset: "-1" is not a number/],
    [[ROOT, HELLO, '--length', '4KB'], /--length: "4KB" is not a number/],
    [[ROOT, HELLO, '--offset'], /'--offset <n>' argument missing/],
    [[ROOT, HELLO, '--prot', 'rq'], /--prot: "rq"/],
    [[ROOT, HELLO, '--prot', ''], /--prot: ""/],
    [[ROOT, HELLO, '--shared', '--private'], /cannot be used with/],
    [[ROOT, HELLO, '--phys', '0xffffffffffff0000'], /--phys: "0xffffffffffff0000" is too large/],
    [[ROOT, HELLO, '--phys', '0xffffffffff000'], /no region of physical memory/],
    [[ROOT, HELLO, '--page-size', '3K'], /--page-size: 3K is not 4K, 8K, 16K or 64K/],
    [[ROOT, HELLO, '--page-size', '1p'], /--page-size: "1p" is not a number/],
    [[ROOT, HELLO, '--vma-start', '0x1001'], /--vma-start must be a multiple/],
    [[ROOT, HELLO, '--fill', 'aa'], /Allowed choices are 00, ff/],
    [[ROOT, HELLO, '--kernel', 'linux-1.0'], /Linux 1.0 cannot map cramfs files directly/],
    [[ROOT, HELLO, '--cpu', 'z80'], /Allowed choices are/],
    [[ROOT, HELLO, '--endian', 'middle'], /Allowed choices are/],
    [[ROOT, HELLO, '--require', 'none'], /Allowed choices are/],
    [[ROOT, HELLO, '--color', 'blue'], /Allowed choices are/],
    [[ROOT, HELLO, '--batch', 'x'], /PATH cannot be used with --batch/],
    [['-', '--batch', '-'], /standard input cannot be both/],
    [[ROOT, '--batch', 'x', '--offset', '0'], /--offset cannot be used with --batch/],
    [[ROOT, '--batch', 'x', '--prot', 'r'], /--prot cannot be used with --batch/],
    [[ROOT, '/nothing'], /\/nothing: no such file or directory in the image/],
    [[ROOT, '/bin/hello/x'], /a part of the path is not a directory/],
    [[ROOT, ''], /the path is empty/],
    [[ROOT, '/dev/null'], /it is a character device/],
  ])('%j', async (argv, message) => {
    const { code, stdout, stderr } = await run(argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^cramfs-map: [^\n]+\n(\(Did you mean .+\?\)\n)?$/);
  });
});

describe('an image that cannot be used is exit code 3 and a sentence', () => {
  test.each([
    ['is not there', '/nowhere/at/all', /cannot read \/nowhere\/at\/all: there is no such file/],
    ['is a directory', folder.path, /it is a directory/],
    ['is empty', folder.file('empty', ''), /not a cramfs image: the file is empty/],
    ['is something else', folder.file('else', 'hello, world'), /not a cramfs image.*68 65 6c 6c/],
    [
      'is compressed',
      folder.file('gz', readFileSync(new URL('../fixtures/images/empty.cramfs.gz', import.meta.url))),
      /it is gzip data; a cramfs image is at 0x0 in the gzip member at 0x0 [(]CRC good[)]; run: cramfs-map \S+ \S+ --image 1/,
    ],
    [
      'has no whole superblock',
      folder.file('short', fixture('images/tiny-XX.cramfs.gz').subarray(0, 75)),
      /the superblock lies past the end/,
    ],
    [
      'has features that Linux refuses',
      folder.fixture('mount/unsupported-flag-1000.cramfs.gz'),
      /unsupported filesystem features.*at byte 8/,
    ],
    [
      'has a root that is a file',
      folder.fixture('mount/root-is-file.cramfs.gz'),
      /root is not a directory.*at byte 64/,
    ],
    ['has a bad root offset', folder.fixture('mount/root-offset-100.cramfs.gz'), /bad root offset 100.*at byte 72/],
  ])('%s', async (_what, image, message) => {
    const { code, stdout, stderr } = await run([image, HELLO]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(message);
    // The same for a batch: the image is in the way of every line.
    const lines = await run([image, '--batch', folder.file('one.jsonl', '{"path":"/"}\n')]);
    expect({ code: lines.code, stdout: lines.stdout, stderr: lines.stderr.replace(/; run: .*/, '') }).toEqual({
      code: 3,
      stdout: '',
      stderr: stderr.replace(/; run: .*/, ''),
    });
  });
});

describe('a batch', () => {
  test('answers line by line, in order, and goes on after bad ones', async () => {
    const { code, stderr, results } = await batch([
      { path: HELLO },
      '',
      '   \r',
      { path: '/nothing' },
      { path: '/bin/hello/x' },
      { path: '/dev/null' },
      'not json',
      '[1]',
      'null',
      '{"path": 1}',
      { path: HELLO, offset: 'x' },
      { path: HELLO, length: 1.5 },
      { path: HELLO, length: -1 },
      { path: HELLO, prot: 'rq' },
      { path: HELLO, flags: 7 },
      { path: HELLO, flags: 'shared,private' },
      { path: HELLO, offset: 4096, length: 8192, prot: 'rx', flags: ['shared', 'locked'] },
    ]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    const error = (message: RegExp, rest = {}): unknown => ({
      schemaVersion: 1,
      ...rest,
      error: { code: 'USAGE', message: expect.stringMatching(message), offset: null, path: null },
    });
    expect(results).toEqual([
      expect.objectContaining({ path: HELLO, state: 'mixedmap' }),
      expect.objectContaining({ path: '/nothing', errno: 'ENOENT', failed: 'open' }),
      expect.objectContaining({ path: '/bin/hello/x', errno: 'ENOTDIR', failed: 'open' }),
      expect.objectContaining({ path: '/dev/null', error: expect.objectContaining({ code: 'NOT_A_REGULAR_FILE' }) }),
      error(/^the line is not JSON/),
      error(/^the line is not a JSON object/),
      error(/^the line is not a JSON object/),
      error(/^"path" must be a string/),
      error(/^"offset" must be a whole number/),
      error(/^"length" must be a whole number/),
      error(/^"length" must not be negative/),
      error(/^"prot" must be letters/),
      error(/^"flags" must be/),
      error(/^"flags" has both "shared" and "private"/),
      expect.objectContaining({ state: 'pfnmap', prot: 'rx', flags: ['shared', 'locked'] }),
    ]);
  });

  test('of a path that is not there has errno, the call that failed, and the error', async () => {
    expect((await batch([{ path: '/nothing' }])).results).toEqual([
      {
        schemaVersion: 1,
        path: '/nothing',
        errno: 'ENOENT',
        failed: 'open',
        error: {
          code: 'NOT_FOUND',
          message: '/nothing: no such file or directory in the image',
          offset: null,
          path: '/nothing',
        },
      },
    ]);
  });

  test('takes flags with commas, "-" for no protection, and ignores what it does not know', async () => {
    const { code, results } = await batch([
      { path: HELLO, prot: '-', flags: 'private,populate', kmsg: ['x'], errno: 'EIO', type: 'vector' },
      { path: HELLO, prot: '', flags: '' },
      { path: HELLO, prot: null, offset: null, length: null, flags: null },
      { path: HELLO, flags: 'rdwr' },
      { path: HELLO, flags: ['unheard-of'] },
    ]);
    expect(code).toBe(0);
    expect(results).toMatchObject([
      { prot: '-', flags: ['private', 'populate'] },
      { prot: '-' },
      { prot: 'r', offset: 0, length: 13088, flags: ['private'] },
      { errno: 'EROFS', failed: 'open', flags: ['private', 'rdwr'] },
      { flags: ['private'] },
    ]);
  });

  test('leaves pages alone that are not to be touched', async () => {
    const lines = [{ path: HELLO }, { path: HELLO, flags: 'notouch' }];
    const results = (await batch(lines, ['--crc', '--pages'])).results as Record<string, unknown>[];
    expect(results.map((result) => ['pages', 'touch', 'crc32'].filter((key) => key in result))).toEqual([
      ['pages', 'touch', 'crc32'],
      [],
    ]);
  });

  test('takes lines of a megabyte, and answers longer ones with an error', async () => {
    const long = (bytes: number): string => `{"path":"${HELLO}","x":"${'y'.repeat(bytes)}"}`;
    const { code, results } = await batch([long(1_000_000), long(2_000_000), long(70_000), { path: '/bin' }]);
    expect(code).toBe(1);
    expect(results).toMatchObject([
      { state: 'mixedmap' },
      { error: { message: 'the line is longer than 1048576 bytes' } },
      { state: 'mixedmap' },
      { errno: 'ENODEV' },
    ]);
  });

  test('does not need a newline at its end, and may be empty', async () => {
    expect((await batch([{ path: HELLO }])).results).toHaveLength(1);
    expect((await batch([''])).stdout).toBe('');
    expect((await batch(['\ufeff{"path":"/bin"}'])).results).toMatchObject([{ errno: 'ENODEV' }]);
  });

  test('comes from standard input', async () => {
    const lines = folder.file('stdin.jsonl', `${JSON.stringify({ path: HELLO })}\n`.repeat(3));
    const { code, stdout } = await run([ROOT, '--batch', '-'], { stdin: lines });
    expect({ code, lines: stdout.split('\n').length }).toEqual({ code: 0, lines: 4 });
  });

  test('takes --json as said already, and --vma-start for all', async () => {
    expect((await batch([{ path: HELLO }], ['--json'])).results).toMatchObject([{ state: 'mixedmap' }]);
    const results = (await batch([{ path: HELLO }, { path: '/bin/init' }], ['--vma-start', '0x400000'])).results;
    expect(results).toMatchObject([{ vmaStart: '0x400000' }, { vmaStart: '0x400000' }]);
  });

  test('fails with 1 where a line does not meet --require, and is quiet', async () => {
    const lines = [{ path: HELLO, length: 4096 }, { path: HELLO }];
    expect((await batch(lines, ['--require', 'mixedmap'])).code).toBe(0);
    expect((await batch(lines, ['--require', 'pfnmap'])).code).toBe(1);
    expect((await batch(lines, ['--require', 'pfnmap', '--quiet'])).stdout).toBe('');
  });

  test('is cut short by damage to nothing but the damaged lines', async () => {
    const image = folder.file('damaged', fixture('images/root-XX.cramfs.gz').subarray(0, 0x7800));
    const { code, results } = await batch([{ path: HELLO }, { path: '/bin' }], [], image);
    expect(code).toBe(1);
    expect(results).toMatchObject([{ error: { code: 'TRUNCATED' } }, { errno: 'ENODEV' }]);
  });
});

describe('an image', () => {
  test.each([
    ['embedded.bin', '1337', 'little'],
    ['two.bin', '1024', 'little'],
    ['two.bin', '21686', 'big'],
  ])('in %s at %s is read from there', async (blob, offset, endian) => {
    const file = folder.fixture(`blobs/${blob}.gz`);
    expect(await json([file, '/bin/bare', '--image-offset', offset])).toMatchObject({ state: 'pfnmap', endian });
    expect((await run([file, '/bin/bare'])).code).toBe(3);
  });

  test('behind a boot pad counts its offsets from the pad', async () => {
    const padded = folder.fixture('images/mini-XXp.cramfs.gz');
    const bare = folder.fixture('images/mini-XX.cramfs.gz');
    expect(await json([padded, '/bin/init'])).toMatchObject({ state: (await json([bare, '/bin/init'])).state });
  });

  test('of big endian maps as on a big-endian CPU', async () => {
    const big = folder.fixture('images/mini-BXX.cramfs.gz');
    const little = folder.fixture('images/mini-XX.cramfs.gz');
    const [b, l] = await Promise.all([big, little].map((image) => json([image, '/foreign/mips.elf', '--crc'])));
    expect(b?.endian).toBe('big');
    expect(b?.crc32).toEqual(l?.crc32);
    expect((await run([big, '/bin/bare', '--endian', 'little'])).stderr).toContain(
      'wrong endianness, the image is big endian and the CPU little endian',
    );
  });

  test('made for 16 KiB pages maps with them', async () => {
    const image = folder.fixture('kernels/images/mini16-XX.cramfs.gz');
    const with4K = await json([image, '/bin/table']);
    const with16K = await json([image, '/bin/table', '--page-size', '16K']);
    expect(with16K).toMatchObject({ cpu: 'arm64', pageSize: 16384, warnings: [] });
    expect(with16K.directPages).toBeGreaterThan(0);
    expect(with4K.warnings).toMatchObject([{ code: 'page-size' }]);
  });

  test('is read lazily', async () => {
    // Everything behind the blocks of this file could be missing.
    const bytes = fixture('images/root-XX.cramfs.gz');
    const image = folder.file('head', bytes.subarray(0, 0xb000));
    expect(await json([image, HELLO])).toMatchObject({ state: 'mixedmap', warnings: [{ code: 'truncated' }] });
  });

  test('from standard input is the same', async () => {
    expect(await json(['-', HELLO], 0, { stdin: ROOT })).toEqual(await json([ROOT, HELLO]));
  });

  test('with links shows where they lead', async () => {
    const { stdout } = await run([folder.fixture('images/mini-XX.cramfs.gz'), '/links/absolute']);
    expect(stdout).toMatch(/^\/links\/absolute -> \//);
  });
});

describe('a mapping of 127 TiB', () => {
  const HUGE = [ROOT, HELLO, '--length', '0x7f0000000000'];

  test('has a verdict like any other, for people and under other kernels too', async () => {
    expect(await json(HUGE)).toMatchObject({ vmaPages: 0x7f0000000, directPages: 3, state: 'mixedmap' });
    for (const kernel of ['linux', 'patch-v2-fixed']) {
      expect(await run([...HUGE, '--kernel', kernel])).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('MIXEDMAP: 3 of 34091302912 pages run from flash'),
      });
    }
  });

  test('is told of page by page up to the end of the file and one more, then at once', async () => {
    const { pages, touch, crc32, sees, rest, violations } = await json([...HUGE, '--pages', '--crc', '--trace']);
    expect((pages as { kind: string }[]).map(({ kind }) => kind)).toEqual([
      'direct',
      'direct',
      'direct',
      'paged',
      'sigbus',
    ]);
    expect({ touch, sees, violations }).toEqual({
      touch: 'ooooB',
      sees: ['ok', 'ok', 'ok', 'ok', 'sigbus-ok'],
      violations: [],
    });
    expect(crc32).toHaveLength(5);
    expect(rest).toEqual({ page: 5, pages: 0x7f0000000 - 5, kind: 'sigbus', sees: 'sigbus-ok' });
    const { code, stdout } = await run([...HUGE, '--pages']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/\n {2}5-34091302911 +sigbus\n/) });
  });

  test('cannot be private and writable: there is not so much RAM', async () => {
    expect(await json([...HUGE, '--prot', 'rw'])).toMatchObject({ errno: 'ENOMEM', log: [] });
    expect(await json([...HUGE, '--prot', 'r'])).toMatchObject({ errno: null });
    expect(await json([ROOT, HELLO, '--length', '0x10000000000', '--prot', 'rw'])).toMatchObject({ errno: null });
  });
});

describe('a warning', () => {
  test('tells of the last page that Linux loses, where it is lost', async () => {
    const codes = async (...options: string[]): Promise<unknown[]> =>
      ((await json([ROOT, '/bin/bare', ...options])).warnings as { code: string }[]).map(({ code }) => code);
    expect(await codes()).toEqual([]); // mapped directly
    expect(await codes('--prot', 'rw', '--crc')).toEqual(['last-page-zeros']);
    expect(await codes('--phys', '0')).toEqual(['last-page-zeros']);
    expect(await codes('--offset', '1p')).toEqual([]);
    expect((await json([ROOT, '/bin/bare', '--phys', '0', '--crc'])).crc32).toEqual(['c71c0011']);
  });
});

describe('colour', () => {
  const ESCAPE = '\u001b[';
  const coloured = async (options: string[], world: World): Promise<boolean> =>
    (await run([ROOT, HELLO, ...options], world)).stdout.includes(ESCAPE);

  test.each([
    [[], {}, false],
    [[], { isTTY: true }, true],
    [[], { isTTY: true, env: { NO_COLOR: '1' } }, false],
    [[], { isTTY: true, env: { NO_COLOR: '' } }, true],
    [[], { isTTY: true, env: { TERM: 'dumb' } }, false],
    [[], { env: { FORCE_COLOR: '1' } }, true],
    [[], { env: { FORCE_COLOR: '0' } }, false],
    [[], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } }, false],
    [['--color', 'always'], { env: { NO_COLOR: '1' } }, true],
    [['--color', 'never'], { isTTY: true, env: { FORCE_COLOR: '1' } }, false],
  ])('with %j in %j: %p', async (options, world, expected) => {
    expect(await coloured(options, world)).toBe(expected);
  });

  test('adds nothing but colour', async () => {
    const plain = (await run([ROOT, HELLO, '--pages', '--crc'])).stdout;
    const painted = (await run([ROOT, HELLO, '--pages', '--crc', '--color', 'always'])).stdout;
    // eslint-disable-next-line no-control-regex -- the escape character starts a colour
    expect(painted.replace(/\u001b\[[0-9;]+m/g, '')).toBe(plain);
  });
});

describe('text', () => {
  test.each([40, 60, 80, 120, 300])('for a terminal of %d columns stays within it', async (columns) => {
    const table = /^ {2}(page|physical|[0-9])/; // rows of addresses are not broken, and the image's name is not
    for (const image of [ROOT, PLAIN]) {
      for (const options of [[], ['--pages'], ['--prot', 'rw'], ['--length', '1000p'], ['--phys', '0x10000800']]) {
        const { stdout } = await run([image, '/bin/table', ...options], { columns });
        for (const line of stdout.replaceAll(image, 'fw.cramfs').split('\n')) {
          if (!table.test(line)) expect(line.length).toBeLessThanOrEqual(Math.min(columns, 120));
        }
      }
    }
  });
});

describe('malformed images', () => {
  const names = fixtureNames('malformed').filter((name) => name.endsWith('.img'));
  const paths = ['/file', '/', '/link', '/d/file', '/a'];

  test.each(names)('%s: a sentence, under every option', async (name) => {
    const image = folder.fixture(`malformed/${name}`);
    const options: string[][] = [
      ['--json', '--pages', '--crc'],
      ['--offset', '1p', '--length', '64K', '--shared', '--populate'],
      ['--prot', 'rwx', '--phys', '0', '--pages'],
      ['--page-size', '64K', '--locked', '--fill', 'ff', '--region', '512M'],
      ['--endian', 'big', '--kernel', 'linux-4.15'],
      ['--image-offset', '3', '--quiet'],
    ];
    for (const path of paths) {
      for (const option of options) {
        const { code, stdout, stderr } = await run([image, path, ...option]);
        expect([0, 2, 3]).toContain(code);
        expect(stderr === '').toBe(code === 0);
        expect(stdout + stderr).not.toMatch(/\n +at |undefined|NaN|\[object|bug of ours/);
      }
    }
    const lines = paths.map((path) => JSON.stringify({ path })).join('\n');
    const answers = await run([image, '--batch', folder.file('batch.jsonl', lines), '--pages', '--crc']);
    expect([0, 1, 3]).toContain(answers.code);
  });
});

describe('the program itself', () => {
  let program = '';
  beforeAll(async () => {
    program = await bundleProgram('cramfs-map', folder);
  });

  const start = (argv: readonly string[], input?: string | Uint8Array): Run => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...argv], {
      input,
      maxBuffer: 1 << 28,
      encoding: 'utf8',
      env: { PATH: process.env.PATH },
    });
    return { code: status ?? -1, stdout, stderr };
  };

  test('reads an image from a pipe', async () => {
    expect(start(['-', HELLO, '--json'], fixture('images/root-XX.cramfs.gz'))).toEqual(
      await run([ROOT, HELLO, '--json']),
    );
  });

  test('reads a batch from a pipe', () => {
    const { code, stdout } = start([ROOT, '--batch', '-'], `${JSON.stringify({ path: HELLO })}\n`.repeat(2000));
    expect({ code, lines: stdout.split('\n').length - 1 }).toEqual({ code: 0, lines: 2000 });
  });

  test('tells exit codes, and errors on standard error', () => {
    expect(start([ROOT, HELLO, '--require', 'pfnmap', '--quiet']).code).toBe(1);
    expect(start([ROOT, '/nothing'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'cramfs-map: /nothing: no such file or directory in the image\n',
    });
    expect(start(['/nowhere', '/x']).code).toBe(3);
  });

  test('ends quietly when nobody reads on', () => {
    const lines = folder.file('many.jsonl', `${JSON.stringify({ path: HELLO })}\n`.repeat(20000));
    const shell = spawnSync(
      'sh',
      [
        '-c',
        '{ "$0" "$1" "$2" --batch "$3"; echo "code $?" >&2; } | head -n 1',
        process.execPath,
        program,
        ROOT,
        lines,
      ],
      { encoding: 'utf8' },
    );
    expect(shell.stdout.split('\n')).toHaveLength(2);
    expect(shell.stderr).toBe('code 0\n');
  });

  (statSync('/dev/full', { throwIfNoEntry: false }) === undefined ? test.skip : test)(
    'says so when it cannot write',
    () => {
      const shell = spawnSync(
        'sh',
        ['-c', '"$0" "$1" "$2" "$3" --json > /dev/full', process.execPath, program, ROOT, HELLO],
        {
          encoding: 'utf8',
        },
      );
      expect(shell.status).toBe(3);
      expect(shell.stderr).toBe('cramfs-map: cannot write standard output: no space left on the device\n');
    },
  );
});
