/**
 * The command line of a dynamic linker that is started as a program: options of its own, and then the program. glibc's are
 * those of elf/rtld.c, musl's those of ldso/dynlink.c.
 */
import { splitList } from './librarySearch.ts';

/** Which dynamic linker: uClibc's maps as glibc's does. */
export type LinkerKind = 'musl' | 'glibc';

/** What the options of a dynamic linker come to. */
export type LinkerCommand =
  /** It ends by itself: an option that it does not know, no program, or --help and its like. */
  | { readonly kind: 'exits'; readonly status: number; readonly why: string }
  | {
      readonly kind: 'program';
      readonly path: string;
      /** The program's own arguments, its name first. */
      readonly argv: readonly string[];
      /** Run it, only map it and what it needs, or only map it. */
      readonly mode: 'run' | 'list' | 'verify';
      readonly options: LinkerOptions;
    };

/** Options that have a meaning for the search of libraries; null or empty where they are not given. */
export interface LinkerOptions {
  readonly libraryPath: string | null;
  readonly preload: readonly string[];
  /** Whether /etc/ld.so.cache is left alone. */
  readonly inhibitCache: boolean;
  /** Objects whose RPATH and RUNPATH count for nothing. */
  readonly inhibitRpath: readonly string[];
  /** Subdirectories of glibc-hwcaps to search first. */
  readonly hwcapsPrepend: readonly string[];
  /** Those of the usual subdirectories that are searched; null: all. */
  readonly hwcapsMask: readonly string[] | null;
  /** Auditing libraries, which are not modelled. */
  readonly audit: readonly string[];
}

/** No options. */
export const NO_OPTIONS: LinkerOptions = {
  libraryPath: null,
  preload: [],
  inhibitCache: false,
  inhibitRpath: [],
  hwcapsPrepend: [],
  hwcapsMask: null,
  audit: [],
};

/** LD_PRELOAD and --preload: names with blanks or colons between them. */
export function splitPreload(list: string): string[] {
  return splitList(list, /[\s:]+/);
}

/** Takes the command line of a linker apart. */
export function linkerCommand(kind: LinkerKind, argv: readonly string[]): LinkerCommand {
  return kind === 'musl' ? muslCommand(argv) : glibcCommand(argv);
}

const usage = (why: string): LinkerCommand => ({ kind: 'exits', status: 1, why });
const done = (what: string): LinkerCommand => ({ kind: 'exits', status: 0, why: what });

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const GLIBC_VALUES: Readonly<Record<string, (options: Mutable<LinkerOptions>, value: string) => void>> = {
  '--library-path': (options, value) => (options.libraryPath = value),
  '--preload': (options, value) => (options.preload = splitPreload(value)),
  '--inhibit-rpath': (options, value) => (options.inhibitRpath = splitList(value, /:/)),
  '--glibc-hwcaps-prepend': (options, value) => (options.hwcapsPrepend = splitList(value, /:/)),
  '--glibc-hwcaps-mask': (options, value) => (options.hwcapsMask = splitList(value, /:/)),
  '--audit': (options, value) => (options.audit = splitList(value, /:/)),
  '--argv0': () => undefined,
};
const GLIBC_PRINTS = ['--help', '--version', '--list-tunables', '--list-diagnostics'];

function glibcCommand(argv: readonly string[]): LinkerCommand {
  const options: Mutable<LinkerOptions> = { ...NO_OPTIONS };
  let mode: 'run' | 'list' | 'verify' = 'run';
  let at = 1;
  for (; at < argv.length; at++) {
    const option = argv[at] ?? '';
    const take = GLIBC_VALUES[option];
    if (option === '--list') mode = 'list';
    else if (option === '--verify') mode = 'verify';
    else if (option === '--inhibit-cache') options.inhibitCache = true;
    else if (take !== undefined && at + 1 < argv.length) take(options, argv[++at] ?? '');
    else if (GLIBC_PRINTS.includes(option)) return done(`${option} prints, and no program is started`);
    else if (option === '--') {
      at++;
      break;
    } else if (option.startsWith('--')) return usage(`unrecognized option '${option}'`);
    else break;
  }
  const path = argv[at];
  if (path === undefined) return usage('missing program name');
  return { kind: 'program', path, argv: argv.slice(at), mode, options };
}

/** musl takes the value as the next argument, or with "="; only the beginnings of options are compared. */
function muslCommand(argv: readonly string[]): LinkerCommand {
  const options: Mutable<LinkerOptions> = { ...NO_OPTIONS };
  let mode: 'run' | 'list' = (argv[0] ?? '').endsWith('ldd') ? 'list' : 'run';
  const failed = usage('it prints how it is used, and no program is started');
  let at = 1;
  for (; (argv[at] ?? '').startsWith('--'); at++) {
    const option = (argv[at] ?? '').slice(2);
    if (option === '') {
      at++;
      break;
    }
    const name = ['library-path', 'preload', 'argv0'].find((each) => option.startsWith(each));
    if (option === 'list') mode = 'list';
    else if (name === undefined) return failed;
    else {
      const rest = option.slice(name.length);
      if (rest !== '' && !rest.startsWith('=')) return failed;
      const value = rest === '' ? argv[++at] : rest.slice(1);
      if (name === 'library-path') options.libraryPath = value ?? null;
      if (name === 'preload') options.preload = splitPreload(value ?? '');
    }
  }
  const path = argv[at];
  return path === undefined ? failed : { kind: 'program', path, argv: argv.slice(at), mode, options };
}
