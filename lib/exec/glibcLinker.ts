/**
 * glibc's dynamic linker: how it finds libraries, and how it maps them (elf/dl-load.c, elf/dl-map-segments.h,
 * elf/dl-deps.c, elf/dl-cache.c, elf/dl-reloc.c, elf/rtld.c).
 */
import { CramfsError } from '../base/errors.ts';
import { roundDown, roundUp } from '../base/pages.ts';
import type { Errno } from '../mm/errno.ts';
import { protectRelro } from './relro.ts';
import {
  giveUp,
  type LinkedObject,
  type LinkEnd,
  type LinkRequest,
  missingSentence,
  readLibrary,
  type SegmentPages,
  segmentPages,
} from './dynamicLinker.ts';
import type { Dependency } from './dynamicSection.ts';
import { type ElfHeaders, ET_EXEC, PT_DYNAMIC, PT_INTERP } from '../elf/elf.ts';
import { type LoadedObject, maximumAlignment, loadSegments } from './elfMap.ts';
import { type GlibcBuild, glibcBuild } from './glibcBuild.ts';
import { type LibraryCache, readLibraryCache } from './libraryCache.ts';
import { directoryOf, splitList, substitute } from './librarySearch.ts';
import { splitPreload } from './linkerCommand.ts';
import { type FoundLibrary, Linker } from './linker.ts';
import type { ProgramFile } from './programFile.ts';
import { killed, protectionOf, type UserProcess } from './userProcess.ts';

const NO_ACCESS = { read: false, write: false, exec: false } as const;
const CACHE = '/etc/ld.so.cache';
const PRELOAD = '/etc/ld.so.preload';

/**
 * _dl_map_segments(): of a shared object the whole span first, with the protection of the first segment; what lies in holes
 * between segments is made inaccessible; then each segment over it, and anonymous memory after what the file has. A file of
 * type ET_EXEC is mapped segment by segment at its own addresses.
 */
export function mapGlibcLibrary(process: UserProcess, file: ProgramFile, headers: ElfHeaders): LoadedObject | Errno {
  const { pageSize } = process.cpu;
  const segments = segmentPages(headers, pageSize);
  const [first] = segments;
  if (first === undefined) return 'ENOEXEC';
  if (segments.some(({ start }, index) => index > 0 && start < (segments[index - 1]?.start ?? 0))) return 'ENOEXEC';
  const isFixed = headers.type === ET_EXEC;
  const bias = isFixed ? 0 : mapSpan(process, file, headers, segments);
  if (typeof bias === 'string') return bias;
  for (const each of segments) {
    const own = protectionOf(each.segment.flags);
    if ((isFixed || each !== first) && each.fileEnd > each.start) {
      const mapped = process.mmap(file, {
        address: bias + each.start,
        length: each.fileEnd - each.start,
        offset: each.offset,
        protection: own,
        placement: 'fixed',
      });
      if (typeof mapped === 'string') return mapped;
    }
    const refused = zeroRest(process, each, bias);
    if (refused !== null) return refused;
  }
  return process.addObject({ file, headers, bias });
}

/** Maps the span of a shared object. Gives the load bias. */
function mapSpan(
  process: UserProcess,
  file: ProgramFile,
  headers: ElfHeaders,
  segments: readonly SegmentPages[],
): number | Errno {
  const { pageSize } = process.cpu;
  const [first] = segments;
  const last = segments.at(-1);
  if (first === undefined || last === undefined) return 'ENOEXEC';
  const length = last.segment.vaddr + last.segment.memorySize - first.start;
  const protection = protectionOf(first.segment.flags);
  const alignment = maximumAlignment(loadSegments(headers), pageSize);
  const room = process.mm.unmappedArea(roundUp(length, pageSize) + (alignment > pageSize ? alignment : 0));
  const address = alignment > pageSize ? roundUp(room, alignment) : undefined;
  const span = process.mmap(file, { address, length, offset: first.offset, protection });
  if (typeof span === 'string') return span;
  const bias = span - first.start;
  const hasHoles = segments.some(({ start }, index) => index > 0 && start !== segments[index - 1]?.fileEnd);
  if (hasHoles && last.start > first.fileEnd) {
    process.mprotect(bias + first.fileEnd, last.start - first.fileEnd, NO_ACCESS);
  }
  return bias;
}

