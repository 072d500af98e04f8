/** Scripts, and programs with libraries: what is looked for where, and how it is mapped. */
import { describe, expect, test } from '@jest/globals';
import type { ExecReport } from '../lib/exec/execProgram.ts';
import { dynamicObject } from './support/elfFile.ts';
import { exec, found, type Tree } from './support/execTree.ts';

/** Mappings in short: object, pages, permissions, file page or "direct". */
const brief = ({ mappings }: ExecReport, object: string): string[] => {
  const own = mappings.filter((mapping) => mapping.object === object);
  const base = own[0]?.start ?? 0;
  return own.map(({ start, end, perms, state }) => {
    const page = (address: number): string => String((address - base) / 4096);
    return `${page(start)}-${page(end)} ${perms} ${state}`;
  });
};

const MUSL = '/lib/ld-musl-i386.so.1';
const GLIBC = '/lib/ld-linux.so.2';
const linker = dynamicObject();

describe('scripts', () => {
  const lib = { 'ld-musl-i386.so.1': linker };
  const app = dynamicObject({ interpreter: MUSL });

  test.each([
    ['#!/app\n', ['/app', '/run', 'one']],
    ['#! /app -x y \n', ['/app', '-x y', '/run', 'one']],
    ['#!\t/app\t-x', ['/app', '-x', '/run', 'one']],
  ])('%j passes %j', (script, argv) => {
    const report = exec({ app, lib, run: script }, { path: '/run', args: ['one'] });
    expect(report.outcome.kind).toBe('runs');
    expect(report.argv).toEqual(argv);
    expect(report.scripts).toEqual(['/run']);
  });

  test.each([
    ['#!\n', 'ENOEXEC'],
    ['#!   \n', 'ENOEXEC'],
    [`#!/${'a'.repeat(300)}\n`, 'ENOEXEC'],
    ['#!/nothing\n', 'ENOENT'],
    ['#!/run\n', 'ELOOP'],
    ['#!/lib\n', 'EACCES'],
    ['#!/run/x\n', 'ENOTDIR'],
    ['echo no interpreter\n', 'ENOEXEC'],
  ])('%j is %s', (script, errno) => {
    expect(exec({ lib, run: script }, { path: '/run' }).outcome).toMatchObject({ kind: 'failed', errno });
  });
});

describe.each([
  ['musl', MUSL],
  ['glibc', GLIBC],
])('libraries with %s', (_, interpreter) => {
  const ld = { [interpreter.slice(5)]: linker };
  const app = (needed: string[], more = {}): Uint8Array => dynamicObject({ interpreter, needed, ...more });

  test('are searched breadth first, each once, symlinks followed', () => {
    const report = exec(
      {
        bin: { app: app(['liba.so.1', 'libb.so']) },
        lib: {
          ...ld,
          'liba.so.1': '-> liba.so.1.2',
          'liba.so.1.2': dynamicObject({ soname: 'liba.so.1', needed: ['libd.so', 'libb.so'] }),
          'libb.so': dynamicObject({ needed: ['liba.so.1'] }),
        },
        usr: { lib: { 'libd.so': dynamicObject() } },
      },
      { path: '/bin/app' },
    );
    expect(report.outcome.kind).toBe('runs');
    expect(report.needed.map(({ name, path }) => `${name} ${String(path)}`)).toEqual([
      'liba.so.1 /lib/liba.so.1.2',
      'libb.so /lib/libb.so',
      'libd.so /usr/lib/libd.so',
    ]);
  });

  test('are found by RUNPATH with $ORIGIN, and behind LD_LIBRARY_PATH', () => {
    const tree = {
      opt: {
        bin: { app: app(['libx.so'], { runpath: '$ORIGIN/../own:/elsewhere' }) },
        own: { 'libx.so': dynamicObject() },
      },
      lib: ld,
      first: { 'libx.so': dynamicObject() },
    };
    expect(found(exec(tree, { path: '/opt/bin/app' }))).toEqual({ 'libx.so': '/opt/own/libx.so' });
    expect(found(exec(tree, { path: '/opt/bin/app', ldLibraryPath: '/void:/first' }))).toEqual({
      'libx.so': '/first/libx.so',
    });
  });

  test('are found by the RPATH of whoever asked for the one that asks', () => {
    const tree = {
      app: app(['liba.so'], { rpath: '${ORIGIN}/own' }),
      own: { 'liba.so': dynamicObject({ needed: ['libb.so'] }), 'libb.so': dynamicObject() },
      lib: ld,
    };
    expect(found(exec(tree, { path: '/app' }))).toEqual({ 'liba.so': '/own/liba.so', 'libb.so': '/own/libb.so' });
  });

  test('are told when they are missing, all of them', () => {
    const report = exec(
      { app: app(['liba.so', 'libgone.so', 'libgone2.so']), lib: { ...ld, 'liba.so': dynamicObject() } },
      { path: '/app' },
    );
    expect(report.outcome).toMatchObject({ kind: 'exits', status: 127 });
    expect(found(report)).toEqual({ 'liba.so': '/lib/liba.so', 'libgone.so': null, 'libgone2.so': null });
  });

  test('for another machine are of no use', () => {
    const report = exec(
      { app: app(['liba.so']), lib: { ...ld, 'liba.so': dynamicObject({ machine: 40 }) } },
      { path: '/app' },
    );
    expect(report.outcome).toMatchObject({ kind: 'exits', status: 127 });
    expect(report.needed).toMatchObject([{ name: 'liba.so', problem: 'it is for ARM, the program for i386' }]);
  });

  test('leave the first segment of the whole-span mapping mixed, the others direct', () => {
    const report = exec({ app: app(['liba.so']), lib: { ...ld, 'liba.so': dynamicObject() } }, { path: '/app' });
    expect(brief(report, '/lib/liba.so')).toEqual([
      '0-1 r--p mixedmap',
      '1-2 r-xp pfnmap',
      '2-3 r--p pfnmap',
      '3-4 r--p none',
      '4-5 rw-p none',
    ]);
  });

  test('with an interpreter for another machine the program does not start', () => {
    const report = exec(
      { app: app([]), lib: { [interpreter.slice(5)]: dynamicObject({ machine: 40 }) } },
      { path: '/app' },
    );
    expect(report.outcome).toMatchObject({ kind: 'failed', errno: 'ELIBBAD' });
  });
});

