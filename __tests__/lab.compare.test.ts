/** A comparison that misses a difference is worth nothing: each field of each kind of record, made wrong. */
import { describe, expect, test } from '@jest/globals';
import { linux617 } from '../lib/driver/models/mainline.ts';
import { compareTranscript, type LabDifference } from '../kernel-lab/host/compare.ts';
import { comparisonJson, labDifferencesText, totalsText } from '../kernel-lab/host/differencesText.ts';
import type { LabExecRecord, LabReadRecord, LabRecord, LabSetup, LabVectorRecord } from '../kernel-lab/host/record.ts';
import { recorded, riscvTranscript } from './support/transcripts.ts';

const { transcript, image, options } = recorded('transcripts/root-XX@0x10000000.jsonl.gz');
const { setup, records } = transcript;

const find = (isWanted: (record: LabRecord) => boolean): LabRecord => {
  const found = records.find(isWanted);
  if (found === undefined) throw new Error('no such record');
  return found;
};
const mixed = find((record) => record.type === 'vector' && record.state === 'mixedmap') as LabVectorRecord;
const read = find((record) => record.type === 'read') as LabReadRecord;
const program = find((record) => record.type === 'exec' && record.argv[0] === '/bin/hello') as LabExecRecord;

const compare = (record: LabRecord, machine: LabSetup = setup): LabDifference[] =>
  compareTranscript(image, { setup: machine, records: [record] }, options);
const fieldsOf = (differences: readonly LabDifference[]): string[] => differences.map(({ field }) => field);

test('what was recorded is what is emulated', () => {
  for (const record of [mixed, read, program]) expect(compare(record)).toEqual([]);
});

describe('a mapping', () => {
  test.each([
    ['errno', { errno: 'ENOMEM' }],
    ['failed', { failed: 'open' }],
    ['kmsg', { kmsg: mixed.kmsg.slice(1) }],
    ['kmsg', { kmsg: mixed.kmsg.map((line) => line.replace('0x1', '0x2')) }],
    ['state', { state: 'pfnmap' }],
    ['vmflags', { vmflags: `${mixed.vmflags ?? ''} wr` }],
    ['maps_offset', { maps_offset: '0x1000' }],
    ['vma_pages', { vma_pages: 1 }],
    ['direct_pages', { direct_pages: 0 }],
    ['pte', { pte: [] }],
    ['pte', { pte: mixed.pte?.map(([page, pages]) => [page, pages, '0x1']) }],
    ['killed', { killed: 9 }],
    ['touch', { touch: mixed.touch?.replace('o', 'B') }],
    ['crc', { crc: mixed.crc?.map((crc, page) => (page === 0 ? '00000000' : crc)) }],
    ['crc', { crc: mixed.crc?.slice(1) }],
  ] as [string, Partial<LabVectorRecord>][])('%s %#', (field, change) => {
    expect(fieldsOf(compare({ ...mixed, ...change }))).toEqual([field]);
  });

  test('is the same wherever the kernel put it', () => {
    const kmsg = mixed.kmsg.map((line) => line.replace(/vma 0x[0-9a-f]+/, 'vma 0x7f0000000000'));
    expect(kmsg).not.toEqual(mixed.kmsg);
    expect(compare({ ...mixed, kmsg })).toEqual([]);
  });

  test('of pages outside the region is compared but for what they hold', () => {
    const far = recorded('kernels/transcripts/adv@0x10000000@7.3.4+deb13-amd64+address-as-pfn.jsonl.gz');
    const touched = far.transcript.records.find(
      (record) => record.type === 'vector' && record.state === 'mixedmap' && record.crc !== undefined,
    ) as LabVectorRecord;
    const other: LabVectorRecord = { ...touched, crc: touched.crc?.map(() => '12345678') };
    const only = (record: LabRecord): LabDifference[] =>
      compareTranscript(far.image, { setup: far.transcript.setup, records: [record] }, { kernel: linux617 });
    // On a CPU with fewer address bits the pages are nowhere at all; on this one some are in memory of others.
    expect(fieldsOf(only({ ...other, pte: [] }))).toContain('pte');
  });
});

describe('a read', () => {
  test.each([
    ['errno', { errno: 'ENOENT' }],
    ['size', { size: 1 }],
    ['bytes', { bytes: 1 }],
    ['crc', { crc: [] }],
    ['kmsg', { kmsg: ['cramfs: bad data blocksize 8193'] }],
    ['kmsg', { kmsg: ['cramfs: something else'] }],
  ] as [string, Partial<LabReadRecord>][])('%s %#', (field, change) => {
    expect(fieldsOf(compare({ ...read, ...change }))).toEqual([field]);
  });

  describe('of a file that cannot be read', () => {
    const damaged = recorded('kernels/transcripts/mini-XX@0x70000000@7.3.4+deb13-arm64-16k.jsonl.gz');
    const failed = damaged.transcript.records.find(
      (record) => record.type === 'read' && record.kmsg !== undefined,
    ) as LabReadRecord;
    const { kmsg = [] } = failed;
    const fields = (log: readonly string[]): string[] => {
      const records = [{ ...failed, kmsg: log }];
      return fieldsOf(compareTranscript(damaged.image, { setup: damaged.transcript.setup, records }, damaged.options));
    };

    test('is the same however often the kernel logged it', () => {
      expect(kmsg.length).toBeGreaterThan(0);
      expect(fields([...kmsg, ...kmsg])).toEqual([]);
    });

    test('differs where the log has none of it, or lines about no block of the file', () => {
      expect(fields([])).toEqual(['kmsg']);
      expect(fields([...kmsg, 'cramfs: bad data blocksize 9999'])).toEqual(['kmsg']);
    });
  });
});

