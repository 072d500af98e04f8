/** `cramfs profile --check`: what a running board shows, compared with the model; smaps of real kernels, good and wrong. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { runCramfs } from '../lib/cli/cramfs.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { kernelModel } from '../lib/driver/models/named.ts';
import { findPath } from '../lib/inspect/findPath.ts';
import { type BoardCheck, checkBoard } from '../lib/profile/check/checkBoard.ts';
import type { BoardOptions } from '../lib/verdict/board.ts';
import { Folder, type Run, runProgram } from './support/cli.ts';
import { fixture } from './support/fixtures.ts';

const EXEC64 = 'exec/exec64.cramfs.gz';
const EXEC32 = 'profile/exec32-XX.cramfs.gz';
const folder = new Folder();
afterAll(() => {
  folder.remove();
});

interface CheckJson {
  readonly ok: boolean;
  readonly checks: readonly {
    readonly device: string | null;
    readonly processes: readonly { readonly program: string; readonly differences: readonly unknown[] }[];
    readonly cause: { readonly changes: readonly unknown[]; readonly text: string } | null;
    readonly alternatives: readonly unknown[];
    readonly notes: readonly { readonly kind: string }[];
  }[];
}

const check = async (
  image: string,
  capture: string,
  argv: readonly string[] = [],
): Promise<Run & { json: CheckJson }> => {
  const run = await runProgram(runCramfs, ['profile', '--check', image, capture, '--json', ...argv]);
  return { ...run, json: JSON.parse(run.stdout) as CheckJson };
};
const checkBytes = (image: string, capture: string, board: BoardOptions = {}): BoardCheck =>
  checkBoard({
    image: CramfsImage.open(fixture(image)),
    capture: { name: 'smaps', bytes: Buffer.from(capture, 'latin1') },
    board,
  });
const text = (name: string): string => Buffer.from(fixture(name)).toString('latin1');

describe.each(['6.1', '6.12'])('on a board with Linux %s', (release) => {
  const options = ['--kernel', release];

  test.each([
    [EXEC64, `exec64@${release}`],
    [EXEC64, `board/overlay@${release}`],
    [EXEC32, `board/double@${release}`],
  ])('%s does what was promised: %s', async (image, capture) => {
    const { code, json } = await check(folder.fixture(image), folder.fixture(`profile/${capture}.smaps.gz`), options);
    expect({ code, ok: json.ok, cause: json.checks[0]?.cause }).toEqual({ code: 0, ok: true, cause: null });
    expect(json.checks[0]?.processes.map(({ differences }) => differences.length)).not.toContain(1);
  });

  test.each([
    [EXEC64, 'address', [{ kind: 'address', physBase: '0x18000000' }], 'the image is at 0x18000000, not at 0x10000000'],
    [EXEC64, 'unaligned', [{ kind: 'address', physBase: '0x10000040' }], '64 bytes after a page boundary'],
    [EXEC64, 'other', [{ kind: 'image', variant: null }], 'the image in flash is not this one'],
    [EXEC64, 'plain', [{ kind: 'image', variant: 'plain' }], 'without direct blocks'],
    [EXEC64, 'nommu', [{ kind: 'image', variant: '--xip nommu' }], 'for a CPU without an MMU'],
    [EXEC32, 'single', [{ kind: 'image', variant: '-X' }], 'with a single -X'],
    [EXEC64, 'block', [{ kind: 'block-device', device: '1:0' }], 'mounted from the block device 1:0'],
  ])('of %s, what is wrong is named: %s', async (image, name, changes, words) => {
    const capture = folder.fixture(`profile/board/${name}@${release}.smaps.gz`);
    const { code, json } = await check(folder.fixture(image), capture, options);
    expect(code).toBe(1);
    const [only] = json.checks;
    expect(only?.cause?.changes).toEqual(changes);
    expect(only?.cause?.text).toContain(words);
    expect(only?.alternatives).toEqual([]);
  });

  test('of a kernel with the mistake of 6.17, that is named', async () => {
    const capture = folder.fixture(`profile/board/regression@${release}.smaps.gz`);
    const { json } = await check(folder.fixture(EXEC64), capture, [...options, '--phys', '0x08000000']);
    expect(json.checks[0]?.cause?.changes).toMatchObject([{ kind: 'kernel', kernel: 'linux-6.17' }]);
    const same = await check(folder.fixture(EXEC64), capture, ['--kernel', '6.17', '--phys', '0x08000000']);
    expect(same.json.ok).toBe(true);
  });

  test('without the kernel log, what predicts the same is listed', () => {
    const capture = text(`profile/board/unaligned@${release}.smaps.gz`).replaceAll(/^cramfs: .*\n/gm, '');
    const { cause, alternatives, notes } = checkBytes(EXEC64, capture, { kernel: kernelModel(release) });
    expect([cause, ...alternatives]).toEqual([[{ kind: 'no-direct-access' }], [{ kind: 'unaligned-address' }]]);
    expect(notes).toEqual([{ kind: 'no-log' }]);
  });

  test('two things that are wrong at once are both named', () => {
    const capture = text(`profile/exec64@${release}.smaps.gz`);
    const board = { kernel: kernelModel('linux-6.17'), physBase: 0x2000_0000 };
    const { cause } = checkBytes(EXEC64, capture, board);
    expect(cause).toContainEqual({ kind: 'address', physBase: 0x1000_0000 });
    expect(cause?.map(({ kind }) => kind)).toEqual(['kernel', 'address']);
  });

  test('another kernel that maps the same is a note', () => {
    const { ok, notes } = checkBytes(EXEC64, text(`profile/exec64@${release}.smaps.gz`));
    expect({ ok, notes }).toEqual({ ok: true, notes: [{ kind: 'page-attributes', shown: true }] });
  });
});

describe('a board that does what its image allows, which is nothing', () => {
  const single = async (): Promise<string> => {
    const image = `${folder.path}/exec32-X.cramfs`;
    await runProgram(runCramfs, ['mkfs', folder.fixture(EXEC32), image, '-X']);
    return image;
  };

  test('has an image built with a single -X', async () => {
    const capture = folder.fixture('profile/board/single@6.1.smaps.gz');
    const { code, json } = await check(await single(), capture, ['--kernel', '6.1']);
    expect({ code, changes: json.checks[0]?.cause?.changes }).toEqual({
      code: 1,
      changes: [{ kind: 'unaligned-blocks' }],
    });
  });

  test('has the image at an address that is not a page’s', () => {
    const capture = text('profile/board/unaligned@6.12.smaps.gz');
    expect(checkBytes(EXEC64, capture, { physBase: 0x1000_0040 }).cause).toEqual([{ kind: 'unaligned-address' }]);
  });

  test('or at none', () => {
    const capture = text('profile/board/unaligned@6.12.smaps.gz');
    expect(checkBytes(EXEC64, capture, { physBase: 0 }).cause).toEqual([{ kind: 'no-direct-access' }]);
  });
});

describe('a mapping that differs', () => {
  const good = text('profile/exec64@6.12.smaps.gz');
  const board = { kernel: kernelModel('6.12') };
  /** Changes what smaps shows of the mapping whose line begins so. */
  const changed = (line: string, from: RegExp, to: string): BoardCheck => {
    const at = good.indexOf(line);
    expect(at).toBeGreaterThanOrEqual(0);
    const next = good.slice(at).search(/VmFlags.*\n/) + at;
    const end = good.indexOf('\n', next);
    const part = good.slice(at, end);
    expect(part).toMatch(from);
    return checkBytes(EXEC64, good.slice(0, at) + part.replace(from, to) + good.slice(end), board);
  };
  const kindsOf = ({ processes }: BoardCheck): string[] =>
    processes.flatMap(({ differences }) => differences.map(({ kind }) => kind));

  test.each([
    ['more of the file in RAM than is not direct', /Rss: +0 kB/, 'Rss: 8 kB', ['rss']],
    ['other permissions', /r-xp/, 'rwxp', ['perms']],
    ['other flags', / dd /, ' ', ['flags']],
    ['another inode', /1f:00 2756/, '1f:00 2757', ['inode']],
    ['another length', /55555555c000/, '55555555b000', ['range']],
    ['no page frames', / pf io de ar dd/, '', ['state']],
  ])('shows %s', (_what, from, to, kinds) => {
    const lines: Record<string, string> = {
      inode: '555555554000-555555555000 r--p',
      range: '55555555a000-55555555c000 rw-p',
    };
    const line = lines[kinds[0] ?? ''] ?? '555555555000-555555556000 r-xp';
    const result = changed(line, from, to);
    expect(kindsOf(result)).toEqual(kinds);
    expect(result.ok).toBe(false);
  });

  test('in RAM, copied by the process, is its own memory', () => {
    const result = changed(
      '555555555000-555555556000 r-xp',
      /Rss: +0 kB([^]*)Anonymous: +0 kB/,
      'Rss: 4 kB$1Anonymous: 4 kB',
    );
    expect(result.ok).toBe(true);
  });

  test('of a library that the process does not have', () => {
    const without = good.replaceAll(/^[0-9a-f]+-[0-9a-f]+ .*libtwo[.]so\n(?:[A-Z].*\n)*/gm, '');
    expect(kindsOf(checkBytes(EXEC64, without, board))).toEqual(['object']);
  });

  test('at another address of the process is the same', () => {
    const moved = good.replaceAll(/7ffff7f/g, '7ffff6f');
    expect(checkBytes(EXEC64, moved, board).ok).toBe(true);
  });
});

