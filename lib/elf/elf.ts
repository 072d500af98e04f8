/**
 * ELF files: the header and the program headers (System V ABI, "Object Files"), 32 and 64 bits, either byte order.
 *
 * What is read here is what the file says; whether Linux would run it is the loader's business. Numbers of 64 bits above
 * 2^53 lose their lowest digits, which no rule here looks at: anything so large is out of every range.
 */
import { hexBytes } from '../base/hex.ts';
import { CramfsError } from '../base/errors.ts';

export const PT_LOAD = 1;
export const PT_DYNAMIC = 2;
export const PT_INTERP = 3;
export const PT_NOTE = 4;
export const PT_PHDR = 6;
export const PT_GNU_STACK = 0x6474e551;
export const PT_GNU_RELRO = 0x6474e552;

export const PF_X = 1;
export const PF_W = 2;
export const PF_R = 4;

export const ET_EXEC = 2;
export const ET_DYN = 3;

/** What headers are read from. */
export interface ElfReader {
  /** Bytes of the file. */
  readonly size: number;
  /** The bytes [offset, offset + length), cut short where the file ends. */
  read(offset: number, length: number): Uint8Array;
}

/** One program header. */
export interface ElfSegment {
  /** p_type: PT_LOAD, … */
  readonly type: number;
  /** PF_R, PF_W, PF_X. */
  readonly flags: number;
  /** Byte offset in the file. */
  readonly offset: number;
  /** Virtual address; in a file of type ET_DYN, from where it will be loaded. */
  readonly vaddr: number;
  /** Physical address, which Linux does not look at. */
  readonly paddr: number;
  /** Bytes in the file. */
  readonly fileSize: number;
  /** Bytes in memory: what the file does not have is zeros. */
  readonly memorySize: number;
  readonly align: number;
}

/** What the header of an ELF file says. */
export interface ElfHeader {
  readonly bits: 32 | 64;
  readonly littleEndian: boolean;
  /** EI_VERSION: 1, which Linux does not look at. */
  readonly version: number;
  /** EI_OSABI: the ABI, 65 for FDPIC on ARM and Xtensa. */
  readonly osabi: number;
  /** e_type: ET_EXEC, ET_DYN, … */
  readonly type: number;
  /** e_machine. */
  readonly machine: number;
  /** e_flags: what they mean depends on the machine. */
  readonly flags: number;
  /** Address of the first instruction. */
  readonly entry: number;
  /** Byte offset of the program headers. */
  readonly phoff: number;
  /** Bytes of a program header, as the file says. */
  readonly phentsize: number;
  /** Program headers, 0 to 65,535. */
  readonly phnum: number;
}

/** The headers of an ELF file. */
export interface ElfHeaders extends ElfHeader {
  readonly segments: readonly ElfSegment[];
}

/** Bytes of the file header, and of a program header. */
export const HEADER_SIZE = { 32: 52, 64: 64 } as const;
export const PHENTSIZE = { 32: 32, 64: 56 } as const;

const MAGIC = [0x7f, 0x45, 0x4c, 0x46];

/** Whether a file begins as ELF files do. */
export function isElf(head: Uint8Array): boolean {
  return MAGIC.every((byte, index) => head[index] === byte);
}

/** A view that reads the integers of one ELF file. */
export class ElfView {
  readonly #view: DataView;
  readonly #littleEndian: boolean;
  readonly #bits: 32 | 64;

  constructor(bytes: Uint8Array, { bits, littleEndian }: Pick<ElfHeader, 'bits' | 'littleEndian'>) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#littleEndian = littleEndian;
    this.#bits = bits;
  }

  half(at: number): number {
    return this.#view.getUint16(at, this.#littleEndian);
  }

  word(at: number): number {
    return this.#view.getUint32(at, this.#littleEndian);
  }

  /** An address, an offset or a size: 4 or 8 bytes. */
  long(at: number): number {
    if (this.#bits === 32) return this.word(at);
    // The same number as that of a BigInt, rounded once, without making one.
    const [low, high] = this.#littleEndian ? [0, 4] : [4, 0];
    return this.word(at + high) * 2 ** 32 + this.word(at + low);
  }
}

/** The class and the byte order of a file: what its first bytes say, unless a reader knows better. */
export type ElfForm = Pick<ElfHeader, 'bits' | 'littleEndian'>;

/**
 * Decodes the file header.
 *
 * @param form class and byte order, where those that the file claims do not count
 * @throws CramfsError NOT_ELF without the magic number; BAD_ELF for an unknown class or byte order, or where the file ends
 *   within the header
 */
