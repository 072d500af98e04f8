/**
 * Random ELF programs and scripts for x86: valid ones of odd layout, and damaged ones.
 *
 * Every page of a program's file has the same code at the same place: it prints /proc/self/maps and exits. So a program
 * works wherever its entry point leads to, unless zeros or another object are there.
 */
import { elfFile, type SegmentSpec } from '../../__tests__/support/elfFile.ts';
import {
  EM_386,
  EM_486,
  EM_ARM,
  EM_X86_64,
  ET_DYN,
  ET_EXEC,
  PF_R,
  PF_W,
  PF_X,
  PT_INTERP,
  PT_LOAD,
} from '../../lib/format.ts';
import type { Random } from './random.ts';

const PAGE = 4096;
const PT_GNU_STACK = 0x6474e551;
/** Where in each page the code is: after the headers of the first page, and the interpreter's path. */
export const CODE_AT = 0x600;
const INTERPRETER_AT = 0x500;

/** open("/proc/self/maps"), read() and write() in a loop, exit(0): position independent. */
const CODE = {
  64:
    '488d3d3f000000b80200000031f631d20f0589c34881ec0010000089df4889e6ba0010000031c00f0585c07e1089c2bf01000000' +
    'b8010000000f05ebde31ffb83c0000000f052f70726f632f73656c662f6d61707300',
  32:
    'e8000000005b81c347000000b80500000031c931d2cd8089c681ec0010000089f389e1ba00100000b803000000cd8085c07e1089' +
    'c2bb01000000b804000000cd80ebdc31dbb801000000cd802f70726f632f73656c662f6d61707300',
} as const;

