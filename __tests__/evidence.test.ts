/** What --list-cpus and --list-kernels say was run, against the recorded transcripts. */
import { describe, expect, test } from '@jest/globals';
import { cpuOfMachine } from '../kernel-lab/host/replay.ts';
import { KERNEL_MODELS } from '../lib/driver/models/index.ts';
import { modelOfRelease } from '../lib/kernel.ts';
import { CPU_MODELS } from '../lib/mm/cpus/index.ts';
import { fixture, fixtureNames } from './support/fixtures.ts';

/** A kernel that was run, as far as a transcript's first line tells. */
interface Kernel {
  readonly cpu: string;
  /** As in "6.12". */
  readonly series: string;
  readonly model: string;
  readonly pageKiB: number;
}

interface Setup {
  readonly type: string;
  readonly machine?: string;
  readonly release?: string;
  readonly kernel?: string;
  readonly variant?: string;
  readonly page_size: number;
  readonly mmu?: boolean;
}

const FOLDERS = [
  'transcripts',
  'kernels/transcripts',
  'arch',
  'riscv/transcripts',
  'riscv/nommu',
  'nommu/transcripts',
  'exec',
  'view',
];

function kernelOf(name: string): Kernel[] {
  const [line = ''] = Buffer.from(fixture(name)).toString('latin1').split('\n', 1);
  const { type, machine = 'x86_64', variant = '', page_size: pageSize, mmu, ...setup } = JSON.parse(line) as Setup;
  const release = setup.release ?? setup.kernel ?? '';
  if (type !== 'setup' || name.includes('address-as-pfn')) return [];
  const series = /^[0-9]+[.][0-9]+/.exec(release)?.[0] ?? '';
  const width = /-(sv39|sv48)$/.exec(variant)?.[1];
  const cpu = width === undefined ? (cpuOfMachine(machine, release) ?? '') : `riscv64-${width}`;
  const withoutMmu = series === '6.1' ? 'nommu' : 'nommu-6.12';
  return [{ cpu, series, model: mmu === false ? withoutMmu : modelOfRelease(release).name, pageKiB: pageSize / 1024 }];
}

const kernels = FOLDERS.flatMap((folder) =>
  fixtureNames(folder)
    .filter((name) => /[.]jsonl(?:[.]gz)?$/.test(name) && !/(?:mount|root-boots)[.]/.test(name))
    .flatMap((name) => kernelOf(`${folder}/${name}`)),
);
const cpuNames = CPU_MODELS.map(({ name }) => name);

describe.each(CPU_MODELS)('--list-cpus: $name', ({ name, evidence }) => {
  test('was run with the kernels that have transcripts, and no others', () => {
    const found = kernels
      .filter(({ cpu }) => cpu === name)
      .map(({ series, model, pageKiB }) => {
        const pages = name === 'arm64' ? ` (${String(pageKiB)} KiB pages)` : '';
        return `${series}${model.startsWith('nommu') ? ' without an MMU' : pages}`;
      });
    // What stands in brackets says more of the kernel's configuration than a transcript does.
    const stated = evidence.run.map((text) => (name === 'arm64' ? text : text.replace(/ [(].*/, '')));
    expect(new Set(stated)).toEqual(new Set(found));
    expect(stated).toHaveLength(new Set(found).size);
  });

  test('says what was not run, if not all was', () => {
    expect(evidence.notRun === null).toBe(name === 'x86-64');
  });
});

describe.each(KERNEL_MODELS)('--list-kernels: $name', ({ name, evidence }) => {
  const plain = evidence.run.filter((text) => /^[0-9.]+ on /.test(text));

  test('was run where there are transcripts', () => {
    const bySeries = new Map<string, Set<string>>();
    for (const { cpu, series } of kernels.filter((each) => each.model === name)) {
      bySeries.set(series, new Set([...(bySeries.get(series) ?? []), cpu]));
    }
    const found = [...bySeries].map(([series, cpus]) => {
      return `${series} on ${cpuNames.filter((cpu) => cpus.has(cpu)).join(', ')}`;
    });
    expect(new Set(plain)).toEqual(new Set(found));
  });

  test('with a change of the kernel there are transcripts of that', () => {
    const changed: Readonly<Record<string, readonly string[]>> = {
      'linux-6.17': [
        'patch/v617.jsonl.gz',
        'kernels/transcripts/adv@0x10000000@7.3.4+deb13-amd64+address-as-pfn.jsonl.gz',
      ],
      'patch-v1': ['patch/v1-zero.jsonl.gz', 'patch/v1-pattern.jsonl.gz'],
      'patch-v1-pfn-fixed': ['patch/v1fixpfn-zero.jsonl.gz', 'patch/v1fixpfn-pattern.jsonl.gz'],
      'patch-v2': ['patch2/v2/v2-posted.jsonl.gz'],
      'patch-v2-fixed': ['patch2/v2/v2.jsonl.gz', 'patch2/v2/v2-native73.jsonl.gz'],
    };
    const files = changed[name] ?? [];
    expect(plain.length < evidence.run.length).toBe(files.length > 0);
    for (const file of files) expect(fixture(file).length).toBeGreaterThan(0);
  });

  test('says what was not run, if anything', () => {
    expect(evidence.run.length > 0 || evidence.notRun !== null).toBe(true);
  });
});
