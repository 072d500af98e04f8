/**
 * The dynamic linker: which one it is, and what both kinds share. musl's way is in muslLinker, glibc's in glibcLinker.
 */
import { roundDown, roundUp } from '../base/pages.ts';
import { CramfsError } from '../base/errors.ts';
import type { DynamicSection } from './dynamicSection.ts';
import { type ElfHeaders, type ElfSegment, ET_DYN, readElfHeaders } from '../elf/elf.ts';
import { type LoadedObject, loadSegments } from './elfMap.ts';
import type { LibrarySearch } from './librarySearch.ts';
import type { LinkerOptions } from './linkerCommand.ts';
import { machineName } from '../elf/machines.ts';
import type { ProgramFile } from './programFile.ts';
import { ProcessEnd, type UserProcess } from './userProcess.ts';

/** A library that is asked for, and what became of it. */
export interface NeededLibrary {
  /** As DT_NEEDED has it. */
  readonly name: string;
  /** Where it was found, symlinks followed; null: missing. */
  readonly path: string | null;
  /** The object that asks first. */
  readonly neededBy: string;
  /** Why a file that was found cannot be used; null where it can. */
  readonly problem: string | null;
  /** Directories that were searched for one that is missing, in order. */
  readonly searched: readonly string[];
  /** Whether it is opened by dlopen(), or for something that is: the program starts without it. */
  readonly atRunTime: boolean;
}

/** An object in the linker's list. */
export interface LinkedObject {
  readonly object: LoadedObject;
  readonly dynamic: DynamicSection;
  /** The path that it was opened with. */
  readonly name: string;
  /** The name that was asked for, where it is another. */
  readonly alias: string | null;
  /** The object that asked for it. */
  readonly neededBy: LinkedObject | null;
}

/** What the caller says of the environment, and of what the program does once it runs. */
export interface LinkerEnvironment {
  /** LD_LIBRARY_PATH; "" where it is not set. */
  readonly ldLibraryPath: string;
  /** LD_PRELOAD, taken apart. */
  readonly preload: readonly string[];
  /** Libraries that the program opens with dlopen(). */
  readonly dlopen: readonly string[];
}

/**
 * How a linker's work ends: the program begins; or it is a static one, and the linker has it executed (execve()).
 */
export type LinkEnd = 'linked' | 'static';

/** What a dynamic linker works on. */
export interface LinkRequest {
  readonly process: UserProcess;
  readonly search: LibrarySearch;
  /** The program, where the kernel has loaded it; null: the linker was started itself, and loads `path`. */
  readonly program: LoadedObject | null;
  /** The path of the program. */
  readonly path: string;
  readonly linker: LoadedObject;
  /** The path that the linker was started with. */
  readonly linkerPath: string;
  /** LD_LIBRARY_PATH, and what else of the environment counts. */
  readonly environment: LinkerEnvironment;
  /** The linker's own options, where it was started itself. */
  readonly options: LinkerOptions;
  /** Whether the program is only mapped, with what it needs (--list), or without (--verify). */
  readonly mode: 'run' | 'list' | 'verify';
  /** Filled with what decides here, and is not modelled. */
  readonly uncertain: string[];
  /** Filled while libraries are found, or not. */
  readonly needed: NeededLibrary[];
}

/**
 * Reads the headers of a library, and holds them against the program's.
 *
 * @param types values of e_type that are taken
 * @returns the headers, or what is wrong, in words
 */
export function readLibrary(
  file: ProgramFile,
  like: ElfHeaders,
  types: readonly number[] = [ET_DYN],
): ElfHeaders | string {
  try {
    const headers = readElfHeaders(file);
    if (headers.bits !== like.bits)
      return `it is for ${String(headers.bits)} bits, the program for ${String(like.bits)}`;
    if (headers.machine !== like.machine || headers.littleEndian !== like.littleEndian) {
      return `it is for ${machineName(headers.machine)}, the program for ${machineName(like.machine)}`;
    }
    if (!types.includes(headers.type)) return 'it is not a shared object';
    if (loadSegments(headers).length === 0) return 'it has nothing to load';
    return headers;
  } catch (error) {
    if (error instanceof CramfsError && ['NOT_ELF', 'BAD_ELF', 'BAD_BLOCK'].includes(error.code)) return error.message;
    throw error;
  }
}

/** Protections with which a linker maps a segment, and its pages. */
export interface SegmentPages {
  readonly segment: ElfSegment;
  /** First page of the segment, relative to the load bias. */
  readonly start: number;
  /** End of its last page in memory. */
  readonly end: number;
  /** End of its last page in the file. */
  readonly fileEnd: number;
  /** Page of the file, as a byte offset. */
  readonly offset: number;
}

/** The segments of an object in pages. */
export function segmentPages(headers: ElfHeaders, pageSize: number): SegmentPages[] {
  const down = (n: number): number => roundDown(n, pageSize);
  const up = (n: number): number => roundUp(n, pageSize);
  return loadSegments(headers).map((segment) => ({
    segment,
    start: down(segment.vaddr),
    end: up(segment.vaddr + segment.memorySize),
    fileEnd: up(segment.vaddr + segment.fileSize),
    offset: down(segment.offset),
  }));
}

/** The linker writes what is wrong, and exits. */
export function giveUp(why: string, status = 127): never {
  throw new ProcessEnd({ kind: 'exits', status, why });
}

/** The sentence for libraries that are missing or unusable; null where all are there. */
export function missingSentence(needed: readonly NeededLibrary[]): string | null {
  const bad = needed.filter(({ path, problem, atRunTime }) => !atRunTime && (path === null || problem !== null));
  if (bad.length === 0) return null;
  return bad
    .map(({ name, path, neededBy, problem }) =>
      path === null ? `${name}, needed by ${neededBy}, is missing` : `${path}, needed by ${neededBy}: ${problem ?? ''}`,
    )
    .join('; ');
}
