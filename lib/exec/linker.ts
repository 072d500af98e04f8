/**
 * What every dynamic linker does: the list of objects, breadth first, each loaded once. What differs from linker to linker
 * (where it looks, what it takes for the same library, how it maps) is left to the one that it is.
 */
import { ET_DYN, ET_EXEC, type ElfHeaders } from '../elf/elf.ts';
import type { Errno } from '../mm/errno.ts';
import {
  giveUp,
  type LinkedObject,
  type LinkEnd,
  type LinkRequest,
  missingSentence,
  readLibrary,
} from './dynamicLinker.ts';
import { type Dependency, readDynamicSection } from './dynamicSection.ts';
import type { LoadedObject } from './elfMap.ts';
import type { ProgramFile } from './programFile.ts';

/** A library that was found. */
export interface FoundLibrary {
  readonly file: ProgramFile;
  /** The path that it was opened with. */
  readonly path: string;
}

/** Who asks for a library: an object that is loaded, or the user, in these words. */
interface Asker {
  readonly object: LinkedObject;
  readonly words?: string;
}

/** A dynamic linker at work on one program. */
export abstract class Linker {
  protected readonly request: LinkRequest;
  /** The objects in the order in which their libraries are loaded: the program first. */
  protected readonly list: LinkedObject[] = [];
  /** The linker itself. It is in the list only once something asks for it. */
  protected readonly self: LinkedObject;
  /** Whether the program runs, and opens libraries. */
  #atRunTime = false;

  constructor(request: LinkRequest) {
    this.request = request;
    this.self = this.#link(request.linker, { name: request.linkerPath, alias: null, neededBy: null });
  }

  /** @throws ProcessEnd where the linker gives up, or does no more than its options ask for */
  run(): LinkEnd {
    const { program, path, needed, mode, environment } = this.request;
    const main = this.#link(program ?? this.#loadProgram(), { name: path, alias: null, neededBy: null });
    this.list.push(main);
    if (program === null && this.isStatic(main)) return 'static';
    this.preload(main);
    this.#loadAll(0);
    const missing = missingSentence(needed);
    if (missing !== null && !(mode === 'list' && this.listsMissing)) giveUp(missing);
    if (mode === 'list') giveUp('it lists the libraries, and the program is not started', 0);
    this.protect(0);
    this.finish();
    this.#atRunTime = true;
    for (const name of environment.dlopen) this.#open(name, main);
    return 'linked';
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
  /** The exit status where the program itself cannot be loaded. */
  protected abstract readonly failureStatus: number;
  /** Whether --list goes on where a library is missing. */
  protected abstract readonly listsMissing: boolean;
  /** Which of the libraries that an object names are loaded, in order. */
  protected abstract dependencies(object: LinkedObject): readonly Dependency[];
  /** Whether a program that the linker has loaded is executed by itself. Ends the process where the linker refuses it. */
  protected abstract isStatic(program: LinkedObject): boolean;
  /** Loads what is to be loaded before the program's libraries. */
  protected abstract preload(program: LinkedObject): void;
  /** Makes read-only what is to be after relocation, in the objects of the list from one on. */
  protected abstract protect(from: number): void;
  /** Whatever is tidied up before the program begins, or dlopen() returns. */
  protected abstract finish(): void;

  /** Loads a library that the user names, as the program would: a miss is no matter. */
  protected loadPreload(name: string, main: LinkedObject, words: string): void {
    this.#load({ kind: 'auxiliary', name }, { object: main, words });
  }

  #link(object: LoadedObject, how: Pick<LinkedObject, 'name' | 'alias' | 'neededBy'>): LinkedObject {
    this.request.process.useMappings();
    return { ...how, object, dynamic: readDynamicSection(this.request.process, object) };
  }

  /** The libraries of all objects from one on. Objects that come along are appended, and have their turn: breadth first. */
  #loadAll(from: number): void {
    for (let at = from; at < this.list.length; at++) {
      const object = this.list[at];
      if (object === undefined) break;
      let next = at + 1;
      for (const dependency of this.dependencies(object)) {
        const before = this.list.length;
        const found = this.#load(dependency, { object });
        if (dependency.kind === 'needed' || found === null) continue;
        // A filtee has its turn right after the object that names it.
        const index = this.list.indexOf(found, at);
        if (this.list.length === before && index <= at) continue;
        this.list.splice(index, 1);
        this.list.splice(next++, 0, found);
      }
    }
  }

  /** dlopen() by the program, once it runs. */
  #open(name: string, main: LinkedObject): void {
    const from = this.list.length;
    this.#load({ kind: 'needed', name }, { object: main, words: 'dlopen()' });
    this.#loadAll(from);
    this.protect(from);
    this.finish();
  }

  /** The linker was started by itself: it loads the program as if it were a library. */
  #loadProgram(): LoadedObject {
    const { search, path, linker, mode } = this.request;
    const status = mode === 'verify' ? 1 : this.failureStatus;
    const file = search.open(path);
    if (file === null) return giveUp(this.failure('missing', path, 'no such file'), status);
    const headers = readLibrary(file, linker.headers, [ET_DYN, ET_EXEC]);
    if (typeof headers === 'string') return giveUp(this.failure('invalid', path, headers), status);
    const mapped = this.map(file, headers);
    return typeof mapped === 'string' ? giveUp(this.failure('unmappable', path, mapped), status) : mapped;
  }

  /** Loads one library. Null where that fails; one that need not be there is then not noted. */
  #load({ kind, name }: Dependency, asker: Asker): LinkedObject | null {
    const { needed, linker } = this.request;
    const note = (path: string | null, problem: string | null = null): void => {
      if (kind === 'auxiliary' && (path === null || problem !== null)) return;
      if (needed.some((each) => each.name === name)) return;
      needed.push({
        name,
        path,
        neededBy: asker.words ?? asker.object.object.file.path,
        searched: path === null ? this.request.search.searched : [],
        problem,
        atRunTime: this.#atRunTime,
      });
    };
    const known = this.known(name);
    if (known !== undefined) {
      if (!this.list.includes(known)) this.list.push(known);
      note(known.object.file.path);
      return known;
    }
    this.request.search.begin();
    const found = this.find(name, asker.object);
    if (found === null) {
      note(null);
      return null;
    }
    const { file, path } = found;
    const { ino } = file.file.inode;
    const same = this.loaded().find(({ object }) => object.file.file.inode.ino === ino);
    if (same !== undefined) {
      this.remember(name, same);
      note(file.path);
      return same;
    }
    const headers = readLibrary(file, linker.headers);
    if (typeof headers === 'string') {
      note(file.path, headers);
      return null;
    }
    let object: LinkedObject | null = null;
    if (this.isMapping()) {
      const mapped = this.map(file, headers);
      if (typeof mapped === 'string') {
        note(file.path, `it cannot be mapped: ${mapped}`);
        return null;
      }
      object = this.#link(mapped, { name: path, alias: name === path ? null : name, neededBy: asker.object });
      this.list.push(object);
      this.remember(name, object);
    }
    note(file.path);
    return object;
  }
}
