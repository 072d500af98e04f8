/** RISC-V in the lab: a kernel built from Debian's source, which goes on after an oops. */
import { describe, expect, test } from '@jest/globals';
import { ARCHITECTURES, type Architecture, defaultBases } from '../kernel-lab/host/architectures.ts';
import { kernelCommandLine, type LabRegion, qemuArguments, validateRegions } from '../kernel-lab/host/bootPlan.ts';
import { compareTranscript } from '../kernel-lab/host/compare.ts';
import { oopsOf } from '../kernel-lab/host/crash.ts';
import { riscvConfig, unmetLines } from '../kernel-lab/host/kernelConfig.ts';
import { randomCases, requireBases, sideBySide, slotsOf } from '../kernel-lab/host/labCase.ts';
import { outcomeOf } from '../kernel-lab/host/outcome.ts';
import { parseTranscript } from '../kernel-lab/host/parseRecords.ts';
import type { LabVectorRecord } from '../kernel-lab/host/record.ts';
import { transcriptText } from '../kernel-lab/host/record.ts';
import { hasEnded, parseResults } from '../kernel-lab/host/results.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { fixture } from './support/fixtures.ts';

const named = (name: string): Architecture => {
  const found = ARCHITECTURES.find((architecture) => architecture.name === name);
  if (found === undefined) throw new Error(`no architecture ${name}`);
  return found;
};
const riscv64 = named('riscv64');
const flatmem = named('riscv64-flatmem');

const image = fixture('riscv/images/rv64-a.cramfs.gz');
const region: LabRegion = {
  name: 'rv64-a.cramfs',
  image,
  physAddress: 0x2200_0000,
  regionBytes: 2 ** 25,
  requests: [{ type: 'vector', path: '/bin/dyn', length: 4096, offset: 0, prot: 'rx', flags: 'private' }],
};
const files = { kernel: 'Image', initramfs: 'cpio', images: ['a'], console: 'console', results: 'results' };

const OOPS = [
  'Unable to handle kernel paging request at virtual address ff1bfffffeb704d0',
  'Oops [#1]',
  'CPU: 0 PID: 22 Comm: init Not tainted 6.1.192-sparsemem #1',
  'epc : flush_icache_pte+0xe/0x2a',
  ' ra : remap_pfn_range_internal+0x17a/0x1e0',
  'status: 0000000200000120 badaddr: ff1bfffffeb704d0 cause: 000000000000000d',
  '[<ffffffff8000a2b4>] flush_icache_pte+0xe/0x2a',
  '[<ffffffff800d1a02>] remap_pfn_range+0x2e/0x48',
];

/** What the init program sends of a vector that never returns. */
function transcriptOf(architecture: Architecture) {
  const setup = {
    line: 3,
    page_size: 4096,
    release: '6.1.192-sparsemem',
    machine: 'riscv64',
    mtd: 'mtd0: 02000000 00001000 "physmap-flash.0"',
    mount: null,
    kmsg: [
      'cramfs: checking physical address 0x0000000022000000 for linear cramfs image',
      'cramfs: linear cramfs image on mtd:physmap-flash.0 appears to be 344 KB in size',
    ],
  };
  const lines = [{ start: true }, setup, { line: 4, returned: false, kmsg: OOPS }, { end: true }];
  const output = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  expect(hasEnded(output)).toBe(true);
  const [transcript] = parseResults(output, [region], architecture);
  if (transcript === undefined) throw new Error('no transcript');
  return transcript;
}

describe('a RISC-V machine', () => {
  test('has its images in flash, and its results on a line of their own', () => {
    const args = qemuArguments([region], files, riscv64).join(' ');
    expect(args).toContain('-m 512M');
    expect(args).toContain('-serial file:console -chardev file,id=results,path=results');
    expect(args).toContain('addr=0x22000000');
    expect(kernelCommandLine([region], riscv64)).not.toMatch(/mem(?:map)?=/);
    expect(kernelCommandLine([region], riscv64)).toContain('RESULTS=/dev/hvc0');
  });

  test('has room for 32 MiB of images', () => {
    expect(() => {
      validateRegions([{ ...region, physAddress: 0x8000_0000 }], riscv64);
    }).toThrow('a region must lie between 0x22000000 and 0x24000000');
    expect(slotsOf(riscv64)).toBe(32);
    expect(slotsOf(named('amd64'))).toBe(64);
    expect(() => {
      requireBases(defaultBases(riscv64), riscv64);
    }).not.toThrow();
  });

  test('takes no more random images at once than that, each with vectors that the kernel may not return from', () => {
    const bases = [0x2200_0000, 0x2200_0800, 0x2200_0ef0];
    const cases = randomCases({
      seed: 73101,
      images: 11,
      vectors: 25,
      bases,
      release: '6.1.192-sparsemem',
      machine: 'riscv64',
      slots: slotsOf(riscv64),
    });
    expect(cases).toHaveLength(33);
    expect(Math.max(...cases.map(({ physAddress }) => physAddress))).toBeLessThan(0x2400_0000);
    expect(cases[32]?.physAddress).toBe(0x2200_0ef0);
    const placed = sideBySide([{ ...region, physAddress: 0x23f0_0800 }, region], 0x2200_0000);
    expect(placed.map(({ physAddress }) => physAddress)).toEqual([0x2200_0800, 0x2210_0000]);
  });
});

describe('the kernel', () => {
  test.each(['sparsemem', 'flatmem'] as const)('is configured for %s, and its release says so', (model) => {
    const lines = riscvConfig(model);
    expect(lines).toContain(`CONFIG_LOCALVERSION="-${model}"`);
    expect(lines).toContain(`CONFIG_${model.toUpperCase()}_MANUAL=y`);
    expect(unmetLines(lines, lines.join('\n'))).toEqual([]);
    expect(unmetLines(lines, lines.slice(1).join('\n'))).toEqual([lines[0]]);
  });
});

describe('a call that never returns', () => {
  test('is recorded with the function that oopsed', () => {
    expect(oopsOf(OOPS)).toEqual({
      what: 'Unable to handle kernel paging request at virtual address ADDRESS',
      address: '0xff1bfffffeb704d0',
      function: 'flush_icache_pte',
      caller: 'remap_pfn_range_internal',
      cause: 13,
      trace: ['flush_icache_pte', 'remap_pfn_range'],
    });
  });

  test('is a record that survives its file, and is what the emulation says too', () => {
    const transcript = transcriptOf(riscv64);
    expect(transcript.setup).toMatchObject({
      memory_model: 'SPARSEMEM_VMEMMAP',
      patched: false,
      ram: '0x80000000-0x9fffffff',
    });
    const again = parseTranscript(transcriptText(transcript));
    expect(again.records).toMatchObject([{ returned: false, errno: null, kmsg: [], oops: { cause: 13 } }]);
    expect(outcomeOf(again.records[0] as LabVectorRecord)).toBe('does not return');
    expect(compareTranscript(CramfsImage.open(image), again)).toEqual([]);
  });

  test('differs from the emulation of a FLATMEM kernel, which sets a bit and returns', () => {
    const differences = compareTranscript(CramfsImage.open(image), transcriptOf(flatmem));
    expect(differences.find(({ field }) => field === 'bug')).toMatchObject({
      kernel: 'does not return',
      ours: 'returns',
    });
  });
});
