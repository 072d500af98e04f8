/** ELF headers: as readelf prints them, and hostile ones. */
import { describe, expect, test } from '@jest/globals';
import { buildRawImage } from './support/rawImage.ts';
import { CramfsError } from '../lib/base/errors.ts';
import { elfBytes, readElfHeaders } from '../lib/elf/elf.ts';
import { execProgram } from '../lib/exec/execProgram.ts';
import { readContent } from '../lib/image/content.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { walkerIn } from './support/mounted.ts';
import { Board } from '../lib/verdict/board.ts';
import { dynamicObject, elfFile } from './support/elfFile.ts';
import { fixture } from './support/fixtures.ts';

const TYPES: Record<string, number> = {
  PHDR: 6,
  INTERP: 3,
  LOAD: 1,
  DYNAMIC: 2,
  NOTE: 4,
  GNU_EH_FRAME: 0x6474e550,
  GNU_STACK: 0x6474e551,
  GNU_RELRO: 0x6474e552,
  EXIDX: 0x70000001,
  REGINFO: 0x70000000,
  ABIFLAGS: 0x70000003,
};

/** What `readelf -lW` (binutils 2.40, Debian) prints of the specimens. */
const READELF: Record<string, string> = {
  'mini-XX /foreign/aarch64.elf': `
  PHDR           0x000040 0x0000000000200040 0x0000000000200040 0x000118 0x000118 R   0x8
  LOAD           0x000000 0x0000000000200000 0x0000000000200000 0x0001be 0x0001be R   0x1000
  LOAD           0x001000 0x0000000000201000 0x0000000000201000 0x000054 0x000054 R E 0x1000
  LOAD           0x002000 0x0000000000202000 0x0000000000202000 0x0004b0 0x000fa0 RW  0x1000
  GNU_STACK      0x000000 0x0000000000000000 0x0000000000000000 0x000000 0x000000 RW  0`,
  'mini-XX /foreign/arm.elf': `
  PHDR           0x000034 0x00010034 0x00010034 0x000c0 0x000c0 R   0x4
  LOAD           0x000000 0x00010000 0x00010000 0x0016e 0x0016e R   0x1000
  LOAD           0x001000 0x00011000 0x00011000 0x00054 0x00054 R E 0x1000
  LOAD           0x002000 0x00012000 0x00012000 0x004b0 0x00fa0 RW  0x1000
  GNU_STACK      0x000000 0x00000000 0x00000000 0x00000 0x00000 RW  0
  EXIDX          0x0000f4 0x000100f4 0x000100f4 0x00018 0x00018 R   0x4`,
  'mini-XX /foreign/mips.elf': `
  PHDR           0x000034 0x00010034 0x00010034 0x000e0 0x000e0 R   0x4
  LOAD           0x000000 0x00010000 0x00010000 0x001ab 0x001ab R   0x1000
  LOAD           0x001000 0x00011000 0x00011000 0x00060 0x00060 R E 0x1000
  LOAD           0x002000 0x00012000 0x00012000 0x004b8 0x00fb0 RW  0x1000
  GNU_STACK      0x000000 0x00000000 0x00000000 0x00000 0x00000 RW  0
  REGINFO        0x000130 0x00010130 0x00010130 0x00018 0x00018 R   0x4
  ABIFLAGS       0x000118 0x00010118 0x00010118 0x00018 0x00018 R   0x8`,
  'mini-XX /foreign/ppc64.elf': `
  PHDR           0x000040 0x0000000010000040 0x0000000010000040 0x000188 0x000188 R   0x8
  LOAD           0x000000 0x0000000010000000 0x0000000010000000 0x00022c 0x00022c R   0x1000
  LOAD           0x001000 0x0000000010001000 0x0000000010001000 0x000070 0x000070 R E 0x1000
  LOAD           0x002000 0x0000000010002000 0x0000000010002000 0x000008 0x000008 RW  0x1000
  LOAD           0x002008 0x0000000010003008 0x0000000010003008 0x0004e0 0x000fd0 RW  0x1000
  GNU_RELRO      0x002000 0x0000000010002000 0x0000000010002000 0x000008 0x001000 R   0x1
  GNU_STACK      0x000000 0x0000000000000000 0x0000000000000000 0x000000 0x000000 RW  0`,
  'mini-XX /elf/rw_mid': `
  LOAD           0x000000 0x00010000 0x00010000 0x02000 0x02000 R   0x1000
  LOAD           0x002000 0x00012000 0x00012000 0x01000 0x01000 RW  0x1000
  LOAD           0x003000 0x00013000 0x00013000 0x03000 0x03000 R E 0x1000`,
  'root-XX /bin/hello': `
  PHDR           0x000034 0x00000034 0x00000034 0x00120 0x00120 R   0x4
  INTERP         0x000154 0x00000154 0x00000154 0x00017 0x00017 R   0x1
  LOAD           0x000000 0x00000000 0x00000000 0x00320 0x00320 R   0x1000
  LOAD           0x001000 0x00001000 0x00001000 0x002be 0x002be R E 0x1000
  LOAD           0x002000 0x00002000 0x00002000 0x00058 0x00058 R   0x1000
  LOAD           0x002efc 0x00003efc 0x00003efc 0x00104 0x00504 RW  0x1000
  DYNAMIC        0x002efc 0x00003efc 0x00003efc 0x000c8 0x000c8 RW  0x4
  GNU_STACK      0x000000 0x00000000 0x00000000 0x00000 0x00000 RW  0x10
  GNU_RELRO      0x002efc 0x00003efc 0x00003efc 0x00104 0x00104 R   0x1`,
  'arch-XX /lib/ld-musl-s390x.so.1': `
  LOAD           0x000000 0x0000000000000000 0x0000000000000000 0x0b4c48 0x0b4c48 R E 0x1000
  LOAD           0x0b5ad0 0x00000000000b6ad0 0x00000000000b6ad0 0x000922 0x003268 RW  0x1000
  DYNAMIC        0x0b5dc0 0x00000000000b6dc0 0x00000000000b6dc0 0x000170 0x000170 RW  0x8
  NOTE           0x0001c8 0x00000000000001c8 0x00000000000001c8 0x000024 0x000024 R   0x4
  GNU_EH_FRAME   0x0b4ba0 0x00000000000b4ba0 0x00000000000b4ba0 0x00001c 0x00001c R   0x4
  GNU_STACK      0x000000 0x0000000000000000 0x0000000000000000 0x000000 0x000000 RW  0x10
  GNU_RELRO      0x0b5ad0 0x00000000000b6ad0 0x00000000000b6ad0 0x000530 0x000530 R   0x1`,
  'arch-XX /lib/ld-musl-armhf.so.1': `
  EXIDX          0x085cc8 0x00085cc8 0x00085cc8 0x00008 0x00008 R   0x4
  LOAD           0x000000 0x00000000 0x00000000 0x85cd0 0x85cd0 R E 0x10000
  LOAD           0x085d70 0x00095d70 0x00095d70 0x00548 0x02160 RW  0x10000
  DYNAMIC        0x085ec0 0x00095ec0 0x00095ec0 0x000b8 0x000b8 RW  0x4
  NOTE           0x000114 0x00000114 0x00000114 0x00024 0x00024 R   0x4
  GNU_STACK      0x000000 0x00000000 0x00000000 0x00000 0x00000 RW  0x10
  GNU_RELRO      0x085d70 0x00095d70 0x00095d70 0x00290 0x00290 R   0x1`,
};