/** The code of a class. */
export function codeOf(bits: 32 | 64): Uint8Array {
  return Uint8Array.from(CODE[bits].match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}

/** What a random program may name as its interpreter. */
export interface ProgramOptions {
  readonly bits: 32 | 64;
  /** Paths to choose from; empty for an interpreter. */
  readonly interpreters: readonly string[];
}

/** Segments at growing addresses: most as linkers make them, some as nobody does. */
function randomSegments(random: Random, { bits }: ProgramOptions, pages: number, base: number): SegmentSpec[] {
  const count = random.weighted([
    [1, 2],
    [2, 3],
    [3, 4],
    [4, 4],
    [6, 1],
  ]);
  const align = random.weighted([
    [PAGE, 12],
    [0x2000, 2],
    [0x10000, 2],
    [0x200000, 2],
    [0, 1],
    [1, 1],
    [0x3000, 1],
  ]);
  const segments: SegmentSpec[] = [];
  let address = base;
  for (let index = 0; index < count; index++) {
    const within = random.chance(0.5) ? 0 : random.integer(0, 255) * 16;
    const page = index === 0 && random.chance(0.7) ? 0 : random.integer(0, pages - 1);
    const fileSize = random.chance(0.1) ? 0 : random.integer(1, 3 * PAGE);
    const extra = random.weighted([
      [0, 6],
      [random.integer(1, PAGE), 2],
      [random.integer(1, 16) * PAGE, 2],
      [-random.integer(1, 64), fileSize > 64 && random.chance(0.1) ? 1 : 0],
    ]);
    const congruent = !random.chance(0.02);
    segments.push({
      type: PT_LOAD,
      offset: page * PAGE + within + (congruent ? 0 : 0x10),
      vaddr: address + within,
      fileSize,
      memorySize: Math.max(0, fileSize + extra),
      flags: random.weighted([
        [PF_R, 4],
        [PF_R | PF_X, 6],
        [PF_R | PF_W, 5],
        [PF_R | PF_W | PF_X, 2],
        [PF_X, 1],
        [PF_W, 1],
        [0, 1],
      ]),
      align: random.chance(0.8) ? align : PAGE,
    });
    const end = Math.ceil((address + within + fileSize + Math.max(0, extra)) / PAGE) * PAGE;
    const gap = random.weighted([
      [0, 6],
      [-PAGE, 1],
      [random.integer(1, 8) * PAGE, 4],
      [0x200000, bits === 64 ? 1 : 0],
    ]);
    address = Math.max(end + gap, base);
  }
  return random.chance(0.05) ? [...segments].reverse() : segments;
}

/** The first address of a program of fixed address. */
function fixedBase(random: Random, bits: 32 | 64): number {
  const usual: (readonly [number, number])[] = [
    [0x400000, 8],
    [0x8048000, 4],
    [0x10000, 2],
    [0x1000, 1],
    [0, 1],
  ];
  const edges: readonly (readonly [number, number])[] =
    bits === 64
      ? [
          [0x7fff_ffff_0000, 1],
          [0x7fff_ffff_f000, 1],
          [0x7fff_fffd_c000, 1],
          [0x7fff_f7f0_0000, 1],
          [0x5555_5555_4000, 1],
        ]
      : [
          [0xffff_c000, 1],
          [0xfffd_d000, 1],
          [0xf7f0_0000, 1],
          [0xffff_e000, 1],
        ];
  return random.weighted([...usual, ...edges]);
}

/** A random ELF file. */
export function randomProgram(random: Random, options: ProgramOptions): Uint8Array {
  const { bits, interpreters } = options;
  const pages = random.integer(2, 6);
  const size = pages * PAGE - (random.chance(0.5) ? 0 : random.integer(1, PAGE - CODE_AT - 0x100));
  const type = random.chance(0.4) ? ET_EXEC : ET_DYN;
  const base = type === ET_EXEC ? fixedBase(random, bits) : random.chance(0.8) ? 0 : random.integer(1, 64) * PAGE;
  const segments = randomSegments(random, options, pages, base);
  const executable = segments.filter(({ flags = 0, fileSize = 0 }) => (flags & PF_X) !== 0 && fileSize > 0);
  const chosen = executable.length > 0 ? random.pick(executable) : segments[0];
  const from = chosen?.vaddr ?? 0;
  const page = Math.floor(from / PAGE) + (random.chance(0.3) ? random.integer(0, 2) : 0);
  const interpreter = interpreters.length > 0 && random.chance(0.45) ? random.pick(interpreters) : null;
  const path = `${interpreter ?? ''}\0`;
  const bytes = elfFile({
    bits,
    type,
    machine: bits === 64 ? EM_X86_64 : random.chance(0.1) ? EM_486 : EM_386,
    entry: page * PAGE + CODE_AT,
    size,
    segments: [
      ...(interpreter === null
        ? []
        : [
            {
              type: PT_INTERP,
              offset: INTERPRETER_AT,
              vaddr: base + INTERPRETER_AT,
              fileSize: path.length,
              flags: PF_R,
            },
          ]),
      ...segments,
      ...(random.chance(0.7) ? [{ type: PT_GNU_STACK, flags: random.chance(0.8) ? PF_R | PF_W : 7 }] : []),
    ],
    contents: [
      ...(interpreter === null ? [] : [[INTERPRETER_AT, path] as const]),
      ...Array.from({ length: pages }, (_, index) => [index * PAGE + CODE_AT, codeOf(bits)] as const),
    ],
  });
  if (random.chance(0.15)) damage(random, bytes, bits);
  return bytes;
}

/** Spoils a field of the headers. */
function damage(random: Random, bytes: Uint8Array, bits: 32 | 64): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = bits === 64;
  const half = (at: number, value: number): void => {
    view.setUint16(at, value, true);
  };
  random.pick([
    () => (bytes[random.integer(0, 3)] = 0),
    () => (bytes[4] = random.integer(0, 3)),
    () => (bytes[5] = random.integer(0, 3)),
    () => (bytes[6] = random.integer(0, 255)),
    () => {
      half(16, random.integer(0, 5));
    },
    () => {
      half(18, random.pick([0, EM_386, EM_X86_64, EM_ARM, 8]));
    },
    () => {
      half(wide ? 54 : 42, random.pick([0, 32, 56, 64]));
    },
    () => {
      half(wide ? 56 : 44, random.pick([0, 1, 73, 74, 128, 129, 0xffff]));
    },
    () => {
      view.setUint32(wide ? 32 : 28, random.pick([0, 16, bytes.length - 8, bytes.length, 0x7fff_ffff]), true);
    },
  ])();
}

/** A random script. */
export function randomScript(random: Random, interpreters: readonly string[]): Uint8Array {
  const path = random.weighted([
    [random.pick(interpreters), 8],
    ['', 1],
    ['/', 1],
    ['/nothing', 1],
    [`/${'x'.repeat(random.integer(240, 260))}`, 1],
  ]);
  const blank = (): string => random.pick(['', '', ' ', '\t', '  ']);
  const argument = random.pick(['', '', ' -x', ' -x y ', '\t\tz', ' \0a']);
  const end = random.pick(['\n', '\n', '', '\0', '\0\n', ' ', '\r\n']);
  return new TextEncoder().encode(
    `#!${blank()}${path}${blank()}${argument}${end}${random.chance(0.5) ? 'rest\n' : ''}`,
  );
}
