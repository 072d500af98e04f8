/** ELF files made by hand: a header, program headers, and what they point at. */
import type { ElfHeader, ElfSegment } from '../../lib/elf/elf.ts';

/** A program header; what is left out is 0, `align` 0x1000. */
export type SegmentSpec = Pick<ElfSegment, 'type'> & Partial<ElfSegment>;

/** An ELF file. Default: a 32-bit little endian PIE for i386. */
export interface ElfSpec extends Partial<Omit<ElfHeader, 'version'>> {
  readonly segments: readonly SegmentSpec[];
  /** Bytes by file offset. */
  readonly contents?: readonly (readonly [offset: number, bytes: Uint8Array | string])[];
  /** Bytes of the file. */
  readonly size: number;
}

/** Writes integers of one class and byte order. */
function writer(bytes: Uint8Array, bits: 32 | 64, little: boolean) {
  const view = new DataView(bytes.buffer);
  const word = (at: number, value: number): void => {
    view.setUint32(at, value, little);
  };
  return {
    half: (at: number, value: number): void => {
      view.setUint16(at, value, little);
    },
    word,
    long: (at: number, value: number): void => {
      if (bits === 32) word(at, value);
      else view.setBigUint64(at, BigInt(value), little);
    },
  };
}

/** Makes the file. */
export function elfFile(spec: ElfSpec): Uint8Array {
  const { bits = 32, littleEndian = true, type = 3, machine = 3, entry = 0x1000, segments } = spec;
  const bytes = new Uint8Array(spec.size);
  const { half, word, long } = writer(bytes, bits, littleEndian);
  const at =
    bits === 32
      ? { entry: 24, phoff: 28, phentsize: 42, phnum: 44 }
      : { entry: 24, phoff: 32, phentsize: 54, phnum: 56 };
  const [header, size] = bits === 32 ? [52, 32] : [64, 56];
  const phoff = spec.phoff ?? header;
  bytes.set([0x7f, 0x45, 0x4c, 0x46, bits / 32, littleEndian ? 1 : 2, 1, spec.osabi ?? 0]);
  half(16, type);
  half(18, machine);
  word(20, 1);
  long(at.entry, entry);
  long(at.phoff, phoff);
  word(bits === 32 ? 36 : 48, spec.flags ?? 0);
  half(at.phentsize, spec.phentsize ?? size);
  half(at.phnum, spec.phnum ?? segments.length);
  segments.forEach((segment, index) => {
    const {
      offset = 0,
      vaddr = 0,
      paddr = 0,
      fileSize = 0,
      memorySize = fileSize,
      flags = 0,
      align = 0x1000,
    } = segment;
    const from = phoff + index * size;
    word(from, segment.type);
    const fields = [offset, vaddr, paddr, fileSize, memorySize];
    const [first, step] = bits === 32 ? [4, 4] : [8, 8];
    fields.forEach((value, field) => {
      long(from + first + field * step, value);
    });
    word(from + (bits === 32 ? 24 : 4), flags);
    long(from + (bits === 32 ? 28 : 48), align);
  });
  for (const [offset, content] of spec.contents ?? []) {
    bytes.set(typeof content === 'string' ? new TextEncoder().encode(content) : content, offset);
  }
  return bytes;
}

/** What a dynamic object asks for. */
export interface DynamicSpec extends Pick<Partial<ElfHeader>, 'bits' | 'littleEndian' | 'machine'> {
  readonly interpreter?: string;
  readonly needed?: readonly string[];
  readonly soname?: string;
  readonly rpath?: string;
  readonly runpath?: string;
  /** Distance of the text's address from its file offset; more than 0 leaves a hole before it. */
  readonly hole?: number;
  /** Bytes of memory behind the data that the file does not have. */
  readonly bss?: number;
}

/**
 * An object laid out as linkers do it with separate code: a page each of headers, text and constants, and a page of data
 * one page further in memory than in the file, of which the first half is relro.
 */
export function dynamicObject(spec: DynamicSpec = {}): Uint8Array {
  const { bits = 32, littleEndian = true, hole = 0, bss = 0 } = spec;
  const strings = ['\0'];
  let length = 1;
  const string = (text: string): number => {
    strings.push(`${text}\0`);
    length += text.length + 1;
    return length - text.length - 1;
  };
  const entries: [number, number][] = (spec.needed ?? []).map((name) => [1, string(name)]);
  if (spec.soname !== undefined) entries.push([14, string(spec.soname)]);
  if (spec.rpath !== undefined) entries.push([15, string(spec.rpath)]);
  if (spec.runpath !== undefined) entries.push([29, string(spec.runpath)]);
  entries.push([5, 0x400], [0, 0]);
  const step = bits / 8;
  const dynamic = new Uint8Array(entries.length * 2 * step);
  const { long } = writer(dynamic, bits, littleEndian);
  entries.forEach(([tag, value], index) => {
    long(index * 2 * step, tag);
    long((index * 2 + 1) * step, value);
  });
  const interpreter = spec.interpreter === undefined ? null : `${spec.interpreter}\0`;
  const data = 0x4000 + hole;
  return elfFile({
    ...spec,
    entry: 0x1000 + hole,
    size: 0x3c00,
    segments: [
      ...(interpreter === null
        ? []
        : [{ type: 3, offset: 0x300, vaddr: 0x300, fileSize: interpreter.length, flags: 4 }]),
      { type: 1, fileSize: 0x800, flags: 4 },
      { type: 1, offset: 0x1000, vaddr: 0x1000 + hole, fileSize: 0x1000, flags: 5 },
      { type: 1, offset: 0x2000, vaddr: 0x2000 + hole, fileSize: 0x1000, flags: 4 },
      { type: 1, offset: 0x2800, vaddr: data - 0x800, fileSize: 0x1400, memorySize: 0x1400 + bss, flags: 6 },
      { type: 2, offset: 0x2800, vaddr: data - 0x800, fileSize: dynamic.length, flags: 6 },
      { type: 0x6474e552, offset: 0x2800, vaddr: data - 0x800, fileSize: 0x800, flags: 4 },
      { type: 0x6474e551, flags: 6 },
    ],
    contents: [
      ...(interpreter === null ? [] : [[0x300, interpreter] as const]),
      [0x400, strings.join('')],
      [0x2800, dynamic],
    ],
  });
}
