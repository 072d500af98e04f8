/** What a virtual machine is told, and what is made of its answers; no kernel is needed for that. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  kernelCommandLine,
  type LabRegion,
  MAX_REGIONS,
  planHeadLines,
  planText,
  qemuArguments,
  validateRegions,
} from '../kernel-lab/host/bootPlan.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { differencesOf } from '../kernel-lab/host/compare.ts';
import { crashError } from '../kernel-lab/host/crash.ts';
import { cpioArchive } from '../kernel-lab/host/cpio.ts';
import { compressedKernel } from '../kernel-lab/host/kernelImage.ts';
import type { LabRequest, LabTranscript } from '../kernel-lab/host/record.ts';
import { recordedDifferences } from '../kernel-lab/host/recorded.ts';
import { parseResults, unanswered } from '../kernel-lab/host/results.ts';
import { fixture, jsonLines } from './support/fixtures.ts';

const MIB = 2 ** 20;

const region = (changes: Partial<LabRegion> = {}): LabRegion => ({
  name: 'a.cramfs',
  image: new Uint8Array(4096),
  physAddress: 0x1000_0000,
  regionBytes: 64 * MIB,
  requests: [],
  ...changes,
});

const vector: LabRequest = { type: 'vector', path: '/bin/a', length: 8192, offset: 0, prot: 'r', flags: 'private' };
const read: LabRequest = { type: 'read', path: '/bin/a' };

describe('memory regions', () => {
  test('lie side by side', () => {
    const regions = [
      region(),
      region({ physAddress: 0x1400_0000, regionBytes: MIB }),
      region({ physAddress: 0x0c00_0000 }),
    ];
    expect(() => {
      validateRegions(regions);
    }).not.toThrow();
  });

  test.each([
    [[], 'no image to boot with'],
    [Array.from({ length: MAX_REGIONS + 1 }, () => region()), 'one boot takes 64 images at most, and there are 65'],
    [[region({ regionBytes: 2048 })], 'a.cramfs: its 4096 bytes do not fit into a region of 2048 bytes'],
    [[region({ regionBytes: 12 * MIB })], 'a.cramfs: the region is 12582912 bytes long, not a power of two'],
    [[region({ physAddress: 0x1000_0002 })], 'a.cramfs: the physical address 0x10000002 is not a multiple of 4'],
    [
      [region({ physAddress: 0x10_0000 })],
      'a.cramfs: a region must lie between 0x8000000 and 0xc0000000 or between 0x100000000 and 0x200000000 in this machine, and not at 0x100000 to 0x4100000',
    ],
    [
      [region(), region({ name: 'b.cramfs', physAddress: 0x13ff_fffc })],
      'the regions of a.cramfs and b.cramfs overlap at 0x13fffffc',
    ],
  ])('are refused: %#', (regions, message) => {
    expect(() => {
      validateRegions(regions);
    }).toThrow(message);
  });

  test('are kept from the kernel, whole pages of them', () => {
    expect(kernelCommandLine([region({ physAddress: 0x1000_0800, regionBytes: MIB })])).toContain(
      ' memmap=0x101000$0x10000000 ',
    );
    const apart = [region({ regionBytes: MIB }), region({ physAddress: 0x2000_0000, regionBytes: MIB })];
    expect(kernelCommandLine(apart)).toContain(' memmap=0x10100000$0x10000000 ');
  });

  test('are filled by QEMU, which has RAM for them', () => {
    const files = { kernel: 'vmlinux', initramfs: 'initramfs', images: ['a,b'], console: 'c', results: 'r' };
    const high = qemuArguments([region({ physAddress: 0x4000_0800 })], files);
    expect(high).toContain('loader,file=a,,b,addr=0x40000800,force-raw=on');
    expect(high[high.indexOf('-m') + 1]).toBe('1217M');
    const low = qemuArguments([region()], files);
    expect(low[low.indexOf('-m') + 1]).toBe('512M');
  });

  test('are as many as the module takes', () => {
    const module = readFileSync(new URL('../kernel-lab/module/cramfs_lab.c', import.meta.url), 'utf8');
    expect(module).toContain(`#define MAX_REGIONS ${String(MAX_REGIONS)}\n`);
  });
});

describe('a plan', () => {
  test('loads modules, then names regions and what to ask', () => {
    const lines = planText([
      region({ requests: [vector, read, { type: 'exec', argv: ['/bin/a', '-x'] }] }),
      region({ physAddress: 0x1400_0000, regionBytes: MIB }),
    ]).split('\n');
    expect(lines.slice(0, planHeadLines())).toEqual([
      'module /mtd.ko',
      'module /chipreg.ko',
      'module /map_funcs.ko',
      'module /map_ram.ko',
      'module /physmap.ko',
      'module /cramfs_lab.ko base=0x10000000,0x14000000 size=0x4000000,0x100000',
      'module /cramfs.ko',
    ]);
    expect(lines.slice(planHeadLines())).toEqual([
      'region mtd',
      'vector 0x2000 0x0 r private /bin/a',
      'read /bin/a',
      'exec /bin/a -x',
      'region mtd',
      '',
    ]);
  });

  test('has names of any bytes, and lengths of any size', () => {
    const odd: LabRequest = { ...vector, path: '/a b%/é\udcff\n', length: 2 ** 63 };
    expect(planText([region({ requests: [odd] })])).toContain(
      '\nvector 0x8000000000000000 0x0 r private /a%20b%25/%c3%a9%ff%0a\n',
    );
  });
});

describe('an initramfs', () => {
  test('is a newc archive', () => {
    const archive = cpioArchive([
      { name: 'dev', mode: 0o040755 },
      { name: 'dev/console', mode: 0o020600, device: { major: 5, minor: 1 } },
      { name: 'init', mode: 0o100755, contents: Buffer.from('hello') },
    ]);
    const text = Buffer.from(archive).toString('latin1');
    const field = (at: number, index: number): number =>
      Number.parseInt(text.slice(at + 6 + index * 8, at + 14 + index * 8), 16);
    expect(archive.length % 4).toBe(0);
    expect(text.match(/070701/g)).toHaveLength(4);
    const [directory = -1, node = -1, init = -1] = [...text.matchAll(/070701/g)].map((match) => match.index);
    expect(field(directory, 1)).toBe(0o040755);
    expect([field(node, 9), field(node, 10)]).toEqual([5, 1]);
    expect(field(init, 6)).toBe(5);
    expect(text.slice(init + 110, init + 110 + 5)).toBe('init\0');
    expect(text.slice(init + 116, init + 124)).toBe('hello\0\0\0');
    expect(text).toContain('TRAILER!!!\0');
  });
});

/** What the init program writes. */
const output = (...results: object[]): Uint8Array =>
  Buffer.from(results.map((result) => `${JSON.stringify(result)}\n`).join(''));

