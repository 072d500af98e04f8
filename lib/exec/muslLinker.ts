/**
 * musl's dynamic linker: how it finds libraries, and how it maps them (ldso/dynlink.c: map_library(), load_library(),
 * load_deps(), reloc_all()).
 */
import { roundUp } from '../base/pages.ts';
import type { Errno } from '../mm/errno.ts';
import { type Dependency, readDynamicSection } from './dynamicSection.ts';
import { protectRelro } from './relro.ts';
import { type LinkedObject, type LinkEnd, type LinkRequest, segmentPages } from './dynamicLinker.ts';
import { type ElfHeaders, ET_DYN, PF_W, PT_DYNAMIC } from '../elf/elf.ts';
import type { LoadedObject } from './elfMap.ts';
import { directoryOf, splitList, substitute } from './librarySearch.ts';
import { type FoundLibrary, Linker } from './linker.ts';
import type { ProgramFile } from './programFile.ts';
import { protectionOf, type UserProcess } from './userProcess.ts';

/** Names that mean musl itself, whatever follows the dot. */
const RESERVED = /^lib(?:c|pthread|rt|m|dl|util|xnet)[.]/;
/** Where libraries are without /etc/ld-musl-ARCH.path. */
const DEFAULT_PATH = '/lib:/usr/local/lib:/usr/lib';
/** Bytes of /etc/ld-musl-ARCH.path that are read. */
const MAX_PATH_FILE = 64 * 1024;
const NAME_MAX = 255;

/**
 * map_library(): the whole span first, with the protection of the lowest segment, then the other segments over it. The
 * file is mapped for all of a segment's memory, and anonymous memory goes over what the file does not have.
 */
export function mapMuslLibrary(process: UserProcess, file: ProgramFile, headers: ElfHeaders): LoadedObject | Errno {
  const { pageSize } = process.cpu;
  const segments = segmentPages(headers, pageSize);
  const [first] = [...segments].sort((a, b) => a.segment.vaddr - b.segment.vaddr);
  if (first === undefined || !headers.segments.some(({ type }) => type === PT_DYNAMIC)) return 'ENOEXEC';
  const top = Math.max(...segments.map(({ end }) => end));
  const span = process.mmap(file, {
    // Where a file of type ET_EXEC must be, and a hint for others.
    address: first.start,
    // The file offset is added once more: the span may be longer than the object.
    length: top - first.start + first.offset,
    offset: first.offset,
    protection: protectionOf(first.segment.flags),
  });
  if (typeof span === 'string') return span;
  if (headers.type !== ET_DYN && first.start !== 0 && span !== first.start) return 'EBUSY';
  const bias = span - first.start;
  for (const { segment, start, end, offset } of segments) {
    const protection = protectionOf(segment.flags);
    if (start !== first.start) {
      const length = end - start;
      const mapped = process.mmap(file, { address: bias + start, length, offset, protection, placement: 'fixed' });
      if (typeof mapped === 'string') return mapped;
    }
    if (segment.memorySize <= segment.fileSize || (segment.flags & PF_W) === 0) continue;
    const bss = bias + segment.vaddr + segment.fileSize;
    process.clearToPageEnd(bss);
    const from = roundUp(bss, pageSize);
    const refused = bias + end > from ? process.mmapAnonymous(from, bias + end - from, protection) : null;
    if (refused !== null) return refused;
  }
  const object = process.addObject({ file, headers, bias });
  process.useMappings();
  if (readDynamicSection(process, object).textrel) {
    process.mprotect(span, top - first.start + first.offset, { read: true, write: true, exec: true });
  }
  return object;
}

/** Starts a program with musl. */
export function linkWithMusl(request: LinkRequest): LinkEnd {
  return new MuslLinker(request).run();
}

class MuslLinker extends Linker {
  protected override readonly failureStatus = 1;
  protected override readonly listsMissing = false;
  readonly #shortNames = new Map<string, LinkedObject>();
  #systemPath: string[] | null = null;

  protected override map(file: ProgramFile, headers: ElfHeaders): LoadedObject | Errno {
    return mapMuslLibrary(this.request.process, file, headers);
  }

  protected override known(name: string): LinkedObject | undefined {
    return RESERVED.test(name) || name === this.self.name ? this.self : this.#shortNames.get(name);
  }

  protected override remember(name: string, object: LinkedObject): void {
    if (!name.includes('/')) this.#shortNames.set(name, object);
  }

  protected override loaded(): readonly LinkedObject[] {
    return this.list;
  }

  protected override isMapping(): boolean {
    return true;
  }

  protected override failure(kind: 'missing' | 'invalid' | 'unmappable', path: string, why: string): string {
    if (kind === 'invalid') return `${path}: not a valid dynamic program: ${why}`;
    return kind === 'missing' ? `cannot load ${path}: ${why}` : `cannot map ${path}: ${why}`;
  }

  /** DT_AUXILIARY and DT_FILTER mean nothing to musl. */
  protected override dependencies({ dynamic }: LinkedObject): readonly Dependency[] {
    return dynamic.dependencies.filter(({ kind }) => kind === 'needed');
  }

  /** A program without a dynamic section is refused when it is mapped. */
  protected override isStatic(): boolean {
    return false;
  }

  protected override preload(program: LinkedObject): void {
    const { environment, options } = this.request;
    const [names, words] =
      options.preload.length > 0 ? [options.preload, '--preload'] : [environment.preload, 'LD_PRELOAD'];
    for (const name of names) this.loadPreload(name, program, words);
  }

  protected override protect(from: number): void {
    for (const { object } of this.list.slice(from)) protectRelro(this.request.process, object);
  }

  protected override finish(): void {
    return;
  }

  protected override find(name: string, neededBy: LinkedObject): FoundLibrary | null {
    const { search, environment, options } = this.request;
    if (name.includes('/')) {
      const file = search.open(name);
      return file === null ? null : { file, path: name };
    }
    if (name.length > NAME_MAX) return null;
    const inEnvironment = search.find(splitList(options.libraryPath ?? environment.ldLibraryPath), name);
    if (inEnvironment !== null) return inEnvironment;
    for (let object: LinkedObject | null = neededBy; object !== null; object = object.neededBy) {
      const found = search.find(this.#runpath(object), name);
      if (found !== null) return found;
    }
    return search.find(this.#systemDirectories(), name);
  }

  /** fixup_rpath(): RUNPATH or RPATH, which mean the same here. With a $ that is not $ORIGIN it counts for nothing. */
  #runpath({ dynamic, object, name }: LinkedObject): string[] {
    const list = dynamic.runpath ?? dynamic.rpath;
    if (list === null) return [];
    const origin = directoryOf(object === this.request.program ? object.file.path : name);
    return splitList(substitute(list, { ORIGIN: origin }) ?? '');
  }

  #systemDirectories(): string[] {
    this.#systemPath ??= splitList(this.#readPathFile() ?? DEFAULT_PATH);
    return this.#systemPath;
  }

  /** /etc/ld-musl-ARCH.path, in the root that the linker is in itself. */
  #readPathFile(): string | null {
    const match = /^(.*?)\/?[^/]*\/ld-musl-([^/]*?)[.]so[.]1$/.exec(this.request.linkerPath);
    if (match === null) return null;
    const [, prefix = '', arch = ''] = match;
    const file = this.request.search.open(`${prefix}/etc/ld-musl-${arch}.path`);
    return file === null ? null : new TextDecoder().decode(file.read(0, MAX_PATH_FILE));
  }
}
