/**
 * musl's dynamic linker: how it finds libraries, and how it maps them (ldso/dynlink.c: map_library(), load_library(),
 * load_deps(), reloc_all()).
 */
import type { Errno } from '../mm/errno.ts';
import { protectRelro, readDynamicSection } from './dynamicSection.ts';
import {
  giveUp,
  type LinkedObject,
  type LinkRequest,
  missingSentence,
  readLibrary,
  segmentPages,
} from './dynamicLinker.ts';
import { type ElfHeaders, PF_W } from './elf.ts';
import type { LoadedObject } from './elfMap.ts';
import { directoryOf, splitList, substitute } from './librarySearch.ts';
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
  if (first === undefined) return 'ENOEXEC';
  const top = Math.max(...segments.map(({ end }) => end));
  const span = process.mmap(file, {
    // The file offset is added once more: the span may be longer than the object.
    length: top - first.start + first.offset,
    offset: first.offset,
    protection: protectionOf(first.segment.flags),
  });
  if (typeof span === 'string') return span;
  const bias = span - first.start;
  for (const { segment, start, end, offset } of segments) {
    const protection = protectionOf(segment.flags);
    if (start !== first.start) {
      const length = end - start;
      const mapped = process.mmap(file, { address: bias + start, length, offset, protection, fixed: true });
      if (typeof mapped === 'string') return mapped;
    }
    if (segment.memorySize <= segment.fileSize || (segment.flags & PF_W) === 0) continue;
    const bss = bias + segment.vaddr + segment.fileSize;
    process.clearToPageEnd(bss);
    const from = Math.ceil(bss / pageSize) * pageSize;
    const refused = bias + end > from ? process.mmapAnonymous(from, bias + end - from, protection) : null;
    if (refused !== null) return refused;
  }
  const object = { file, headers, bias };
  process.useMappings();
  if (readDynamicSection(process, object).textrel) {
    process.mprotect(span, top - first.start + first.offset, { read: true, write: true, exec: true });
  }
  return object;
}

/** Starts a program with musl. */
export function linkWithMusl(request: LinkRequest): void {
  new MuslLinker(request).run();
}

class MuslLinker {
  readonly #request: LinkRequest;
  readonly #list: LinkedObject[] = [];
  readonly #shortNames = new Map<string, LinkedObject>();
  readonly #self: LinkedObject;
  #systemPath: string[] | null = null;

  constructor(request: LinkRequest) {
    this.#request = request;
    this.#self = this.#link(request.linker, request.linkerPath, null);
  }

  run(): void {
    const { program, path, needed } = this.#request;
    this.#list.push(this.#link(program ?? this.#loadProgram(), path, null));
    // Objects that come along are appended, and have their turn: breadth first.
    for (const object of this.#list) for (const name of object.dynamic.needed) this.#load(name, object);
    const missing = missingSentence(needed);
    if (missing !== null) giveUp(missing);
    for (const { object } of this.#list) protectRelro(this.#request.process, object);
  }

  #link(object: LoadedObject, name: string, neededBy: LinkedObject | null): LinkedObject {
    this.#request.process.useMappings();
    return { object, name, neededBy, dynamic: readDynamicSection(this.#request.process, object) };
  }

  /** The linker was started by itself: it loads the program as if it were a library. */
  #loadProgram(): LoadedObject {
    const { search, path, process, linker } = this.#request;
    const file = search.open(path);
    if (file === null) return giveUp(`cannot load ${path}: no such file`);
    const headers = readLibrary(file, linker.headers);
    if (typeof headers === 'string') return giveUp(`${path}: not a valid dynamic program: ${headers}`);
    const mapped = mapMuslLibrary(process, file, headers);
    return typeof mapped === 'string' ? giveUp(`cannot map ${path}: ${mapped}`) : mapped;
  }

  /** load_library(). */
  #load(name: string, neededBy: LinkedObject): void {
    const { needed, process, linker } = this.#request;
    const note = (path: string | null, problem: string | null = null): void => {
      if (needed.some((each) => each.name === name)) return;
      needed.push({ name, path, neededBy: neededBy.object.file.path, problem });
    };
    if (RESERVED.test(name) || name === this.#self.name) {
      if (!this.#list.includes(this.#self)) this.#list.push(this.#self);
      note(linker.file.path);
      return;
    }
    const known = this.#shortNames.get(name);
    if (known !== undefined) {
      note(known.object.file.path);
      return;
    }
    const found = this.#find(name, neededBy);
    if (found === null) {
      note(null);
      return;
    }
    const { file, path } = found;
    const same = this.#list.find(({ object }) => object.file.file.inode.position === file.file.inode.position);
    if (same !== undefined) {
      if (!name.includes('/')) this.#shortNames.set(name, same);
      note(file.path);
      return;
    }
    const headers = readLibrary(file, linker.headers);
    if (typeof headers === 'string') {
      note(file.path, headers);
      return;
    }
    const mapped = mapMuslLibrary(process, file, headers);
    if (typeof mapped === 'string') {
      note(file.path, `it cannot be mapped: ${mapped}`);
      return;
    }
    note(file.path);
    const object = this.#link(mapped, path, neededBy);
    this.#list.push(object);
    if (!name.includes('/')) this.#shortNames.set(name, object);
  }

  #find(name: string, neededBy: LinkedObject): { readonly file: ProgramFile; readonly path: string } | null {
    const { search, ldLibraryPath } = this.#request;
    if (name.includes('/')) {
      const file = search.open(name);
      return file === null ? null : { file, path: name };
    }
    if (name.length > NAME_MAX) return null;
    const inEnvironment = search.find(splitList(ldLibraryPath), name);
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
    const origin = directoryOf(object === this.#request.program ? object.file.path : name);
    return splitList(substitute(list, { ORIGIN: origin }) ?? '');
  }

  #systemDirectories(): string[] {
    this.#systemPath ??= splitList(this.#readPathFile() ?? DEFAULT_PATH);
    return this.#systemPath;
  }

  /** /etc/ld-musl-ARCH.path, in the root that the linker is in itself. */
  #readPathFile(): string | null {
    const match = /^(.*?)\/?[^/]*\/ld-musl-([^/]*?)[.]so[.]1$/.exec(this.#request.linkerPath);
    if (match === null) return null;
    const [, prefix = '', arch = ''] = match;
    const file = this.#request.search.open(`${prefix}/etc/ld-musl-${arch}.path`);
    return file === null ? null : new TextDecoder().decode(file.read(0, MAX_PATH_FILE));
  }
}