const setup = {
  page_size: 4096,
  release: '6.1.0-56-amd64',
  version: '#1',
  machine: 'x86_64',
  mtd: 'mtd0: 04000000 00001000 "physmap-flash.0"',
  mount: null,
  kmsg: [],
};
const mapped = {
  errno: null,
  kmsg: ['cramfs: …'],
  state: 'mixedmap',
  vmflags: 'rd mm',
  maps_offset: '0x0',
  vma_pages: 3,
};
const line = planHeadLines() + 1;

describe('results', () => {
  test('become records of what was asked', () => {
    const bytes = output(
      { line, ...setup },
      { line: line + 1, ...mapped, pte: [[0, 1, '0x10001']], direct_pages: 1, pages: ['ec59564e', 'B', 'S'] },
      {
        line: line + 2,
        errno: null,
        size: 5000,
        crc: ['ec59564e'],
        bytes: 4096,
        kmsg: ['cramfs: 00000000c0ffee00(912)->ffff888100000000(4096)'],
      },
      { line: line + 3, ...setup, mount: 'ENOENT', kmsg: ['cramfs: wrong magic'] },
      { end: true },
    );
    const [good, bad] = parseResults(bytes, [
      region({ requests: [vector, read] }),
      region({ name: 'b.cramfs', physAddress: 0x1400_0800, requests: [read] }),
    ]);
    expect(good?.setup).toMatchObject({
      type: 'setup',
      image: 'a.cramfs',
      base: '0x10000000',
      mtd_size: 64 * MIB,
      mount: null,
    });
    expect(good?.records).toEqual([
      { ...vector, ...mapped, direct_pages: 1, pte: [[0, 1, '0x10001']], touch: 'oBS', crc: ['ec59564e', null, null] },
      { ...read, errno: null, size: 5000, bytes: 4096, crc: ['ec59564e'], kmsg: ['cramfs: PTR(912)->PTR(4096)'] },
    ]);
    expect(bad?.setup).toMatchObject({ base: '0x14000800', mount: 'ENOENT' });
    expect(bad?.records).toEqual([]);
  });

  test('keep names that are no UTF-8', () => {
    const bytes = Buffer.concat([
      output({ line, ...setup }),
      Buffer.from(`{"line":${String(line + 1)},"errno":null,"kmsg":["cramfs: `),
      Buffer.from([0xff]),
      Buffer.from('"]}\n{"end":true}\n'),
    ]);
    const [transcript] = parseResults(bytes, [region({ requests: [vector] })]);
    expect(transcript?.records[0]?.kmsg).toEqual(['cramfs: \udcff']);
  });

  const whole = output({ line, ...setup }, { line: line + 1, errno: null, kmsg: [] }, { end: true });

  test('that end early are no transcript, wherever they end', () => {
    for (let length = 0; length < whole.length; length++) {
      expect(() => parseResults(whole.subarray(0, length), [region({ requests: [vector] })])).toThrow(
        expect.objectContaining({ code: 'LAB' }),
      );
    }
  });

  test.each([
    [
      'a line that is no object',
      Buffer.from('{"line":8,\n{"end":true}\n'),
      /line 1 of its output is "\{\\"line\\":8,"/,
    ],
    ['results of another request', output({ line, ...setup }, { line: line + 2 }, { end: true }), /line 9 of the plan/],
    [
      'too many results',
      output({ line, ...setup }, { line: line + 1 }, { line: line + 2 }, { end: true }),
      /more results/,
    ],
    [
      'a device of another size',
      output({ line, ...setup, mtd: 'mtd0: 00800000 00001000 "physmap-flash.0"' }, { end: true }),
      /has no device of 67108864 bytes: mtd0: 00800000/,
    ],
    ['nothing', new Uint8Array(0), /ended early/],
  ])('are refused: %s', (_, bytes, message) => {
    expect(() => parseResults(bytes, [region({ requests: [vector] })])).toThrow(message);
  });

  test('that end early tell what the kernel was at', () => {
    const regions = [region({ requests: [vector, read] }), region({ name: 'b.cramfs' })];
    const lines = [
      { line, ...setup },
      { line: line + 1, errno: null },
      { line: line + 2, errno: null },
    ];
    expect(unanswered(output(), regions)).toBeUndefined();
    expect(unanswered(output(...lines.slice(0, 1)), regions)).toBe(
      'map /bin/a, 8192 bytes from offset 0x0, prot r, private',
    );
    expect(unanswered(Buffer.concat([output(...lines.slice(0, 2)), Buffer.from('{"line":10,')]), regions)).toBe(
      'read /bin/a',
    );
    expect(unanswered(output(...lines), regions)).toBe('mount b.cramfs');
  });

  test('may be that the init program gave up in the middle of a line', () => {
    const bytes = Buffer.from('{"line":8,"page_size":\n{"failed":"cannot load /mtd.ko: ENOEXEC"}\n');
    expect(() => parseResults(bytes, [region()])).toThrow('the kernel lab gave up: cannot load /mtd.ko: ENOEXEC');
  });
});

