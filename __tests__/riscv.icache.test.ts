/** RISC-V's flush_icache_pte() in verdicts, batches and audits. */
import { describe, expect, test } from '@jest/globals';
import { auditImage } from '../lib/audit/auditImage.ts';
import { runCramfsMap } from '../lib/cli/run.ts';
import { CramfsImage } from '../lib/image/image.ts';
import type { IcacheKernel } from '../lib/mm/icache.ts';
import { Board, type BoardOptions } from '../lib/verdict/board.ts';
import { runProgram } from './support/cli.ts';
import { fixture } from './support/fixtures.ts';

const image = CramfsImage.open(fixture('riscv/images/rv32-a.cramfs.gz'));
const board = (options: BoardOptions = {}) => new Board(image, { physBase: 0x4200_0000, ...options });
const hit = (riscvIcache?: IcacheKernel): (string | null)[] =>
  auditImage(board({ riscvIcache }), { name: 'rv32-a' })
    .findings.filter(({ id }) => id === 'xip/riscv-icache')
    .map(({ path }) => path);

describe('an image of RISC-V programs', () => {
  test('is mapped on riscv32, which nobody named', () => {
    expect(board().cpuChoice).toEqual({ name: 'riscv32', from: 'programs', machine: 'RISC-V', needsNommu: false });
  });

  test('kills the kernel or sets a bit where text would be direct, and names both', () => {
    const verdict = board().map({ path: '/bin/static', offset: 4096, length: 4096, prot: 'rx' });
    expect(verdict.bug).toMatch(/SPARSEMEM.*FLATMEM/);
    expect(verdict.log).toEqual([]);
    expect(verdict.icache).toEqual({ outcome: 'oops or bit', pfn: 0x42002, pages: 1 });
  });

  test('sets a bit for each page on FLATMEM, and warns', () => {
    const verdict = board({ riscvIcache: 'flatmem' }).map({
      path: '/bin/static',
      offset: 4096,
      length: 12288,
      prot: 'x',
    });
    expect(verdict).toMatchObject({ bug: null, state: 'pfnmap', icache: { outcome: 'bit', pages: 3 } });
    expect(verdict.warnings.map(({ code }) => code)).toEqual(['icache-bit']);
  });

  test('dies at an mprotect() that makes direct pages executable', () => {
    const acts = [{ text: 'mprot=rx', name: 'mprot', prot: 'rx' }] as const;
    const verdict = board().map({ path: '/data/call', prot: '-', actions: acts });
    expect(verdict).toMatchObject({ state: 'pfnmap', actions: [{ action: 'mprot=rx' }] });
    expect(verdict.bug).toContain('flush_icache_pte()');
  });

  test('has an error for each program and library with direct text, and none on a fixed kernel', () => {
    expect(hit()).toContain('/bin/static');
    expect(hit()).toContain('/lib/libx.so');
    expect(hit()).not.toContain('/bin/comp');
    expect(hit('flatmem')).toEqual(hit());
    expect(hit('fixed')).toEqual([]);
  });
});

test('lists each CPU with what was run on it', async () => {
  const { stdout, code } = await runProgram(runCramfsMap, ['--list-cpus', '--json']);
  expect(code).toBe(0);
  const { cpus } = JSON.parse(stdout) as { cpus: { name: string; run: string[] }[] };
  expect(cpus.find(({ name }) => name === 'arm-m')?.run).toEqual([]);
  expect(cpus.find(({ name }) => name === 'riscv32')?.run).toEqual(['6.12']);
});
