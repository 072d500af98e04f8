/** ELF programs without an MMU, made by hand: what of each is in flash, what is copied, what RAM it takes. */
import { describe, expect, test } from '@jest/globals';
import { kernelModel } from '../lib/driver/models/named.ts';
import { isFdpic, loadsElfWithoutMmu, nommuArrangement } from '../lib/elf/fdpic.ts';
import { NommuSystem } from '../lib/exec/nommuSystem.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { Board } from '../lib/verdict/board.ts';
import { type ElfSpec, elfFile } from './support/elfFile.ts';
import { buildRawImage, type RawBlock } from './support/rawImage.ts';

const [LOAD, STACK] = [1, 0x6474e551];
const [XTENSA, RISCV, ARM, SH] = [94, 243, 40, 42];

/** Text of two pages and data of half a page with a page of bss, for a stack of three pages. */
function program(spec: Partial<ElfSpec>): Uint8Array {
  const segments = [
    { type: LOAD, fileSize: 0x2000, flags: 5 },
    { type: LOAD, offset: 0x2000, vaddr: 0x3000, fileSize: 0x800, memorySize: 0x1800, flags: 6 },
    { type: STACK, memorySize: 0x3000, flags: 6 },
  ];
  return elfFile({ machine: XTENSA, osabi: 65, entry: 0x400, segments, size: 0x2800, ...spec });
}

/** Starts a program of an image at 0x42000000, its blocks direct at no page boundary, or compressed. */
function start(bytes: Uint8Array, { kind = 'direct', model = 'nommu' } = {}) {
  const blocks: RawBlock[] = Array.from({ length: Math.ceil(bytes.length / 4096) }, (_, index) => {
    const data = bytes.subarray(index * 4096, (index + 1) * 4096);
    return kind === 'zlib' ? { kind: 'zlib', data } : { kind: 'direct', data, at: 0x1008 + index * 4096 };
  });
  const entries = [{ type: 'file' as const, name: 'app', mode: 0o755, blocks }];
  const image = CramfsImage.open(buildRawImage({ entries }));
  const board = new Board(image, { physBase: 0x4200_0000, kernel: kernelModel(model) });
  return new NommuSystem(board, { mountPoint: '' }).exec('/app');
}

/** How it went, for a program that runs: part, place and bytes of each mapping. */
function shape({ result }: ReturnType<typeof start>): unknown {
  if (result.outcome !== 'runs') return result;
  return result.mappings.map(({ part, place, vma }) => `${part} ${place} ${String(vma.end - vma.start)}`);
}

describe('FDPIC programs', () => {
  test('run in flash at any alignment, with data, bss and stack in RAM', () => {
    const started = start(program({}));
    expect(shape(started)).toEqual(['text flash 8192', 'data copy 8192', 'stack ram 12288']);
    expect(started.result).toMatchObject({ outcome: 'runs', text: 'flash', entry: 0x4200_1408, interpreter: null });
    expect(started.log).toEqual(['cramfs: get_unmapped for app ofs 0x0 siz 8192 at 0x42001008']);
  });

  test('are copied where their text is compressed', () => {
    const { result } = start(program({}), { kind: 'zlib' });
    expect(result.outcome === 'runs' && result.memory).toEqual({ copies: 8192, data: 8192, stack: 12288, flash: 0 });
  });

  test.each([
    ['direct', { copies: 0, data: 0, stack: 12288, flash: 8192 }],
    ['zlib', { copies: 8192, data: 0, stack: 12288, flash: 0 }],
  ])('count memory once that two segments share: %s', (kind, memory) => {
    const segments = [
      { type: LOAD, fileSize: 0x1800, flags: 5 },
      { type: LOAD, offset: 0, vaddr: 0x4000, fileSize: 0x2000, flags: 4 },
      { type: STACK, memorySize: 0x3000, flags: 6 },
    ];
    const { result } = start(program({ segments }), { kind });
    expect(result.outcome === 'runs' && result.memory).toEqual(memory);
  });

  test('have zeros for bss, and bytes of the file before it', () => {
    const { result } = start(program({ contents: [[0x2000, new Uint8Array(0x800).fill(7)]] }));
    const copy = result.outcome === 'runs' ? result.mappings[1]?.vma.region.copy : null;
    expect([copy?.[0x7ff], copy?.[0x800], copy?.[0x17ff]]).toEqual([7, 0, 0]);
  });

  test('die of a read-only segment that is longer in memory than the file', () => {
    const segments = [{ type: LOAD, fileSize: 0x1000, memorySize: 0x4000, flags: 5 }];
    expect(start(program({ segments })).result).toEqual({ outcome: 'killed', signal: 11, errno: 'EINVAL' });
  });

  test('are refused a segment whose offset and address differ within the page', () => {
    const segments = [{ type: LOAD, offset: 0x10, vaddr: 0x20, fileSize: 0x100, flags: 5 }];
    expect(start(program({ segments })).result).toMatchObject({ outcome: 'killed', errno: 'EINVAL' });
  });

  test('have 128 KiB of stack where no header asks for another size', () => {
    const segments = [{ type: LOAD, fileSize: 0x2000, flags: 5 }];
    expect(shape(start(program({ segments })))).toEqual(['text flash 8192', 'stack ram 131072']);
  });

  test('do not start without the interpreter they name', () => {
    const segments = [
      { type: 3, offset: 0x1000, fileSize: 8, flags: 4 },
      { type: LOAD, fileSize: 0x2000, flags: 5 },
    ];
    const bytes = program({ segments, contents: [[0x1000, '/lib/ld\0']] });
    expect(start(bytes).result).toEqual({ outcome: 'failed', errno: 'ENOENT' });
  });
});

describe('programs that are not FDPIC', () => {
  test('are one piece of RAM where they are position independent, without a line in the log', () => {
    const started = start(program({ osabi: 0 }));
    expect(shape(started)).toEqual(['whole ram 20480', 'stack ram 12288']);
    expect(started.log).toEqual([]);
  });

  test('are ENOEXEC where they have fixed addresses', () => {
    expect(start(program({ osabi: 0, type: 2 })).result).toEqual({ outcome: 'failed', errno: 'ENOEXEC' });
  });

  test('need a port that has the loader: RISC-V from about 6.5 on', () => {
    const bytes = program({ machine: RISCV, osabi: 0 });
    expect(start(bytes).result).toEqual({ outcome: 'failed', errno: 'ENOEXEC' });
    expect(start(bytes, { model: 'nommu-6.12' }).result).toMatchObject({ outcome: 'runs', text: 'ram' });
    expect(loadsElfWithoutMmu({ machine: 3 }, [6, 12])).toBe(false);
  });

  test('are told by the ABI on ARM and Xtensa, and by the flags on SuperH', () => {
    expect(isFdpic({ machine: ARM, osabi: 65, flags: 0 })).toBe(true);
    expect(isFdpic({ machine: SH, osabi: 0, flags: 0x8000 })).toBe(true);
    expect(nommuArrangement({ machine: SH, osabi: 0, flags: 0x8100 })).toBe('whole');
    expect(nommuArrangement({ machine: ARM, osabi: 65, flags: 0x20 })).toBe('whole');
  });
});