describe('a crash', () => {
  const oops = [
    'Linux version 6.1',
    '[    2.100000] BUG: kernel NULL pointer dereference, address: 0000000000000008',
    '[    2.100100] #PF: supervisor read access in kernel mode',
  ];

  test('is found on the console', () => {
    const error = crashError(oops);
    expect(error?.code).toBe('KERNEL_OOPS');
    expect(error?.message).toBe(
      'Linux crashes on this image: BUG: kernel NULL pointer dereference, address: 0000000000000008',
    );
    expect(error?.details.log).toHaveLength(2);
  });

  test('is not seen where there is none', () => {
    expect(crashError(['cramfs: wrong magic', 'reboot: Power down'])).toBeUndefined();
  });
});

describe('a kernel image', () => {
  const bzImage = (payload: readonly number[]): Uint8Array => {
    const bytes = new Uint8Array(1024 + 100);
    const view = new DataView(bytes.buffer);
    view.setUint8(0x1f1, 1);
    view.setUint32(0x202, 0x53726448, true);
    view.setUint16(0x206, 0x20f, true);
    view.setUint32(0x248, 16, true);
    view.setUint32(0x24c, payload.length + 4, true);
    bytes.set(payload, 1024 + 16);
    return bytes;
  };

  test('has its kernel where the header says', () => {
    const payload = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 1, 2, 3];
    expect(compressedKernel(bzImage(payload))).toEqual({ program: 'xz', bytes: Uint8Array.from(payload) });
    expect(compressedKernel(bzImage([0x28, 0xb5, 0x2f, 0xfd])).program).toBe('zstd');
  });

  test.each([
    [new Uint8Array(10), 'it is not a bzImage'],
    [new Uint8Array(4096), 'it is not a bzImage'],
    [bzImage([1, 2, 3]), 'its compression is unknown'],
  ])('is refused: %#', (bytes, message) => {
    expect(() => compressedKernel(bytes)).toThrow(message);
  });
});

