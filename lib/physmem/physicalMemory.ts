/**
 * Emulated linear physical memory: the one place where bytes have addresses.
 *
 * A flash region holds the image and, behind it, a fill byte. Elsewhere is RAM or a device, with content that nobody here
 * knows: *foreign* memory. What is neither is nothing, and what needs more address bits than the CPU has is unaddressable.
 */
import { hex } from '../base/hex.ts';
import { roundUp } from '../base/pages.ts';
import { CramfsError } from '../base/errors.ts';
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
  /**
   * Where RAM is. Default: unknown, so that everything outside the region, up to the next multiple of 4 GiB, may be RAM
   * or a device.
   */
  readonly ram?: readonly AddressRange[] | undefined;
  /** Physical address bits of the CPU. Default 40, or as many as the region needs. */
  readonly physBits?: number | undefined;
}

/** What stands at a physical address. */
export type Place =
  | { readonly kind: 'image'; /** Byte offset in the image. */ readonly offset: number }
  | { readonly kind: 'behind-image'; /** Byte offset from the image's start. */ readonly offset: number }
  /** RAM, or a device: memory of somebody else. */
  | { readonly kind: 'foreign' }
  /** No memory; reads give zeros. */
  | { readonly kind: 'nothing' }
  /** More address bits than the CPU has: a page table entry with such an address is corrupt. */
  | { readonly kind: 'unaddressable' };

/** A page frame as a process reads it: its bytes, or why nobody can tell them. */
export type Frame = Uint8Array | 'foreign' | 'unaddressable';

/** Physical address bits that are assumed: those of QEMU's x86-64 CPU and of many small ones. */
export const DEFAULT_PHYS_BITS = 40;
/** Most physical address bits that any CPU with Linux has. */
export const MAX_PHYS_BITS = 52;
const FOUR_GIB = 2 ** 32;

/** Physical memory with an image in it. */
export class PhysicalMemory {
  readonly base: number;
  readonly size: number;
  readonly fill: number;
  readonly littleEndian: boolean;
  /** Where memory is that is not the region's. The region comes first where they overlap. */
  readonly foreign: readonly AddressRange[];
  readonly physBits: number;
  /** Words of the region, addressed by offset from `base`: what the kernel reads through the region's virtual mapping. */
  readonly linear: WordReader;
  readonly #source: ByteSource;

  /** @throws CramfsError USAGE when base and size make no region of physical memory */
  constructor(source: ByteSource, layout: MemoryLayout) {
    const { base, size, fill = 0, littleEndian } = layout;
    const physBits = layout.physBits ?? Math.max(DEFAULT_PHYS_BITS, addressBits(base + size));
    const whole = [base, size, base + size].every((n) => Number.isSafeInteger(n) && n >= 0);
    if (!whole || base + size > 2 ** Math.min(physBits, MAX_PHYS_BITS)) {
      throw new CramfsError('USAGE', {
        found:
          `no region of physical memory: ${String(size)} bytes at ${hex(base)} ` +
          `on a CPU with ${String(Math.min(physBits, MAX_PHYS_BITS))} physical address bits`,
      });
    }
    this.base = base;
    this.size = size;
    this.fill = fill;
    this.littleEndian = littleEndian;
    this.foreign = layout.ram ?? [{ base: 0, size: roundUp(Math.max(1, base + size), FOUR_GIB) }];
    this.physBits = physBits;
    this.#source = source;
    this.linear = new WordReader(regionSource(source, size, fill), littleEndian, fill);
  }

  /** What stands at a physical address. */
  placeOf(address: number): Place {
    const offset = address - this.base;
    if (offset >= 0 && offset < this.size) {
      return { kind: offset < this.#source.size ? 'image' : 'behind-image', offset };
    }
    if (address >= 2 ** this.physBits) return { kind: 'unaddressable' };
    const foreign = this.foreign.some((range) => address >= range.base && address < range.base + range.size);
    return { kind: foreign ? 'foreign' : 'nothing' };
  }

  /** The physical address of an image offset, or null where there is none (base 0). */
  addressOf(imageOffset: number): number | null {
    return this.base === 0 ? null : this.base + imageOffset;
  }

  /**
   * The bytes [address, address + length), or null when any of them is not the region's.
   *
   * @throws CramfsError IO when the image's source fails
   */
  read(address: number, length: number): Uint8Array | null {
    const offset = address - this.base;
    if (offset < 0 || offset + length > this.size) return null;
    return this.linear.bytes(offset, length);
  }

  /**
   * The page frame `pfn` as a CPU reads it: zeros where nothing is.
   *
   * @throws CramfsError IO when the image's source fails
   */
  frame(pfn: number, pageSize: number): Frame {
    const address = pfn * pageSize;
    const bytes = this.read(address, pageSize);
    if (bytes !== null) return bytes;
    const ends = [this.placeOf(address).kind, this.placeOf(address + pageSize - 1).kind];
    if (ends.includes('unaddressable')) return 'unaddressable';
    return ends.every((kind) => kind === 'nothing') ? new Uint8Array(pageSize) : 'foreign';
  }

  /**
   * Whether a range of physical memory is of one memory type to x86's page attribute tables: RAM is write-back; the
   * region, and what is no memory at all, are uncached.
   */
  hasOneMemoryType(address: number, length: number): boolean {
    const end = address + length;
    const regionEnd = this.base + this.size;
    if (address >= this.base && end <= regionEnd) return true;
    const touched = this.foreign.filter((range) => address < range.base + range.size && range.base < end);
    if (touched.length === 0) return true;
    const inOne = touched.some((range) => address >= range.base && end <= range.base + range.size);
    return inOne && !(address < regionEnd && this.base < end);
  }
}

/** Address bits that a region ending at `end` needs. */
function addressBits(end: number): number {
  return end <= 1 ? 0 : Math.ceil(Math.log2(end));
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
    ...(source.around === undefined
      ? {}
      : {
          around: (offset: number, start: number, end: number) =>
            source.around?.(offset, start, Math.min(end, Math.max(offset + 1, source.size))) ?? { start, end },
        }),
    close: () => {
      source.close();
    },
  };
}
