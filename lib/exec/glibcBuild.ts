/**
 * How a glibc was built: the directories that its dynamic linker searches, as its own read-only data have them.
 */
import type { ElfHeaders } from '../elf/elf.ts';
import { EM_386, EM_AARCH64, EM_ARM, EM_RISCV, EM_X86_64 } from '../elf/machines.ts';
import type { BoardFile } from '../verdict/board.ts';
import { linkerText } from './linkerKind.ts';
import type { ProgramFile } from './programFile.ts';

/** What a dynamic linker has built in. */
export interface GlibcBuild {
  /** Directories that are searched last, without a slash at the end. */
  readonly directories: readonly string[];
  /** What $LIB means. */
  readonly lib: string;
  /** What $PLATFORM means on the CPUs that are modelled; null where it means nothing. */
  readonly platform: string | null;
  /** Subdirectories of glibc-hwcaps that the CPU takes, the best first. */
  readonly hwcaps: readonly string[];
}

/** Directories of libraries on Debian and its like, by machine. */
const MULTIARCH: Readonly<Record<number, string>> = {
  [EM_386]: 'i386-linux-gnu',
  [EM_X86_64]: 'x86_64-linux-gnu',
  [EM_ARM]: 'arm-linux-gnueabihf',
  [EM_AARCH64]: 'aarch64-linux-gnu',
  [EM_RISCV]: 'riscv64-linux-gnu',
};

/** AT_PLATFORM. */
const PLATFORMS: Readonly<Record<number, string>> = {
  [EM_386]: 'i686',
  [EM_X86_64]: 'x86_64',
  [EM_ARM]: 'v7l',
  [EM_AARCH64]: 'aarch64',
};

/** What QEMU's "max" CPU takes without AVX-512, as most of what is sold. */
const HWCAPS: Readonly<Record<number, readonly string[]>> = { [EM_X86_64]: ['x86-64-v3', 'x86-64-v2'] };

/** Two or more absolute paths one after the other, each ending with a slash and a NUL: system_dirs of elf/dl-load.c. */
const SYSTEM_DIRECTORIES = /(?<![\w./+-])(?:\/[\w./+-]*lib[\w./+-]*\/\0){2,}/;

const known = new WeakMap<BoardFile, GlibcBuild>();

/** What the dynamic linker in a file has built in. What it does not say is taken to be as on Debian, or without multiarch. */
export function glibcBuild(file: ProgramFile, headers: ElfHeaders): GlibcBuild {
  const before = known.get(file.file);
  if (before !== undefined) return before;
  const { machine, bits } = headers;
  const text = linkerText(file);
  const found = SYSTEM_DIRECTORIES.exec(text)?.[0];
  const directories = found
    ?.split('\0')
    .filter((each) => each !== '')
    .map((each) => each.slice(0, -1));
  const build = {
    directories: directories ?? usualDirectories(headers),
    lib: directories?.[0]?.slice(1) ?? (bits === 64 ? 'lib64' : 'lib'),
    platform: PLATFORMS[machine] ?? null,
    // Directories of glibc-hwcaps came with glibc 2.33.
    hwcaps: directories === undefined || text.includes('glibc-hwcaps') ? (HWCAPS[machine] ?? []) : [],
  };
  known.set(file.file, build);
  return build;
}

function usualDirectories({ machine, bits }: ElfHeaders): string[] {
  const triplet = MULTIARCH[machine];
  const wide = bits === 64 ? ['/lib64', '/usr/lib64'] : [];
  const multi = triplet === undefined ? [] : [`/lib/${triplet}`, `/usr/lib/${triplet}`];
  return [...multi, ...wide, '/lib', '/usr/lib'];
}