describe('a transcript that was recorded', () => {
  const [recordedSetup, ...records] = jsonLines<object>('transcripts/root-XX@0x10000000.jsonl.gz');
  const recorded = { setup: recordedSetup, records } as LabTranscript;

  const image = CramfsImage.open(fixture('images/root-XX.cramfs.gz'));

  test('is what the same kernel must say again', () => {
    expect(recordedDifferences(image, recorded, recorded)).toEqual([]);
  });

  test('differs in any field, addresses too', () => {
    const [first, ...others] = recorded.records;
    if (first?.type !== 'vector') throw new Error('expected a vector');
    const moved = { ...first, kmsg: first.kmsg.map((text) => text.replace(/vma 0x\w+/, 'vma 0x7fff00000000')) };
    const fresh = { ...recorded, records: [moved, ...others] };
    expect(recordedDifferences(image, recorded, fresh)).toMatchObject([{ record: 1, field: 'kmsg' }]);
    const elsewhere = { ...fresh, setup: { ...recorded.setup, release: '6.12.1' } };
    expect(recordedDifferences(image, recorded, elsewhere)).toEqual([]);
  });

  test('differs where answers are missing', () => {
    const fresh = { ...recorded, records: recorded.records.slice(0, -1) };
    expect(recordedDifferences(image, recorded, fresh)).not.toEqual([]);
  });

  test('may differ from a newer kernel in what the emulation says, and in nothing else', () => {
    const [setupNow, ...recordsNow] = jsonLines<object>(
      'kernels/transcripts/root-XX@0x10000000@7.3.4+deb13-amd64.jsonl.gz',
    );
    const newer = { setup: setupNow, records: recordsNow } as LabTranscript;
    // VM_PAT is gone, and with it "ar" of VmFlags.
    expect(differencesOf(recorded, newer).length).toBeGreaterThan(100);
    expect(recordedDifferences(image, recorded, newer)).toEqual([]);
    const [first, ...others] = newer.records;
    if (first?.type !== 'vector') throw new Error('expected a vector');
    const wrong = { ...newer, records: [{ ...first, maps_offset: '0x0' }, ...others] };
    expect(recordedDifferences(image, recorded, wrong)).toMatchObject([{ record: 1, field: 'maps_offset' }]);
  });
});