/** _dl_postprocess_loadcmd(), and the zeros of a segment: a page that cannot be written is made writable for them. */
function zeroRest(process: UserProcess, { segment, end, fileEnd }: SegmentPages, bias: number): Errno | null {
  const { pageSize } = process.cpu;
  if (segment.memorySize <= segment.fileSize) return null;
  const own = protectionOf(segment.flags);
  const zero = bias + segment.vaddr + segment.fileSize;
  const page = roundDown(zero, pageSize);
  if (zero % pageSize !== 0) {
    if (!own.write) process.mprotect(page, pageSize, { ...own, write: true });
    process.clearToPageEnd(zero);
    if (!own.write) process.mprotect(page, pageSize, own);
  }
  return end > fileEnd ? process.mmapAnonymous(bias + fileEnd, end - fileEnd, own) : null;
}

/** Starts a program with glibc. */
export function linkWithGlibc(request: LinkRequest): LinkEnd {
  return new GlibcLinker(request).run();
}

class GlibcLinker extends Linker {
  protected override readonly failureStatus = 127;
  protected override readonly listsMissing = true;
  readonly #build: GlibcBuild;
  readonly #hwcaps: readonly string[];
  readonly #names = new Map<string, LinkedObject>();
  /** The cache, once it was looked for: its address while it is mapped, and what it says; null without one. */
  #cache: { readonly address: number; readonly length: number; readonly cache: LibraryCache } | null | undefined;

  constructor(request: LinkRequest) {
    super(request);
    const { linker, options } = request;
    this.#build = glibcBuild(linker.file, linker.headers);
    const { hwcapsMask } = options;
    const usual = this.#build.hwcaps.filter((name) => hwcapsMask?.includes(name) ?? true);
    this.#hwcaps = [...options.hwcapsPrepend, ...usual];
    if (options.audit.length > 0) request.uncertain.push('libraries of --audit are not modelled');
  }

  protected override map(file: ProgramFile, headers: ElfHeaders): LoadedObject | Errno {
    return mapGlibcLibrary(this.request.process, file, headers);
  }

  /** _dl_map_object() looks at the paths of all objects, the names by which they were asked for, and their sonames. */
  protected override known(name: string): LinkedObject | undefined {
    const goesBy = (each: LinkedObject): boolean =>
      // A program that the kernel has loaded has no name of its own.
      (each.object !== this.request.program && (each.name === name || each.alias === name)) ||
      each.dynamic.soname === name;
    return this.#names.get(name) ?? this.loaded().find(goesBy);
  }

  protected override remember(name: string, object: LinkedObject): void {
    this.#names.set(name, object);
  }

  protected override loaded(): readonly LinkedObject[] {
    return [...this.list, this.self];
  }

  /** With a library missing the linker maps nothing more; the rest is only looked for. */
  protected override isMapping(): boolean {
    return this.request.mode === 'list' || missingSentence(this.request.needed) === null;
  }

  protected override failure(kind: 'missing' | 'invalid' | 'unmappable', path: string, why: string): string {
    if (kind === 'invalid') return `${path}: ${why}`;
    return kind === 'missing'
      ? `${path}: cannot open shared object file: ${why}`
      : `${path}: failed to map segment: ${why}`;
  }

  protected override dependencies({ dynamic }: LinkedObject): readonly Dependency[] {
    return dynamic.dependencies;
  }

  /** rtld_chain_load(): what wants neither an interpreter nor a library is a static program. --verify goes no further. */
  protected override isStatic({ object, dynamic, name }: LinkedObject): boolean {
    const has = (type: number): boolean => object.headers.segments.some((segment) => segment.type === type);
    const { mode } = this.request;
    if (mode === 'verify') {
      giveUp('--verify maps the program, and it is not started', !has(PT_DYNAMIC) ? 1 : has(PT_INTERP) ? 0 : 2);
    }
    if (mode === 'list') return false;
    if (dynamic.soname !== null && dynamic.soname === this.self.dynamic.soname) {
      giveUp(`${name}: the linker cannot load itself`);
    }
    return dynamic.needed.length === 0 && !has(PT_INTERP);
  }

