/** --board and --partition-table: the machine from the build, in every command. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cramfs } from './support/auditHelp.ts';
import { Folder } from './support/cli.ts';

const folder = new Folder();
afterAll(() => {
  folder.remove();
});
const ROOT = folder.fixture('images/root-XX.cramfs.gz');
const TABLES = fileURLToPath(new URL('../fixtures/boards', import.meta.url));
const PARTITION = ['--partition-table', join(TABLES, 'board.dtb'), '--partition', 'rootfs'];

async function machineOf(...options: string[]): Promise<{ physBase: string; regionSize: number; cpu: string }> {
  const { code, stdout, stderr } = await cramfs(['map', ROOT, '/bin/hello', '--json', ...options]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as { physBase: string; regionSize: number; cpu: string };
}

describe('a partition', () => {
  test('gives address and size', async () => {
    expect(await machineOf(...PARTITION)).toMatchObject({ physBase: '0x425c0000', regionSize: 0x900000 });
  });

  test('is outranked by --phys, and --flash-base moves it', async () => {
    expect(await machineOf(...PARTITION, '--phys', '0x8000000')).toMatchObject({ physBase: '0x8000000' });
    expect(await machineOf(...PARTITION, '--flash-base', '0x90000000')).toMatchObject({ physBase: '0x905c0000' });
  });

  test('may be in an mtdparts text, which needs --flash-base', async () => {
    const options = ['--partition-table', 'mtdparts=flash:1M(boot),8M(rootfs)', '--partition', 'rootfs'];
    expect(await machineOf(...options, '--flash-base', '0x42000000')).toMatchObject({
      physBase: '0x42100000',
      regionSize: 0x800000,
    });
    const { code, stderr } = await cramfs(['map', ROOT, '/bin/hello', ...options]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('add --flash-base') });
  });

  test.each([
    [['--partition', 'rootfs'], '--partition needs --partition-table'],
    [['--flash-base', '1'], '--flash-base needs --partition-table'],
    [PARTITION.slice(0, 2), '--partition is missing; the table has "boot", "kernel", "rootfs", "etc", "spi-rootfs"'],
    [[...PARTITION.slice(0, 2), '--partition', 'x'], 'it has no partition "x"'],
    [[...PARTITION.slice(0, 2), '--partition', 'spi-rootfs'], '/spi/flash@0 is on a bus without addresses'],
  ])('%j is refused', async (options, found) => {
    const { code, stderr } = await cramfs(['map', ROOT, '/bin/hello', ...options]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(found) });
  });

  test('that is too small is a finding of audits', async () => {
    const small = ['--partition-table', 'mtdparts=f:64k(a)', '--partition', 'a', '--flash-base', '0x42000000'];
    const { stdout } = await cramfs(['audit', ROOT, '--json', ...small]);
    expect(stdout).toContain('policy/region-too-small');
    expect((await cramfs(['audit', ROOT, '--json', ...PARTITION])).stdout).not.toContain('policy/region-too-small');
  });

  test('that is too small keeps mkfs from writing the image', async () => {
    const out = join(folder.path, 'out.cramfs');
    const small = ['--partition-table', 'mtdparts=f:64k(a)', '--partition', 'a'];
    const { code, stderr } = await cramfs(['mkfs', ROOT, out, ...small]);
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringContaining('does not fit into the partition "a": expected an image of at most 65536 bytes'),
    });
  });
});

describe('a board', () => {
  const board = (text: string): string => folder.file('board.yaml', `version: 1\n${text}`);

  test('is the machine where options say nothing else', async () => {
    const file = board('phys: 0x60220000\nregion-size: 2M\ncpu: i386\nkernel: "6.12"\n');
    expect(await machineOf('--board', file)).toMatchObject({
      physBase: '0x60220000',
      regionSize: 2 << 20,
      cpu: 'i386',
    });
    expect(await machineOf('--board', file, '--phys', '4M')).toMatchObject({ physBase: '0x400000' });
  });

  test('may name a partition table beside it', async () => {
    const file = board(`partition-table: ${join(TABLES, 'esp32s31.csv')}\npartition: rootfs\nflash-base: 0x42000000\n`);
    expect(await machineOf('--board', file)).toMatchObject({ physBase: '0x425c0000', regionSize: 0x900000 });
  });

  test('outranks a policy, of which it may be the machine part', async () => {
    const policy = folder.file('policy.yaml', 'version: 1\nphys: 0x1000000\nregion-size: 4M\n');
    expect(await machineOf('--policy', policy)).toMatchObject({ physBase: '0x1000000', regionSize: 4 << 20 });
    expect(await machineOf('--policy', policy, '--board', board('phys: 0x2000000\n'))).toMatchObject({
      physBase: '0x2000000',
      regionSize: 4 << 20,
    });
  });

  test('with errors is refused with line and column', async () => {
    const { code, stderr } = await cramfs(['map', ROOT, '/bin/hello', '--board', board('phyz: 1\ncpu: z80\n')]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/is not a valid board: 2 errors/);
    expect(stderr).toMatch(/board.yaml:2:1: unknown key "phyz".*phys/);
    expect(stderr).toMatch(/board.yaml:3:6: cpu must be one of/);
  });
});
