/**
 * The dynamic section of a loaded object, read from memory as its dynamic linker reads it.
 */
import { roundUp } from '../base/pages.ts';
import { ElfView, PT_DYNAMIC, PT_NOTE } from '../elf/elf.ts';
import type { LoadedObject } from './elfMap.ts';
import type { UserProcess } from './userProcess.ts';

const DT_NULL = 0;
const DT_NEEDED = 1;
const DT_STRTAB = 5;
const DT_SONAME = 14;
const DT_RPATH = 15;
const DT_TEXTREL = 22;
const DT_RUNPATH = 29;
const DT_FLAGS_1 = 0x6ffffffb;
const DT_AUXILIARY = 0x7ffffffd;
const DT_FILTER = 0x7fffffff;

/** DF_1_NODEFLIB: neither the cache nor the usual directories are searched for what the object needs. */
const DF_1_NODEFLIB = 0x800;

/** Entries of a dynamic section that are looked at; honest ones have some dozens. */
export const MAX_DYNAMIC_ENTRIES = 65536;
/** Libraries that one object may ask for. */
export const MAX_NEEDED = 1024;

/** A library that an object wants. */
export interface Dependency {
  readonly kind: 'needed' | 'auxiliary' | 'filter';
  readonly name: string;
}

const KINDS: ReadonlyMap<number, Dependency['kind']> = new Map([
  [DT_NEEDED, 'needed'],
  [DT_AUXILIARY, 'auxiliary'],
  [DT_FILTER, 'filter'],
]);

/** What an object asks of its dynamic linker. */
export interface DynamicSection {
  /** DT_NEEDED, in order. */
  readonly needed: readonly string[];
  /** DT_NEEDED, and the filtees of DT_AUXILIARY and DT_FILTER, in order. */
  readonly dependencies: readonly Dependency[];
  readonly soname: string | null;
  readonly rpath: string | null;
  readonly runpath: string | null;
  /** DT_TEXTREL: read-only segments will be written. */
  readonly textrel: boolean;
  /** DF_1_NODEFLIB. */
  readonly noDefaultLibraries: boolean;
}

const NOTHING: DynamicSection = {
  needed: [],
  dependencies: [],
  noDefaultLibraries: false,
  soname: null,
  rpath: null,
  runpath: null,
  textrel: false,
};

/**
 * Reads the dynamic section of an object in memory.
 *
 * @returns one without entries where the object has none
 * @throws ProcessEnd where it cannot be read
 */
export function readDynamicSection(process: UserProcess, { headers, bias }: LoadedObject): DynamicSection {
  const segment = headers.segments.find(({ type }) => type === PT_DYNAMIC);
  if (segment === undefined) return NOTHING;
  const word = headers.bits / 8;
  const length = Math.min(segment.memorySize, MAX_DYNAMIC_ENTRIES * 2 * word);
  const bytes = process.read(bias + segment.vaddr, length);
  const view = new ElfView(bytes, headers);
  const wanted: { readonly kind: Dependency['kind']; readonly offset: number }[] = [];
  const values = new Map<number, number>();
  for (let at = 0; at + 2 * word <= bytes.length; at += 2 * word) {
    const tag = view.long(at);
    if (tag === DT_NULL) break;
    const value = view.long(at + word);
    const kind = KINDS.get(tag);
    if (kind === undefined) values.set(tag, value);
    else if (wanted.length < MAX_NEEDED) wanted.push({ kind, offset: value });
  }
  const strings = values.get(DT_STRTAB);
  const text = (offset: number | undefined): string | null =>
    offset === undefined || strings === undefined ? null : process.readString(bias + strings + offset);
  const dependencies = wanted
    .map(({ kind, offset }) => ({ kind, name: text(offset) ?? '' }))
    .filter(({ name }) => name !== '');
  return {
    needed: dependencies.filter(({ kind }) => kind === 'needed').map(({ name }) => name),
    dependencies,
    noDefaultLibraries: ((values.get(DT_FLAGS_1) ?? 0) & DF_1_NODEFLIB) !== 0,
    soname: text(values.get(DT_SONAME)),
    rpath: text(values.get(DT_RPATH)),
    runpath: text(values.get(DT_RUNPATH)),
    textrel: values.has(DT_TEXTREL),
  };
}

/** Bytes of notes that are looked at. */
const MAX_NOTES = 64 * 1024;
const NT_GNU_ABI_TAG = 1;

/**
 * Whether a program is linked with glibc: its start files say for which Linux they are (.note.ABI-tag). Matters for static
 * programs, which protect themselves, or do not.
 */
export function hasGlibcNote({ file, headers }: LoadedObject): boolean {
  for (const { type, offset, fileSize } of headers.segments) {
    if (type !== PT_NOTE) continue;
    const bytes = file.read(offset, Math.min(fileSize, MAX_NOTES));
    const view = new ElfView(bytes, headers);
    for (let at = 0; at + 12 <= bytes.length;) {
      const [nameSize, size, kind] = [view.word(at), view.word(at + 4), view.word(at + 8)];
      const isGnu = nameSize === 4 && bytes[at + 12] === 0x47 && bytes[at + 13] === 0x4e && bytes[at + 14] === 0x55;
      if (isGnu && kind === NT_GNU_ABI_TAG && size >= 16) return true;
      at += 12 + roundUp(nameSize, 4) + roundUp(size, 4);
    }
  }
  return false;
}
