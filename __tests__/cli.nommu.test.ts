/**
 * cramfs-map --kernel nommu: the batch against transcripts, and what people get to read.
 */
import { afterAll, describe, expect, test } from '@jest/globals';
import { runCramfsMap } from '../lib/cli/run.ts';
import { Folder, runProgram, type Run } from './support/cli.ts';
import { jsonLines } from './support/fixtures.ts';
import type { Line, Setup, Vector } from './support/nommuTranscript.ts';

const folder = new Folder();
afterAll(() => {
  folder.remove();
});

const adv = folder.fixture('images/adv.cramfs.gz');
const at = ['--kernel', 'nommu', '--phys', '0x22000000', '--region', '32M'];
const run = (...argv: string[]): Promise<Run> => runProgram(runCramfsMap, argv);

test('a transcript is a batch of requests; each is answered as if it were alone', async () => {
  const [setup, ...lines] = jsonLines<Line>('nommu/transcripts/adv@0x22000800.jsonl.gz') as [Setup, ...Line[]];
  const vectors = lines.filter(
    (line): line is Vector =>
      line.type === 'vector' && line.shared_with_background !== true && line.mode !== 'hold' && line.offset < 8192,
  );
  const batch = folder.file('requests.jsonl', vectors.map((vector) => `${JSON.stringify(vector)}\n`).join(''));
  const where = ['--phys', setup.base, '--region', String(setup.mtd_size)];
  const { stdout } = await run(adv, '--batch', batch, '--crc', '--kernel', 'nommu', ...where);
  const answers = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(answers).toHaveLength(vectors.length);
  const got = answers.map(({ errno, failed, bug, inFlash, address, mapsType, log, crc32 }) =>
    JSON.stringify({ errno, failed, bug, inFlash, address, mapsType, log, crc32 }),
  );
  const wanted = vectors.map(({ errno, failed, direct, phys, maps, kmsg, crc }) => {
    const mapsType = maps[0]?.split(' ')[1]?.[3] ?? null;
    return JSON.stringify({
      errno,
      failed,
      bug: null,
      inFlash: direct,
      address: phys,
      mapsType,
      log: kmsg,
      crc32: crc,
    });
  });
  expect(got).toEqual(wanted);
});

test('a line of a batch may choose the kernel', async () => {
  const batch = folder.file('kernels.jsonl', '{"path":"/za_pm4","kernel":"nommu"}\n{"path":"/za_pm4"}\n');
  const answers = (await run(adv, '--batch', batch, '--phys', '0x22000000')).stdout.trimEnd().split('\n');
  expect(answers.map((answer) => JSON.parse(answer) as unknown)).toMatchObject([
    { kernel: 'nommu', cpu: 'riscv64', inFlash: true, address: '0x2206f000' },
    { kernel: 'linux-6.18', cpu: 'x86-64', state: 'pfnmap', physAddress: '0x2206f000' },
  ]);
});

describe('the report', () => {
  test.each([
    ['/za_pm4', [], /IN FLASH: all 4 pages run from flash.*0x2206f000-0x22072fff \(image offset 0x6f000\)/s],
    ['/zf_gap_mid', [], /COPY: all 6 pages are copied.*24 KiB at once.*block 3 is\s+compressed, or elsewhere/s],
    ['/zf_gap_mid', ['--shared'], /ENODEV: mmap fails, a shared mapping must be entirely in flash/],
    ['/za_pm4', ['--prot', 'rw'], /COPY.*maps +p, .*the mapping is writable/s],
    ['/za_pm4', ['--length', '5p'], /EINVAL: .* past the 4 pages of the file/],
    ['/za_pm4', ['--offset', '100'], /EINVAL: .* is not a multiple of the page size/],
    ['/za_pm4', ['--shared', '--prot', 'rw'], /EACCES: .*cramfs is read-only/s],
    ['/fc_far', [], /NOT IN THE IMAGE: .*warning: 2 pages from 0x25000000 are outside the flash region/s],
    ['/zc_tail_shared', [], /IN FLASH.*shows whatever follows in the image.*tail-not-zero, page 3/s],
  ])('of %s %j', async (path, options, text) => {
    const { code, stdout } = await run(adv, path, ...at, ...options);
    expect(code).toBe(0);
    expect(stdout).toMatch(text);
  });

  test('of a directory is one, and wrong usage', async () => {
    const { code, stdout } = await run(adv, '/', ...at);
    expect(code).toBe(2);
    expect(stdout).toMatch(/ENODEV: mmap fails, a directory cannot be mapped/);
  });

  test('of an image without extended block pointers says why all is copied', async () => {
    const plain = folder.fixture('images/mini-plain.cramfs.gz');
    expect((await run(plain, '/bin/table', ...at)).stdout).toMatch(/COPY.*no extended block pointers \(flag 0x800\)/s);
  });
});

test('--require takes a mapping in flash for whole', async () => {
  expect((await run(adv, '/za_pm4', ...at, '--require', 'pfnmap', '--quiet')).code).toBe(0);
  const copied = await run(adv, '/zf_gap_mid', ...at, '--require', 'mixedmap', '--quiet');
  expect(copied).toMatchObject({ code: 1, stderr: 'cramfs-map: /zf_gap_mid is not mixedmap: a copy in RAM\n' });
});

test('--compare-kernels holds a kernel without an MMU beside one with', async () => {
  const { stdout } = await run(adv, '/zc_tail_shared', '--compare-kernels', 'linux,nommu', '--phys', '0x22000000');
  expect(stdout).toMatch(/linux-6[.]18: MIXEDMAP, 3 of 4 pages.*nommu: in flash at 0x22079000, 4 pages.*3 x ok, tail/s);
});
