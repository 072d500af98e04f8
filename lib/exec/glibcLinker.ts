/**
 * glibc's dynamic linker: how it finds libraries, and how it maps them (elf/dl-load.c, elf/dl-map-segments.h,
 * elf/dl-deps.c, elf/dl-reloc.c). Without /etc/ld.so.cache and the directories of glibc-hwcaps.
 */
import { roundUp } from '../base/pages.ts';
import type { Errno } from '../mm/errno.ts';
import { protectRelro } from './relro.ts';
import { type LinkedObject, type LinkRequest, missingSentence, readLibrary, segmentPages } from './dynamicLinker.ts';
import type { ElfHeaders } from '../elf/elf.ts';
import { type LoadedObject, maximumAlignment, loadSegments } from './elfMap.ts';
import { directoryOf, splitList, substitute } from './librarySearch.ts';
import { type FoundLibrary, Linker } from './linker.ts';
import { EM_386, EM_AARCH64, EM_ARM, EM_RISCV, EM_X86_64 } from '../elf/machines.ts';
import type { ProgramFile } from './programFile.ts';
import { protectionOf, type UserProcess } from './userProcess.ts';

const NO_ACCESS = { read: false, write: false, exec: false } as const;

/**
 * _dl_map_segments(): the whole span first, with the protection of the first segment; what lies in holes between segments
 * is made inaccessible; then each segment over it, and anonymous memory behind what the file has.
 */
export function mapGlibcLibrary(process: UserProcess, file: ProgramFile, headers: ElfHeaders): LoadedObject | Errno {
  const { pageSize } = process.cpu;
  const segments = segmentPages(headers, pageSize);
  const [first] = segments;
  const last = segments.at(-1);
  if (first === undefined || last === undefined) return 'ENOEXEC';
  if (segments.some(({ start }, index) => index > 0 && start < (segments[index - 1]?.start ?? 0))) return 'ENOEXEC';
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
  for (const each of segments) {
    const own = protectionOf(each.segment.flags);
    if (each !== first && each.fileEnd > each.start) {
      const mapped = process.mmap(file, {
        address: bias + each.start,
        length: each.fileEnd - each.start,
        offset: each.offset,
        protection: own,
        fixed: true,
      });
      if (typeof mapped === 'string') return mapped;
    }
    if (each.segment.memorySize <= each.segment.fileSize) continue;
    process.clearToPageEnd(bias + each.segment.vaddr + each.segment.fileSize);
    if (each.end > each.fileEnd) {
      const refused = process.mmapAnonymous(bias + each.fileEnd, each.end - each.fileEnd, own);
      if (refused !== null) return refused;
    }
  }
  return { file, headers, bias };
}

/** Starts a program with glibc. */
export function linkWithGlibc(request: LinkRequest): void {
  new GlibcLinker(request).run();
}

/** Directories of libraries on Debian and its like, by machine. */
const MULTIARCH: Readonly<Record<number, string>> = {
  [EM_386]: 'i386-linux-gnu',
  [EM_X86_64]: 'x86_64-linux-gnu',
  [EM_ARM]: 'arm-linux-gnueabihf',
  [EM_AARCH64]: 'aarch64-linux-gnu',
  [EM_RISCV]: 'riscv64-linux-gnu',
};

class GlibcLinker extends Linker {
  protected override map(file: ProgramFile, headers: ElfHeaders): LoadedObject | Errno {
    return mapGlibcLibrary(this.request.process, file, headers);
  }

  protected override known(name: string): LinkedObject | undefined {
    return this.loaded().find(
      (each) => each.name === name || each.dynamic.soname === name || baseName(each.name) === name,
    );
  }

  /** A library is known by the names that its own file has. */
  protected override remember(): void {
    return;
  }

  protected override loaded(): readonly LinkedObject[] {
    return [...this.list, this.self];
  }

  /** With a library missing the linker maps nothing more; the rest is only looked for. */
  protected override isMapping(): boolean {
    return missingSentence(this.request.needed) === null;
  }

  protected override failure(kind: 'missing' | 'invalid' | 'unmappable', path: string, why: string): string {
    if (kind === 'invalid') return `${path}: ${why}`;
    return kind === 'missing'
      ? `${path}: cannot open shared object file: ${why}`
      : `${path}: failed to map segment: ${why}`;
  }

  /** The linker has its turn last of all, and its own pages are protected first. */
  protected override protect(): void {
    if (!this.list.includes(this.self)) this.list.push(this.self);
    for (const { object } of [...this.list].reverse()) protectRelro(this.request.process, object);
  }

  protected override find(name: string, neededBy: LinkedObject): FoundLibrary | null {
    const { search, ldLibraryPath, linker } = this.request;
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
    lists.push(splitList(ldLibraryPath, /[:;]/));
    lists.push(this.#expand(neededBy.dynamic.runpath, neededBy));
    lists.push(this.#systemDirectories());
    for (const list of lists) {
      const found = search.find(list, name, accepts);
      if (found !== null) return found;
    }
    // What is there and cannot be used is told as that.
    for (const list of lists) {
      const found = search.find(list, name);
      if (found !== null) return found;
    }
    return null;
  }

  /** fillin_rpath(): directories with a $ that stands for nothing known are left out. */
  #expand(list: string | null, object: LinkedObject): string[] {
    if (list === null) return [];
    return splitList(list, /:/)
      .map((directory) => substitute(directory, this.#values(object)))
      .filter((directory) => directory !== null);
  }

  #values({ object, name }: LinkedObject): Record<string, string> {
    const origin = directoryOf(object === this.request.program ? object.file.path : name);
    return { ORIGIN: origin, LIB: this.request.linker.headers.bits === 64 ? 'lib64' : 'lib' };
  }

  #systemDirectories(): string[] {
    const { headers } = this.request.linker;
    const triplet = MULTIARCH[headers.machine];
    const wide = headers.bits === 64 ? ['/lib64', '/usr/lib64'] : [];
    const multi = triplet === undefined ? [] : [`/lib/${triplet}`, `/usr/lib/${triplet}`];
    return [...multi, ...wide, '/lib', '/usr/lib'];
  }
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