test('glibc makes holes between segments inaccessible, musl leaves them as they are', () => {
  const libraries = (name: string): Tree => ({ [name]: linker, 'liba.so': dynamicObject({ hole: 0x2000 }) });
  const app = (interpreter: string): Uint8Array => dynamicObject({ interpreter, needed: ['liba.so'] });
  const glibc = exec({ app: app(GLIBC), lib: libraries('ld-linux.so.2') }, { path: '/app' });
  expect(brief(glibc, '/lib/liba.so').slice(0, 3)).toEqual([
    '0-1 r--p mixedmap',
    '1-3 ---p mixedmap',
    '3-4 r-xp pfnmap',
  ]);
  const musl = exec({ app: app(MUSL), lib: libraries('ld-musl-i386.so.1') }, { path: '/app' });
  expect(brief(musl, '/lib/liba.so').slice(0, 2)).toEqual(['0-3 r--p mixedmap', '3-4 r-xp pfnmap']);
});

test('bss behind the data is anonymous memory', () => {
  const app = dynamicObject({ interpreter: MUSL, bss: 0x3000 });
  const { mappings } = exec({ app, lib: { 'ld-musl-i386.so.1': linker } }, { path: '/app' });
  const data = mappings.find(({ perms, object }) => perms === 'rw-p' && object === '/app');
  const bss = mappings.find(({ start }) => start === data?.end);
  expect(bss).toMatchObject({ object: '', perms: 'rw-p', offset: 0, state: 'anonymous' });
  expect((bss?.end ?? 0) - (bss?.start ?? 0)).toBe(0x3000);
});

describe('a dynamic linker by another name', () => {
  const start = (ld: Uint8Array | string): ExecReport => {
    const app = dynamicObject({ interpreter: '/lib/ld.so', needed: ['libgone.so'] });
    return exec({ app, lib: { 'ld.so': ld } }, { path: '/app' });
  };
  const saying = (text: string): Uint8Array => Buffer.concat([linker, Buffer.from(text)]);

  test.each([
    ['musl', 'musl libc (i386)\0'],
    ['glibc', '\0GLIBC_PRIVATE\0'],
    ['glibc', '\0/etc/ld.so.cache\0glibc-ld.so.cache1.1'],
  ])('is taken for that of %s by its texts', (kind, text) => {
    const report = start(saying(text));
    expect(report).toMatchObject({ linker: kind, outcome: { kind: 'exits', status: 127 }, uncertain: [] });
    expect(found(report)).toEqual({ 'libgone.so': null });
  });

  test('that says nothing of the kind is not known, and only what execve() maps is told', () => {
    const report = start(linker);
    expect(report).toMatchObject({ linker: 'unknown', outcome: { kind: 'runs' }, needed: [] });
    expect(report.uncertain).toEqual([
      '/lib/ld.so is not the dynamic linker of glibc or musl: what it maps is not known',
    ]);
    expect(new Set(report.mappings.map(({ object }) => object))).toEqual(new Set(['/app', '/lib/ld.so', '']));
  });
});