/** The lines of readelf as program headers. */
function printed(text: string): unknown[] {
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [type = '', offset, vaddr, paddr, fileSize, memorySize] = line.trim().split(/ +/);
      const match = /0x\w+ ([R ])([W ])([E ]) (\w+)$/.exec(line);
      const [, r, w, e, align] = match ?? [];
      const flags = (r === 'R' ? 4 : 0) | (w === 'W' ? 2 : 0) | (e === 'E' ? 1 : 0);
      const numbers = [offset, vaddr, paddr, fileSize, memorySize].map(Number);
      return [TYPES[type], ...numbers, flags, Number(align)];
    });
}

test.each(Object.keys(READELF))('reads %s as readelf does', (specimen) => {
  const [name = '', path = ''] = specimen.split(' ');
  const image = CramfsImage.open(fixture(`images/${name}.cramfs.gz`));
  const content = readContent(image, walkerIn(image).resolve(path).inode);
  const { segments } = readElfHeaders(elfBytes(content));
  const ours = segments.map((s) => [s.type, s.offset, s.vaddr, s.paddr, s.fileSize, s.memorySize, s.flags, s.align]);
  expect(ours).toEqual(printed(READELF[specimen] ?? ''));
});

/** Starts a file as /bin/p of an image of its own. */
function start(bytes: Uint8Array, options: { readonly direct?: boolean } = {}): string {
  const kind = options.direct === true ? 'direct' : 'stored';
  const blocks = [];
  for (let at = 0; at < bytes.length; at += 4096) blocks.push({ kind, data: bytes.subarray(at, at + 4096) } as const);
  const image = buildRawImage({
    entries: [{ type: 'file', name: 'p', mode: 0o755, size: bytes.length, blocks }],
  });
  const board = new Board(CramfsImage.open(image));
  const { outcome } = execProgram(board, { path: '/p' });
  return outcome.kind === 'failed' ? outcome.errno : outcome.kind;
}

