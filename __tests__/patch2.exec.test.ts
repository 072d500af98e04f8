/** Programs of an image as root directory, started by real kernels with the second version of the posted patch. */
import { describe, expect, test } from '@jest/globals';
import { compareTranscript } from '../kernel-lab/host/compare.ts';
import type { LabExecRecord } from '../kernel-lab/host/record.ts';
import { replay, type ReplayOptions } from '../kernel-lab/host/replay.ts';
import { kernelModel } from '../lib/driver/models/named.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { fixture, jsonLines } from './support/fixtures.ts';

type Recorded = Omit<LabExecRecord, 'type'> & { readonly type: string; readonly image: string; readonly base?: string };

const ONE_GIB = [{ base: 0, size: 2 ** 30 }];

/** A file of records, and the kernel that they are of. */
const recordings: readonly (readonly [file: string, release: string, options: ReplayOptions])[] = [
  // 6.1 has no mmap_prepare(): a module called the parts of the patch from mmap(), after neighbours had been extended.
  ['v2/v2', '6.1.0-56-amd64', { kernel: kernelModel('patch-v2-fixed') }],
  ['v2/v2-native73', '7.3.4', { kernel: kernelModel('patch-v2-fixed') }],
  ['v2/v2-posted', '6.1.0-56-amd64', { kernel: kernelModel('patch-v2'), ram: ONE_GIB }],
  ['v2/v2-posted-pb46', '6.1.0-56-amd64', { kernel: kernelModel('patch-v2'), ram: ONE_GIB, physBits: 46 }],
];

describe.each(recordings)('%s', (file, release, options) => {
  const programs = jsonLines<Recorded>(`patch2/${file}.jsonl.gz`).filter(({ type }) => type === 'exec');

  test.each(programs.map((program) => [program.argv.join(' '), program.base ?? '0x10000000', program] as const))(
    '%s, at %s, ends with the same status and log',
    (_, base, { image: name, ...program }) => {
      const image = CramfsImage.open(fixture(name), { pageSize: 4096 });
      const machine = { image: name, base, mtd_size: 64 << 20, page_size: 4096, release, machine: 'x86_64' };
      // The records say nothing of the mount, so that it is taken from the emulation.
      const { setup } = replay(image, { ...machine, type: 'setup' }, [], options);
      expect(compareTranscript(image, { setup, records: [{ ...program, type: 'exec' }] }, options)).toEqual([]);
    },
  );

  test('has programs', () => {
    expect(programs.length).toBeGreaterThanOrEqual(10);
  });
});