export function decodeElfHeader(bytes: Uint8Array, form?: ElfForm): ElfHeader {
  if (!isElf(bytes)) {
    const found = bytes.length === 0 ? 'an empty file' : hexBytes(bytes.subarray(0, 4), ' ');
    throw new CramfsError('NOT_ELF', { offset: 0, expected: '7f 45 4c 46', found });
  }
  const { bits, littleEndian } = form ?? claimedForm(bytes);
  const size = HEADER_SIZE[bits];
  if (bytes.length < size) throw tooShort('the ELF header', 0, size, bytes.length);
  const view = new ElfView(bytes, { bits, littleEndian });
  // 16 – e_type, 18 – e_machine, 20 – e_version, which the kernel does not look at
  const [entry, phoff, flags, phentsize, phnum] = bits === 32 ? [24, 28, 36, 42, 44] : [24, 32, 48, 54, 56];
  return {
    bits,
    littleEndian,
    version: bytes[6] ?? 0,
    osabi: bytes[7] ?? 0,
    type: view.half(16),
    machine: view.half(18),
    flags: view.word(flags),
    entry: view.long(entry),
    phoff: view.long(phoff),
    phentsize: view.half(phentsize),
    phnum: view.half(phnum),
  };
}

/** What the first bytes of an ELF file say of its class and byte order. */
function claimedForm(bytes: Uint8Array): ElfForm {
  const bits = bytes[4] === 1 ? 32 : bytes[4] === 2 ? 64 : null;
  if (bits === null) throw badField('the class (EI_CLASS)', 4, '1 (32 bits) or 2 (64 bits)', bytes[4]);
  if (bytes[5] !== 1 && bytes[5] !== 2) {
    throw badField('the byte order (EI_DATA)', 5, '1 (little endian) or 2 (big endian)', bytes[5]);
  }
  return { bits, littleEndian: bytes[5] === 1 };
}

/**
 * Reads the header and the program headers of a file.
 *
 * @param form class and byte order, where those that the file claims do not count
 * @throws CramfsError as {@link decodeElfHeader}; BAD_ELF when the program headers are of another size than the class has,
 *   or are not all in the file; whatever the reader throws
 */
export function readElfHeaders(file: ElfReader, form?: ElfForm): ElfHeaders {
  const header = decodeElfHeader(file.read(0, HEADER_SIZE[64]), form);
  const { bits, phoff, phnum, phentsize } = header;
  const size = PHENTSIZE[bits];
  if (phnum === 0) return { ...header, segments: [] };
  if (phentsize !== size) {
    throw badField('the size of a program header (e_phentsize)', bits === 32 ? 42 : 54, String(size), phentsize);
  }
  const length = phnum * size;
  if (phoff + length > file.size) {
    throw new CramfsError('BAD_ELF', {
      what: 'the program header table',
      offset: phoff,
      expected: `${String(phnum)} headers of ${String(size)} bytes within the ${String(file.size)} bytes of the file`,
      found: `a table that ends at ${String(phoff + length)}`,
    });
  }
  const bytes = file.read(phoff, length);
  if (bytes.length < length) throw tooShort('the program header table', phoff, length, bytes.length);
  const view = new ElfView(bytes, header);
  const segments: ElfSegment[] = [];
  for (let index = 0; index < phnum; index++) segments.push(decodeSegment(view, index * size, bits));
  return { ...header, segments };
}

/** Decodes one program header. */
function decodeSegment(view: ElfView, at: number, bits: 32 | 64): ElfSegment {
  if (bits === 32) {
    return {
      type: view.word(at), //            0 – p_type
      offset: view.word(at + 4), //      4 – p_offset
      vaddr: view.word(at + 8), //       8 – p_vaddr
      paddr: view.word(at + 12), //     12 – p_paddr
      fileSize: view.word(at + 16), //  16 – p_filesz
      memorySize: view.word(at + 20), //20 – p_memsz
      flags: view.word(at + 24), //     24 – p_flags
      align: view.word(at + 28), //     28 – p_align
    };
  }
  return {
    type: view.word(at), //             0 – p_type
    flags: view.word(at + 4), //        4 – p_flags
    offset: view.long(at + 8), //       8 – p_offset
    vaddr: view.long(at + 16), //      16 – p_vaddr
    paddr: view.long(at + 24), //      24 – p_paddr
    fileSize: view.long(at + 32), //   32 – p_filesz
    memorySize: view.long(at + 40), // 40 – p_memsz
    align: view.long(at + 48), //      48 – p_align
  };
}

/** A file in memory, for {@link readElfHeaders}. */
export function elfBytes(bytes: Uint8Array): ElfReader {
  return { size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) };
}

function badField(what: string, offset: number, expected: string, found: number | undefined): CramfsError {
  return new CramfsError('BAD_ELF', { what, offset, expected, found: found === undefined ? 'the end' : String(found) });
}

function tooShort(what: string, offset: number, expected: number, found: number): CramfsError {
  return new CramfsError('BAD_ELF', {
    what,
    offset,
    expected: `${String(expected)} bytes`,
    found: `${String(found)}, where the file ends`,
  });
}
