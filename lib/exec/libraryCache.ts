/**
 * /etc/ld.so.cache: which library is where, as ldconfig has found them (elf/cache.c, sysdeps/generic/dl-cache.h).
 */
import { EM_386, EM_AARCH64, EM_ARM, EM_X86_64 } from '../elf/machines.ts';
import type { ElfHeader } from '../elf/elf.ts';

const OLD_MAGIC = 'ld.so-1.7.0';
const MAGIC = 'glibc-ld.so.cache1.1';
/** Bytes of the header: magic, nlibs, len_strings, flags, the extensions' offset, 12 bytes unused. */
const HEADER = 48;
/** Bytes of an entry: flags, key, value, osversion, hwcap. */
const ENTRY = 24;
const OLD_HEADER = 16;
const OLD_ENTRY = 12;
const EXTENSION_MAGIC = 0xeaa42174;
const TAG_GLIBC_HWCAPS = 1;
/** Marks the upper half of a hwcap that is the number of a glibc-hwcaps directory; its lowest ten bits are a level. */
const HWCAP_NAMED = 0x4000_0000;
const LEVEL_MASK = 0x3ff;
/** Characters of a name that are looked at. */
const MAX_NAME = 4096;

/** Flags of the entries for a machine: FLAG_ELF_LIBC6 and the required ABI. */
const FLAGS: Readonly<Record<number, readonly number[]>> = {
  [EM_386]: [0x0003],
  [EM_X86_64]: [0x0303],
  [EM_ARM]: [0x0003, 0x0903, 0x0b03],
  [EM_AARCH64]: [0x0a03],
};
const FLAG_ELF_LIBC6 = 3;

interface Entry {
  readonly path: string;
  /** The glibc-hwcaps directory that it is for; null for what every CPU takes. */
  readonly hwcap: string | null;
}

/** A cache that could be read. */
export class LibraryCache {
  readonly #entries: ReadonlyMap<string, readonly Entry[]>;

  constructor(entries: ReadonlyMap<string, readonly Entry[]>) {
    this.#entries = entries;
  }

  /**
   * The path of a library; null where the cache has none that the CPU takes.
   *
   * @param hwcaps directories of glibc-hwcaps that the CPU takes, the best first
   */
  find(name: string, hwcaps: readonly string[]): string | null {
    const entries = this.#entries.get(name) ?? [];
    for (const wanted of [...hwcaps, null]) {
      const found = entries.find(({ hwcap }) => hwcap === wanted);
      if (found !== undefined) return found.path;
    }
    return null;
  }
}

/**
 * Reads a cache.
 *
 * @returns "ignored" for what the dynamic linker does not take for a cache of its own; "unknown" for the format before
 *   glibc 2.2, which is not modelled
 */
export function readLibraryCache(
  bytes: Uint8Array,
  header: Pick<ElfHeader, 'machine' | 'littleEndian'>,
): LibraryCache | 'ignored' | 'unknown' {
  const start = cacheStart(bytes, header.littleEndian);
  if (typeof start === 'string') return start;
  const cache = bytes.subarray(start);
  const view = new DataView(cache.buffer, cache.byteOffset, cache.byteLength);
  const word = (at: number): number => view.getUint32(at, header.littleEndian);
  const count = word(20);
  // 0 in old caches: not set; 2 and 3 are little and big endian.
  const order = (cache[28] ?? 0) & 3;
  if ((cache.length - HEADER) / ENTRY < count || (order !== 0 && order !== (header.littleEndian ? 2 : 3))) {
    return 'ignored';
  }
  const names = hwcapNames(cache, word);
  const accepted = FLAGS[header.machine];
  const entries = new Map<string, Entry[]>();
  for (let index = 0; index < count; index++) {
    const at = HEADER + index * ENTRY;
    const flags = word(at);
    if (accepted === undefined ? (flags & 0xff) !== FLAG_ELF_LIBC6 : !accepted.includes(flags)) continue;
    const [low, high] = header.littleEndian ? [word(at + 16), word(at + 20)] : [word(at + 20), word(at + 16)];
    const isNamed = (high & ~LEVEL_MASK) >>> 0 === HWCAP_NAMED;
    // Entries for the capabilities of old, which no longer count.
    if (!isNamed && (low !== 0 || high !== 0)) continue;
    const hwcap = isNamed ? (names[low] ?? '') : null;
    const name = textAt(cache, word(at + 4));
    const list = entries.get(name) ?? [];
    if (list.length === 0) entries.set(name, list);
    list.push({ path: textAt(cache, word(at + 8)), hwcap });
  }
  return new LibraryCache(entries);
}

/** Where the cache begins: at 0, or after one in the format of old. */
function cacheStart(bytes: Uint8Array, littleEndian: boolean): number | 'ignored' | 'unknown' {
  const begins = (at: number, magic: string): boolean =>
    at + HEADER < bytes.length && new TextEncoder().encode(magic).every((byte, index) => bytes[at + index] === byte);
  if (begins(0, MAGIC)) return 0;
  if (!begins(0, OLD_MAGIC)) return 'ignored';
  const count = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(12, littleEndian);
  const at = Math.ceil((OLD_HEADER + count * OLD_ENTRY) / 8) * 8;
  return begins(at, MAGIC) ? at : 'unknown';
}

/** The names of the glibc-hwcaps directories, which entries have as numbers (struct cache_extension). */
function hwcapNames(cache: Uint8Array, word: (at: number) => number): string[] {
  const at = word(32);
  if (at === 0 || at + 8 > cache.length || word(at) !== EXTENSION_MAGIC) return [];
  const sections = Math.min(word(at + 4), Math.floor((cache.length - at - 8) / 16));
  for (let index = 0; index < sections; index++) {
    const section = at + 8 + index * 16;
    const [tag, offset, size] = [word(section), word(section + 8), word(section + 12)];
    if (tag !== TAG_GLIBC_HWCAPS || offset + size > cache.length) continue;
    return Array.from({ length: Math.floor(size / 4) }, (_, number) => textAt(cache, word(offset + number * 4)));
  }
  return [];
}

function textAt(cache: Uint8Array, at: number): string {
  const bytes = cache.subarray(at, at + MAX_NAME);
  const nul = bytes.indexOf(0);
  return new TextDecoder().decode(nul === -1 ? bytes : bytes.subarray(0, nul));
}