/** An ending that an honest or a hostile file may come to; whatever else is thrown fails the test. */
function ending(bytes: Uint8Array): string {
  try {
    return start(bytes);
  } catch (error) {
    if (error instanceof CramfsError && error.code === 'LIMIT') return 'LIMIT';
    throw error;
  }
}

const ENDINGS = expect.stringMatching(/^(?:runs|killed|exits|ENOEXEC|ENOENT|EIO|EACCES|EINVAL|LIMIT|ELIBBAD|ENOTDIR)$/);

const LOAD = { type: 1, fileSize: 0x1000, flags: 5 };

describe('hostile headers', () => {
  const small = {
    32: elfFile({ segments: [LOAD], entry: 0x100, size: 0x1000 - 1 }),
    64: elfFile({ segments: [LOAD], entry: 0x100, size: 0x1000 - 1, bits: 64, machine: 62 }),
  } as const;

  test.each([32, 64] as const)('a small file of %i bits runs', (bits) => {
    expect(start(small[bits])).toBe('runs');
    expect(start(small[bits], { direct: true })).toBe('runs');
  });

  test.each([32, 64] as const)('cut at every byte of the headers (%i bits)', (bits) => {
    for (let length = 0; length < 160; length++) {
      expect(ending(small[bits].slice(0, length))).toEqual(ENDINGS);
      try {
        readElfHeaders(elfBytes(small[bits].slice(0, length)));
      } catch (error) {
        expect(error).toBeInstanceOf(CramfsError);
      }
    }
  });

  test.each([32, 64] as const)('every field at its extremes (%i bits)', (bits) => {
    const object = dynamicObject({
      bits,
      machine: bits === 32 ? 3 : 62,
      needed: ['libx.so'],
      interpreter: '/lib/ld.so',
    });
    const fields = bits === 32 ? 52 + 8 * 32 : 64 + 8 * 56;
    for (const original of [small[bits], object]) {
      for (let at = 4; at < Math.min(fields, original.length); at += 2) {
        for (const value of [0x00, 0x7f, 0xff]) {
          for (const width of [2, 4, 8]) {
            if (at + width > fields || at % width !== 0) continue;
            const bytes = original.slice();
            bytes.fill(value, at, at + width);
            expect(ending(bytes)).toEqual(ENDINGS);
          }
        }
      }
    }
  });

  test('65,535 program headers are read, and too many for Linux', () => {
    const segments = Array.from({ length: 65535 }, () => LOAD);
    const bytes = elfFile({ segments, size: 64 + 65535 * 56, bits: 64, machine: 62 });
    expect(readElfHeaders(elfBytes(bytes)).segments).toHaveLength(65535);
    expect(start(bytes)).toBe('ENOEXEC');
  });

  test('a program header table that is not in the file', () => {
    for (const phoff of [0xff0, 0xfff, 0x1000, 0x7fff_ffff, 0xffff_ffff]) {
      const bytes = small[32].slice();
      new DataView(bytes.buffer).setUint32(28, phoff, true);
      expect(() => readElfHeaders(elfBytes(bytes))).toThrow(expect.objectContaining({ code: 'BAD_ELF' }));
      expect(start(bytes)).toBe('ENOEXEC');
    }
  });

  test('segments that overlap', () => {
    const segments = [
      { ...LOAD, vaddr: 0x10000, fileSize: 0x3000 },
      { ...LOAD, vaddr: 0x11000, offset: 0x1000, fileSize: 0x1000, flags: 6 },
      { ...LOAD, vaddr: 0x10000, fileSize: 0x800, flags: 4 },
    ];
    const bytes = elfFile({ segments, type: 2, entry: 0x12000, size: 0x3000 });
    expect(start(bytes)).toBe('runs');
  });

  test('segments that want more memory than there is', () => {
    for (const memorySize of [0x7fff_0000, 0xffff_0000, 0xffff_ffff]) {
      expect(ending(elfFile({ segments: [{ ...LOAD, memorySize }], size: 0x1000 }))).toEqual(ENDINGS);
      const fixed = elfFile({ segments: [{ ...LOAD, vaddr: 0x8000_0000, memorySize }], type: 2, size: 0x1000 });
      expect(ending(fixed)).toEqual(ENDINGS);
    }
  });

  test('no ELF file, and others that Linux does not run', () => {
    expect(start(new TextEncoder().encode('just text\n'))).toBe('ENOEXEC');
    expect(start(new Uint8Array(0))).toBe('ENOEXEC');
    expect(start(elfFile({ segments: [LOAD], type: 1, size: 0x1000 }))).toBe('ENOEXEC');
    expect(start(elfFile({ segments: [LOAD], littleEndian: false, size: 0x1000 }))).toBe('ENOEXEC');
    expect(start(elfFile({ segments: [], size: 0x1000 }))).toBe('ENOEXEC');
  });
});