describe('a program', () => {
  test.each([
    ['outcome', { exit: null, signal: 11 }],
    ['outcome', { exit: 3, output: 'no maps here' }],
    ['kmsg', { kmsg: [] }],
    ['mappings', { output: program.output.replace('r-xp', 'rwxp') }],
    ['mappings', { output: program.output.replace(/^.*r-xp.*\n/m, '') }],
  ] as [string, Partial<LabExecRecord>][])('%s %#', (field, change) => {
    expect(fieldsOf(compare({ ...program, ...change }))).toContain(field);
  });

  test('that has printed its mappings has run, whatever its exit status', () => {
    expect(compare({ ...program, exit: 42 })).toEqual([]);
  });

  test('that does not print its mappings is compared by the rest', () => {
    expect(compare({ ...program, output: 'no maps here' })).toEqual([]);
  });
});

describe('a program whose dynamic linker is not known', () => {
  const { transcript: riscv, image: own } = riscvTranscript('rv64-a@0x22000000@6.12-rv64-vmemmap.jsonl.gz');
  const fixed = riscvTranscript('rv64-a@0x22000000@6.12-rv64-vmemmap-fixed.jsonl.gz').transcript;
  const ofProgram = (from: typeof riscv, path: string): LabExecRecord =>
    from.records.find((record) => record.type === 'exec' && record.argv[0] === path) as LabExecRecord;
  const differ = (record: LabExecRecord, machine = fixed.setup): string[] =>
    fieldsOf(compareTranscript(own, { setup: machine, records: [record] }));
  const dyn = ofProgram(fixed, '/bin/dyn');
  const execveLines = dyn.kmsg.filter((line) => !line.includes('libx.so'));

  test('may map more, and end as it likes', () => {
    expect(dyn.kmsg).not.toEqual(execveLines);
    for (const wrong of [{}, { kmsg: execveLines }, { exit: 1 }, { exit: null, signal: 11, output: '' }]) {
      expect(differ({ ...dyn, ...wrong })).toEqual([]);
    }
  });

  test.each([
    ['kmsg', { kmsg: execveLines.slice(1) }],
    ['kmsg', { kmsg: dyn.kmsg.map((line) => line.replace('dyn[1]', 'dyn[2]')) }],
    ['mappings', { output: dyn.output.replace('r-xp 22017000', 'r-xp 22018000') }],
    ['mappings', { output: dyn.output.replace('r-xp 2201f000', 'r--p 2201f000') }],
  ])('is compared by what execve() did: %s', (field, wrong) => {
    expect(differ({ ...dyn, ...wrong })).toEqual([field]);
  });

  test('may die in a call of its linker, but not in execve()', () => {
    const dync = ofProgram(riscv, '/bin/dync');
    expect(differ(dync, riscv.setup)).toEqual([]);
    const oops = { what: '', trace: ['flush_icache_pte', 'vm_mmap', 'load_elf_binary', 'bprm_execve'] };
    expect(differ({ ...dync, oops }, riscv.setup)).toContain('bug');
  });
});

test('the mount is compared', () => {
  expect(fieldsOf(compare(read, { ...setup, kmsg: [] }))).toEqual(['kmsg']);
  const other = compareTranscript(image, { setup: { ...setup, mount: 'ENOENT' }, records: [] }, options);
  expect(other).toEqual([{ record: 0, request: null, field: 'errno', kernel: 'ENOENT', ours: null }]);
});

test('differences are told field by field, with totals', () => {
  const wrong = { ...mixed, state: 'pfnmap', errno: 'ENOMEM' } as const;
  const differences = compareTranscript(image, { setup, records: [read, wrong] }, options);
  expect(labDifferencesText(differences)).toBe(
    `record 2: map ${mixed.path}, ${String(mixed.length)} bytes from offset 0x${mixed.offset.toString(16)}, ` +
      `prot ${mixed.prot}, ${mixed.flags}\n` +
      '  errno\n    kernel:    "ENOMEM"\n    emulation: null\n' +
      '  state\n    kernel:    "pfnmap"\n    emulation: "mixedmap"\n',
  );
  const counts = { vectors: 1, reads: 1, programs: 0 };
  expect(totalsText(counts, differences)).toBe('1 mmap vector, 1 read, 0 programs: 2 differences in 1 record');
  expect(totalsText(counts, [])).toBe('1 mmap vector, 1 read, 0 programs: no difference');
  expect(comparisonJson({ release: '6.1', model: 'm', counts }, differences)).toMatchObject({
    schemaVersion: 1,
    counts,
    differences: [
      { record: 2, field: 'errno', kernel: 'ENOMEM', ours: null },
      { record: 2, field: 'state', kernel: 'pfnmap', ours: 'mixedmap' },
    ],
  });
});