  protected override preload(program: LinkedObject): void {
    const { environment, options } = this.request;
    for (const name of environment.preload) this.loadPreload(name, program, 'LD_PRELOAD');
    for (const name of options.preload) this.loadPreload(name, program, '--preload');
    for (const name of this.#preloadFile()) this.loadPreload(name, program, PRELOAD);
  }

  /** The names in /etc/ld.so.preload, which is mapped writable while it is read. */
  #preloadFile(): string[] {
    const mapped = this.#mapFile(PRELOAD, true);
    if (mapped === null) return [];
    this.request.process.mm.munmap(mapped.address, mapped.bytes.length);
    return splitPreload(new TextDecoder().decode(mapped.bytes).replace(/#.*/g, ''));
  }

  /** Its own pages are protected only where something asks for the linker: it is not relocated again otherwise. */
  protected override protect(from: number): void {
    for (const { object } of this.list.slice(from).reverse()) protectRelro(this.request.process, object);
  }

  /** _dl_unload_cache(). */
  protected override finish(): void {
    if (this.#cache !== null && this.#cache !== undefined) {
      this.request.process.mm.munmap(this.#cache.address, this.#cache.length);
    }
    this.#cache = undefined;
  }

  protected override find(name: string, neededBy: LinkedObject): FoundLibrary | null {
    const { search, linker, environment, options } = this.request;
    if (name.includes('/')) {
      const path = substitute(name, this.#values(neededBy)) ?? name;
      const file = search.open(path);
      return file === null ? null : { file, path };
    }
    // A file of the other class or for another machine is passed over.
    const accepts = (file: ProgramFile): boolean => typeof readLibrary(file, linker.headers) !== 'string';
    const lists: string[][] = [];
    if (neededBy.dynamic.runpath === null) {
      for (let object: LinkedObject | null = neededBy; object !== null; object = object.neededBy) {
        if (object.dynamic.runpath === null) lists.push(this.#expand(object.dynamic.rpath, object));
      }
    }
    const program = this.list[0] ?? neededBy;
    lists.push(this.#directories(options.libraryPath ?? environment.ldLibraryPath, program, /[:;]/));
    lists.push(this.#expand(neededBy.dynamic.runpath, neededBy));
    for (const list of lists) {
      const found = search.find(list, name, accepts);
      if (found !== null) return found;
    }
    const cached = options.inhibitCache ? null : this.#cached(name);
    const file = cached === null ? null : search.open(cached);
    if (cached !== null && file !== null && accepts(file)) return { file, path: cached };
    if (!neededBy.dynamic.noDefaultLibraries) lists.push(this.#withHwcaps(this.#build.directories));
    const found = search.find(lists.at(-1) ?? [], name, accepts);
    if (found !== null) return found;
    // What is there and cannot be used is told as that.
    for (const list of lists) {
      const unfit = search.find(list, name);
      if (unfit !== null) return unfit;
    }
    return null;
  }

  /** _dl_load_cache_lookup(). */
  #cached(name: string): string | null {
    this.#cache ??= this.#loadCache();
    return this.#cache?.cache.find(name, this.#hwcaps) ?? null;
  }

  #loadCache(): { readonly address: number; readonly length: number; readonly cache: LibraryCache } | null {
    const mapped = this.#mapFile(CACHE, false);
    if (mapped === null) return null;
    const { process, linker, uncertain } = this.request;
    const { address, bytes } = mapped;
    const cache = readLibraryCache(bytes, linker.headers);
    if (typeof cache !== 'string') return { address, length: bytes.length, cache };
    if (cache === 'unknown') uncertain.push(`${CACHE} is in the format before glibc 2.2, which is not modelled`);
    process.mm.munmap(address, bytes.length);
    return null;
  }

  /** _dl_sysdep_read_file(): a file as a private mapping. */
  #mapFile(path: string, write: boolean): { readonly address: number; readonly bytes: Uint8Array } | null {
    const { process, search } = this.request;
    const file = search.open(path);
    if (file === null || file.size === 0) return null;
    const address = process.mmap(file, {
      length: file.size,
      offset: 0,
      protection: { read: true, write, exec: false },
    });
    if (typeof address === 'string') return null;
    process.useMappings();
    try {
      return { address, bytes: file.read(0, file.size) };
    } catch (error) {
      if (error instanceof CramfsError && error.code === 'BAD_BLOCK') killed(error.message, 'SIGBUS');
      throw error;
    }
  }

  /** RPATH or RUNPATH of an object, unless --inhibit-rpath names it. */
  #expand(list: string | null, object: LinkedObject): string[] {
    if (list === null || this.request.options.inhibitRpath.includes(object.name)) return [];
    return this.#directories(list, object, /:/);
  }

  /** fillin_rpath(): directories with a $ that stands for nothing known are left out; an empty one is the current one. */
  #directories(list: string, object: LinkedObject, separators: RegExp): string[] {
    if (list === '') return [];
    const directories = splitList(list, separators, '.')
      .map((directory) => substitute(directory, this.#values(object)))
      .filter((directory) => directory !== null);
    return this.#withHwcaps(directories);
  }

  /** The subdirectories that open_path() tries in each directory first. */
  #withHwcaps(directories: readonly string[]): string[] {
    return directories.flatMap((each) => [...this.#hwcaps.map((name) => `${each}/glibc-hwcaps/${name}`), each]);
  }

  #values({ object, name }: LinkedObject): Record<string, string> {
    const origin = directoryOf(object === this.request.program ? object.file.path : name);
    const { lib, platform } = this.#build;
    return { ORIGIN: origin, LIB: lib, ...(platform === null ? {} : { PLATFORM: platform }) };
  }
}
