/** Programs: ELF of every class, order and machine, bFLT, and scripts. */
import { elfFile, type SegmentSpec } from '../../../__tests__/support/elfFile.ts';
import type { Chance } from './chance.ts';

/** Bytes of a program: it must fit into an image of 4 KiB. */
const MAX_PROGRAM = 1024;
const [PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_NOTE] = [1, 2, 3, 4];
/** i386, ARM, x86-64, AArch64, RISC-V, Xtensa, SuperH, MIPS. */
const MACHINES = [3, 40, 62, 183, 243, 94, 42, 8];

export function programBytes(chance: Chance): Uint8Array {
  const { pick, random } = chance;
  const kind = random(8);
  if (kind === 0)
    return Buffer.from(pick(['#!/bin/sh\n', '#! /sh x\n', '#!', `#!${'/a'.repeat(70)}\n`, '#!/a \u001b\n']));
  return kind < 3 ? flatProgram(chance) : elfProgram(chance);
}

function elfProgram(chance: Chance): Uint8Array {
  const { pick, field, many, random } = chance;
  const size = 320 + random(MAX_PROGRAM - 320);
  const segment = (index: number): SegmentSpec => ({
    type: pick([PT_LOAD, PT_LOAD, PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_NOTE, 0x6474e551, 0x6474e552, 7]),
    offset: field(pick([0, 0, 0x80, random(size)]), 0xffff_f000, size),
    vaddr: field(index * 0x1000, 0xffff_f000, random(0x10000), 0x7fff_ffff),
    fileSize: field(random(size), 0, 0xffff_ffff, 0x7fff_ffff),
    memorySize: field(size + random(0x2000), 0, 1, 0xffff_ffff),
    flags: pick([4, 5, 5, 6, 7, 0]),
    align: field(pick([4, 0x1000, 0x4000]), 0, 3, 0x8000_0000),
  });
  const bits = pick([32, 64] as const);
  const count = random(5);
  const bytes = elfFile({
    bits,
    littleEndian: pick([true, true, false]),
    type: field(pick([2, 3]), 0, 1, 4, 0xffff),
    machine: field(pick(MACHINES), random(300)),
    entry: field(0x100, 0, 0xffff_ffff),
    osabi: field(0, 65, 3),
    flags: pick([0, 0, 0x5000_0000, 0x0500_0400]),
    segments: many(count, count, segment),
    contents: [[0x80 + random(64), pick(['/sh\0', '/lib/ld.so\0', '\u001b[0m\0', ''])]],
    size,
  });
  // Where the program headers are said to be is wrong only here: the writer puts them there.
  const [at, counts] = bits === 32 ? [28, 42] : [32, 54];
  if (chance.isFault()) new DataView(bytes.buffer).setUint32(at, pick([0, size - 4, 0xffff_ffff]), pick([true, false]));
  if (chance.isFault()) bytes.set(chance.bytes(4), counts);
  return bytes;
}

/** bFLT, version 4: a header of 64 bytes, text, data, relocations. */
function flatProgram({ field, random, pick }: Chance): Uint8Array {
  const bytes = Buffer.alloc(64 + random(MAX_PROGRAM - 64));
  bytes.write(field('bFLT', 'bFLT\u0000', 'bFL'), 0, 'latin1');
  const data = 64 + random(256);
  const end = data + random(256);
  const words = [field(4, 2, 0, 0xffff_ffff), field(68, 0, 0xffff_ffff), data, end];
  words.push(
    end + random(4096),
    field(4096, 0, 0xffff_ffff),
    field(end, 0xffff_ffff, 1),
    field(random(9), 0xffff_ffff),
  );
  words.push(pick([0, 1, 2, 4, 5, 0xffff_ffff]));
  words.forEach((word, index) => bytes.writeUInt32BE(field(word, 0, 0x8000_0000, 0xffff_fffc), 4 + index * 4));
  return bytes;
}