describe('a capture', () => {
  const board = { kernel: kernelModel('6.12') };
  const good = text('profile/exec64@6.12.smaps.gz');

  test('of maps is enough, with a note', () => {
    const maps = good.replaceAll(/^[A-Z].*\n/gm, '');
    const { ok, notes, capture } = checkBytes(EXEC64, maps, board);
    expect({ ok, notes, kind: capture.kind }).toEqual({ ok: true, notes: [{ kind: 'only-maps' }], kind: 'maps' });
    expect(checkBytes(EXEC64, maps, { ...board, physBase: 0x2000_0000 }).cause).toEqual([
      { kind: 'address', physBase: 0x1000_0000 },
    ]);
  });

  test('of many instances counts them once', () => {
    const { processes } = checkBytes(EXEC64, good.repeat(3), board);
    expect(processes.map(({ program, count }) => [program, count])).toEqual([
      ['/bin/dynamic', 3],
      ['/bin/static', 3],
      ['/opt/rpath', 3],
    ]);
  });

  test('with a file that the image does not have is of another image', () => {
    const foreign = '7fff00000000-7fff00001000 r--p 00000000 1f:00 99999                       /mnt0/opt/else\n';
    const { cause, foreign: paths } = checkBytes(EXEC64, `${good}${foreign}`, board);
    expect({ cause, paths }).toEqual({ cause: [{ kind: 'image', variant: null }], paths: ['/mnt0/opt/else'] });
  });

  test('with a library opened at run time is predicted with it', async () => {
    const image = folder.fixture(EXEC64);
    const { stdout } = await runProgram(runCramfs, [
      'exec',
      image,
      '/bin/dynamic',
      '--dlopen',
      '/opt/lib/libtwo.so',
      '--json',
    ]);
    const { mappings } = JSON.parse(stdout) as {
      mappings: { object: string; start: string; end: string; perms: string; offset: string }[];
    };
    const inos = new Map([
      ['/bin/dynamic', 2756],
      ['/lib/ld-musl-x86_64.so.1', 7740],
      ['/opt/lib/libone.so.1.2', 11136],
      ['/opt/lib/libtwo.so', 11584],
    ]);
    const digits = (number: string): string => number.slice(2).padStart(8, '0');
    const maps = mappings
      .sort((a, b) => Number(a.start) - Number(b.start))
      .map(
        ({ object, start, end, perms, offset }) =>
          `${digits(start)}-${digits(end)} ${perms} ${digits(offset)} 1f:00 ${String(inos.get(object))} ${object}\n`,
      );
    const result = checkBytes(EXEC64, maps.join(''));
    expect(result.processes.flatMap(({ differences }) => differences)).toEqual([]);
    expect(result.processes[0]?.mappings).toBe(20);
  });

  test('of data that a process maps is predicted by itself', () => {
    const mapped = '7f0000000000-7f0000001000 r--s 00000000 1f:00 6000 /bin/text\nRss: 4 kB\nVmFlags: rd mr me ms sd\n';
    const ino = findPath(CramfsImage.open(fixture(EXEC64)), '/bin/text').inode.ino;
    const at = good.indexOf('7ffff7f4a000');
    const withData = (line: string): string => good.slice(0, at) + line.replace('6000', String(ino)) + good.slice(at);
    expect(checkBytes(EXEC64, withData(mapped), board).ok).toBe(true);
    const { processes } = checkBytes(EXEC64, withData(mapped.replace(' sd', ' pf')), board);
    expect(processes[0]?.differences).toMatchObject([{ kind: 'state', path: '/bin/text' }]);
  });

  test.each([
    [
      'a trace',
      'sh-7 [000] ..... 1.5: mm_filemap_add_to_page_cache: dev 31:0 ino 6168 page=0x0 pfn=0x1 ofs=0 order=0\n',
      'is not text of /proc/PID/maps or smaps',
    ],
    [
      'nothing of the image',
      '00400000-00401000 r-xp 00000000 08:01 77 /usr/bin/other\n',
      'no mapping in smaps is of a file that the image has',
    ],
  ])('of %s is refused', (_what, capture, message) => {
    expect(() => checkBytes(EXEC64, capture)).toThrow(message);
  });

  test('cannot be checked for a kernel without an MMU', () => {
    expect(() => checkBytes(EXEC64, good, { kernel: kernelModel('nommu'), cpu: 'riscv64' })).toThrow('has no MMU');
  });

  test('that is hostile is refused or compared, in bounded time', () => {
    for (const line of [
      '00000000-ffffffffffffffff r--p 00000000 1f:00 2756 /bin/dynamic',
      '00000000-00001000 r--p ffffffffffffffff 1f:00 2756 /bin/dynamic',
      '00000001-00000003 r--s 00000001 1f:00 5948 /bin/text',
      '00000000-ffffffffffff0000 r--s fffffffffffff000 1f:00 5948 /bin/text',
      `00400000-00401000 r-xp 00000000 1f:00 2756 ${'/a'.repeat(1000)}/bin/dynamic`,
    ]) {
      expect(checkBytes(EXEC64, `${line}\nRss: 99999999999999 kB\nVmFlags: rd pf\n`).ok).toBe(false);
    }
    const many = Array.from(
      { length: 300 },
      (_, n) => `00400000-00401000 r-xp ${n.toString(16).padStart(5, '0')}000 1f:00 2756 /bin/dynamic\n`,
    );
    expect(() => checkBytes(EXEC64, many.join(''))).toThrow('at most 256 different processes');
  });
});

test('the text names what differs and why', async () => {
  const capture = folder.fixture('profile/board/address@6.12.smaps.gz');
  const { stdout, code } = await runProgram(runCramfs, [
    'profile',
    '--check',
    folder.fixture(EXEC64),
    capture,
    '--kernel',
    '6.12',
  ]);
  expect(code).toBe(1);
  const words = stdout.replaceAll(/\s+/g, ' ');
  expect(words).toContain('/bin/dynamic 555555555000-555555556000 r-xp: offset 0x1800b000, predicted 0x1000b000');
  expect(words).toContain('cause: the image is at 0x18000000, not at 0x10000000');
});
