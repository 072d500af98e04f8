/**
 * What every dynamic linker does: the list of objects, breadth first, each loaded once. What differs from linker to linker
 * (where it looks, what it takes for the same library, how it maps) is left to the one that it is.
 */
import type { Errno } from '../mm/errno.ts';
import { giveUp, type LinkedObject, type LinkRequest, missingSentence, readLibrary } from './dynamicLinker.ts';
import { readDynamicSection } from './dynamicSection.ts';
import type { ElfHeaders } from '../elf/elf.ts';
import type { LoadedObject } from './elfMap.ts';
import type { ProgramFile } from './programFile.ts';

/** A library that was found. */
export interface FoundLibrary {
  readonly file: ProgramFile;
  /** The path that it was opened with. */
  readonly path: string;
}

/** A dynamic linker at work on one program. */
export abstract class Linker {
  protected readonly request: LinkRequest;
  /** The objects in the order in which their libraries are loaded: the program first. */
  protected readonly list: LinkedObject[] = [];
  /** The linker itself. It is in the list only once something asks for it. */
  protected readonly self: LinkedObject;

  constructor(request: LinkRequest) {
    this.request = request;
    this.self = this.#link(request.linker, request.linkerPath, null);
  }

  /** @throws ProcessEnd where the linker gives up */
  run(): void {
    const { program, path, needed } = this.request;
    this.list.push(this.#link(program ?? this.#loadProgram(), path, null));
    // Objects that come along are appended, and have their turn: breadth first.
    for (const object of this.list) for (const name of object.dynamic.needed) this.#load(name, object);
    const missing = missingSentence(needed);
    if (missing !== null) giveUp(missing);
    this.protect();
  }

  /** Maps a library, or tells why that fails. */
  protected abstract map(file: ProgramFile, headers: ElfHeaders): LoadedObject | Errno;
  /** The object that a name means without a look at any file. */
  protected abstract known(name: string): LinkedObject | undefined;
  /** Looks for a library's file. */
  protected abstract find(name: string, neededBy: LinkedObject): FoundLibrary | null;
  /** Notes that a name means this object. */
  protected abstract remember(name: string, object: LinkedObject): void;
  /** Objects among which a file that was found is looked for. */
  protected abstract loaded(): readonly LinkedObject[];
  /** Whether a library that was found is mapped, and not only looked at. */
  protected abstract isMapping(): boolean;
  /** What is said where the program itself cannot be loaded. */
  protected abstract failure(kind: 'missing' | 'invalid' | 'unmappable', path: string, why: string): string;
  /** Makes read-only what is to be after relocation. */
  protected abstract protect(): void;

  #link(object: LoadedObject, name: string, neededBy: LinkedObject | null): LinkedObject {
    this.request.process.useMappings();
    return { object, name, neededBy, dynamic: readDynamicSection(this.request.process, object) };
  }

  /** The linker was started by itself: it loads the program as if it were a library. */
  #loadProgram(): LoadedObject {
    const { search, path, linker } = this.request;
    const file = search.open(path);
    if (file === null) return giveUp(this.failure('missing', path, 'no such file'));
    const headers = readLibrary(file, linker.headers);
    if (typeof headers === 'string') return giveUp(this.failure('invalid', path, headers));
    const mapped = this.map(file, headers);
    return typeof mapped === 'string' ? giveUp(this.failure('unmappable', path, mapped)) : mapped;
  }

  #load(name: string, neededBy: LinkedObject): void {
    const { needed, linker } = this.request;
    const note = (path: string | null, problem: string | null = null): void => {
      if (needed.some((each) => each.name === name)) return;
      needed.push({ name, path, neededBy: neededBy.object.file.path, problem });
    };
    const known = this.known(name);
    if (known !== undefined) {
      if (!this.list.includes(known)) this.list.push(known);
      note(known.object.file.path);
      return;
    }
    const found = this.find(name, neededBy);
    if (found === null) {
      note(null);
      return;
    }
    const { file, path } = found;
    const { position } = file.file.inode;
    const same = this.loaded().find(({ object }) => object.file.file.inode.position === position);
    if (same !== undefined) {
      this.remember(name, same);
      note(file.path);
      return;
    }
    const headers = readLibrary(file, linker.headers);
    if (typeof headers === 'string') {
      note(file.path, headers);
      return;
    }
    if (this.isMapping()) {
      const mapped = this.map(file, headers);
      if (typeof mapped === 'string') {
        note(file.path, `it cannot be mapped: ${mapped}`);
        return;
      }
      const object = this.#link(mapped, path, neededBy);
      this.list.push(object);
      this.remember(name, object);
    }
    note(file.path);
  }
}
