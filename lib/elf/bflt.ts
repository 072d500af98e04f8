/**
 * The header of a bFLT program: 64 bytes, big endian on every CPU (struct flat_hdr, include/linux/flat.h), and what
 * load_flat_file() of fs/binfmt_flat.c thinks of it.
 */
import { hex } from '../base/hex.ts';

/** Bytes of the header. */
export const FLAT_HEADER_SIZE = 64;
/** The version that Linux takes. */
export const FLAT_VERSION = 4;
/** Load the program wholly into RAM. */
export const FLAT_FLAG_RAM = 0x0001;
/** Position independent code with a global offset table. */
export const FLAT_FLAG_GOTPIC = 0x0002;
/** All behind the header is compressed. */
export const FLAT_FLAG_GZIP = 0x0004;
/** The data is compressed, the text is not. */
export const FLAT_FLAG_GZDATA = 0x0008;
/** Log that the program is loaded. */
export const FLAT_FLAG_KTRACE = 0x0010;

/** A bFLT header. Sizes and offsets in bytes, counted from the header's first byte. */
export interface FlatHeader {
  readonly version: number;
  readonly entry: number;
  readonly dataStart: number;
  readonly dataEnd: number;
  readonly bssEnd: number;
  readonly stackSize: number;
  readonly relocStart: number;
  /** Relocation entries. */
  readonly relocCount: number;
  readonly flags: number;
}

/** Decodes a header; null without the magic. `head` must hold 64 bytes. */
export function decodeFlatHeader(head: Uint8Array): FlatHeader | null {
  const view = new DataView(head.buffer, head.byteOffset, FLAT_HEADER_SIZE);
  if (view.getUint32(0) !== 0x62464c54) return null; //   0 – magic, "bFLT"
  return {
    version: view.getUint32(4), //     4 – rev
    entry: view.getUint32(8), //       8 – entry
    dataStart: view.getUint32(12), // 12 – data_start
    dataEnd: view.getUint32(16), //   16 – data_end
    bssEnd: view.getUint32(20), //    20 – bss_end
    stackSize: view.getUint32(24), // 24 – stack_size
    relocStart: view.getUint32(28), // 28 – reloc_start
    relocCount: view.getUint32(32), // 32 – reloc_count
    flags: view.getUint32(36), //     36 – flags
    //                                40 – build_date, 44 – filler
  };
}

/** A program that may be loaded, in bytes. */
export interface FlatProgram {
  /** Text, the header included. */
  readonly textLength: number;
  /** Data without relocations. */
  readonly dataLength: number;
  /** Data and relocations, which follow it in the file. */
  readonly fullData: number;
  /** Memory behind the data: for bss and stack, or for the relocations where they need more. */
  readonly extra: number;
  /** Whether text and data are loaded together into RAM. */
  readonly inRam: boolean;
  /** Offset of the first instruction. */
  readonly entry: number;
}

/** Lengths of 256 MiB and more are taken for damage. */
const tooLong = (...lengths: readonly number[]): boolean => lengths.some((length) => length >>> 0 >= 1 << 28);

/**
 * The checks of load_flat_file() before the old program is given up.
 *
 * @param wordBytes bytes of an address of the kernel, for which it leaves room (sizeof(unsigned long))
 * @returns the program, or the line that the kernel logs beside ENOEXEC (null: none)
 */
export function checkFlatHeader(
  header: FlatHeader | null,
  wordBytes = 8,
): FlatProgram | { readonly log: string | null } {
  if (header === null) return { log: null };
  if (header.version !== FLAT_VERSION) {
    return {
      log: `binfmt_flat: bad flat file version ${hex(header.version)} (supported ${hex(FLAT_VERSION)})`,
    };
  }
  // All in 32-bit arithmetic but the data with its relocations.
  const textLength = header.dataStart;
  const dataLength = (header.dataEnd - header.dataStart) >>> 0;
  const bssLength = (header.bssEnd - header.dataEnd) >>> 0;
  const relocBytes = header.relocCount * wordBytes;
  const fullData = dataLength + relocBytes;
  const lengths = [textLength, dataLength, bssLength, header.stackSize, header.relocCount];
  if (tooLong(...lengths) || fullData >= 1 << 28) return { log: 'binfmt_flat: bad header' };
  if ((header.flags & (FLAT_FLAG_GZIP | FLAT_FLAG_GZDATA)) !== 0) {
    return { log: 'binfmt_flat: Support for ZFLAT executables is not enabled.' };
  }
  return {
    textLength,
    dataLength,
    fullData,
    extra: Math.max(bssLength + header.stackSize, relocBytes),
    inRam: (header.flags & FLAT_FLAG_RAM) !== 0,
    entry: header.entry & 0x00ff_ffff,
  };
}
