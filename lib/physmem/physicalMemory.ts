/**
 * Emulated linear physical memory: the one place where bytes have addresses.
 *
 * A flash region holds the image and, behind it, a fill byte. RAM regions exist, with content that nobody here knows.
 * Everything else is nothing. What is not flash is *foreign*: a process that sees it sees memory that is not the image's.
 */
import { CramfsError } from '../errors.ts';
import type { ByteSource } from '../source/byteSource.ts';
import { WordReader } from '../source/wordReader.ts';

/** A range of physical addresses, in bytes. */
export interface AddressRange {
  readonly base: number;
  readonly size: number;
}

/** How the memory is laid out. */
export interface MemoryLayout {
  /** Physical address of the image's byte 0. 0 means that there is none: Linux then maps nothing directly. */
  readonly base: number;
  /** Bytes of the region that holds the image. */
  readonly size: number;
  /** What stands behind the image in the region: 0x00 (blank RAM) or 0xFF (erased flash). Default 0x00. */
  readonly fill?: number | undefined;
  /** Byte order of words read by the CPU. */
  readonly littleEndian: boolean;
  /** Where RAM is. Default: nowhere in particular. */
  readonly ram?: readonly AddressRange[] | undefined;
}

/** What stands at a physical address. */
export type Place =
  | { readonly kind: 'image'; /** Byte offset in the image. */ readonly offset: number }
  | { readonly kind: 'behind-image'; /** Byte offset from the image's start. */ readonly offset: number }
  | { readonly kind: 'ram' }
  | { readonly kind: 'nothing' };

/** Largest physical address that can be spoken of: 2^52, the most that any CPU with Linux has. */
const MAX_PHYSICAL = 2 ** 52;

/** Physical memory with an image in it. */
export class PhysicalMemory {
  readonly base: number;
  readonly size: number;
  readonly fill: number;
  readonly littleEndian: boolean;
  readonly ram: readonly AddressRange[];
  /** Words of the region, addressed by offset from `base`: what the kernel reads through the region's virtual mapping. */
  readonly linear: WordReader;
  readonly #source: ByteSource;

  /** @throws CramfsError USAGE when base and size make no region of physical memory */
  constructor(source: ByteSource, layout: MemoryLayout) {
    const { base, size, fill = 0, littleEndian, ram = [] } = layout;
    if (
      !Number.isSafeInteger(base) ||
      !Number.isSafeInteger(size) ||
      base < 0 ||
      size < 0 ||
      base + size > MAX_PHYSICAL
    ) {
      throw new CramfsError('USAGE', {
        found: `no region of physical memory: ${String(size)} bytes at 0x${base.toString(16)}`,
      });
    }
    this.base = base;
    this.size = size;
    this.fill = fill;
    this.littleEndian = littleEndian;
    this.ram = ram;
    this.#source = source;
    this.linear = new WordReader(regionSource(source, size, fill), littleEndian, fill);
  }

  /** What stands at a physical address. */
  placeOf(address: number): Place {
    const offset = address - this.base;
    if (offset >= 0 && offset < this.size) {
      return { kind: offset < this.#source.size ? 'image' : 'behind-image', offset };
    }
    for (const range of this.ram) {
      if (address >= range.base && address < range.base + range.size) return { kind: 'ram' };
    }
    return { kind: 'nothing' };
  }

  /** The physical address of an image offset, or null where there is none (base 0). */
  addressOf(imageOffset: number): number | null {
    return this.base === 0 ? null : this.base + imageOffset;
  }

  /**
   * The bytes [address, address + length), or null when any of them is foreign.
   *
   * @throws CramfsError IO when the image's source fails
   */
  read(address: number, length: number): Uint8Array | null {
    const offset = address - this.base;
    if (offset < 0 || offset + length > this.size) return null;
    return this.linear.bytes(offset, length);
  }

  /** The page frame `pfn`, or null when any byte of it is foreign. */
  frame(pfn: number, pageSize: number): Uint8Array | null {
    return this.read(pfn * pageSize, pageSize);
  }
}

/** The region's bytes: the image, then fill up to the region's end. */
function regionSource(source: ByteSource, size: number, fill: number): ByteSource {
  return {
    size,
    read(offset, length) {
      const wanted = Math.max(0, Math.min(length, size - offset));
      const bytes = source.read(offset, wanted);
      if (bytes.length === wanted) return bytes;
      const filled = new Uint8Array(wanted).fill(fill);
      filled.set(bytes);
      return filled;
    },
    close: () => {
      source.close();
    },
  };
}
