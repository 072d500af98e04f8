/** What glibc's dynamic linker does beyond the search of directories: its own options, the cache, preloads, filtees. */
import { describe, expect, test } from '@jest/globals';
import { LibraryCache, readLibraryCache } from '../lib/exec/libraryCache.ts';
import { linkerCommand } from '../lib/exec/linkerCommand.ts';
import { dynamicObject } from './support/elfFile.ts';
import { exec, found } from './support/execTree.ts';

const GLIBC = '/lib/ld-linux.so.2';
const linker = dynamicObject({ soname: 'ld-linux.so.2' });
const app = (needed: string[], more = {}): Uint8Array => dynamicObject({ interpreter: GLIBC, needed, ...more });

/** A cache as ldconfig writes it, for i386. */
function cacheOf(entries: readonly (readonly [name: string, path: string])[]): Uint8Array {
  const bytes = new Uint8Array(4096);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode('glibc-ld.so.cache1.1'));
  view.setUint32(20, entries.length, true);
  bytes[28] = 2;
  let at = 48 + entries.length * 24;
  const text = (value: string): number => {
    bytes.set(new TextEncoder().encode(value), at);
    at += value.length + 1;
    return at - value.length - 1;
  };
  entries.forEach(([name, path], index) => {
    [3, text(name), text(path)].forEach((word, field) => {
      view.setUint32(48 + index * 24 + field * 4, word, true);
    });
  });
  return bytes.subarray(0, at);
}

describe('/etc/ld.so.cache', () => {
  const tree = {
    app: app(['liba.so']),
    lib: { 'ld-linux.so.2': linker, 'liba.so': dynamicObject() },
    opt: { 'liba.so': dynamicObject() },
  };
  const etc = { 'ld.so.cache': cacheOf([['liba.so', '/opt/liba.so']]) };

  test('comes before the default directories, is mapped once and unmapped before the program begins', () => {
    const report = exec({ ...tree, etc }, { path: '/app' });
    expect(found(report)).toEqual({ 'liba.so': '/opt/liba.so' });
    expect(report.log.filter((line) => line.includes('mapped ld.so.cache[0]'))).toHaveLength(1);
    expect(report.mappings.some(({ object }) => object.endsWith('ld.so.cache'))).toBe(false);
  });

  test('comes after LD_LIBRARY_PATH, and is not looked at with --inhibit-cache', () => {
    expect(found(exec({ ...tree, etc }, { path: '/app', ldLibraryPath: '/lib' }))).toEqual({
      'liba.so': '/lib/liba.so',
    });
    const args = ['--inhibit-cache', '/app'];
    expect(found(exec({ ...tree, etc }, { path: GLIBC, args }))).toEqual({ 'liba.so': '/lib/liba.so' });
  });

  test('of another kind is ignored, and one of the oldest format makes the answer uncertain', () => {
    const of = (content: string | Uint8Array) => exec({ ...tree, etc: { 'ld.so.cache': content } }, { path: '/app' });
    expect(of('just text'.repeat(20))).toMatchObject({ uncertain: [], outcome: { kind: 'runs' } });
    expect(of(`ld.so-1.7.0${'\0'.repeat(80)}`).uncertain).toHaveLength(1);
  });

  test('whose counts and offsets lie is read as far as it goes', () => {
    const bytes = cacheOf([['liba.so', '/opt/liba.so']]);
    const view = new DataView(bytes.buffer);
    view.setUint32(52, 0xffff_fff0, true);
    const header = { machine: 3, littleEndian: true };
    expect(readLibraryCache(bytes, header)).toBeInstanceOf(LibraryCache);
    view.setUint32(20, 0xffff_ffff, true);
    expect(readLibraryCache(bytes, header)).toBe('ignored');
  });
});

describe('libraries that nothing needs', () => {
  const tree = {
    app: app(['liba.so']),
    lib: {
      'ld-linux.so.2': linker,
      'liba.so': dynamicObject(),
      'libp.so': dynamicObject({ needed: ['libq.so'] }),
      'libq.so': dynamicObject(),
    },
  };

  test('are preloaded by LD_PRELOAD, --preload and /etc/ld.so.preload, before the others', () => {
    const runs = [
      exec(tree, { path: '/app', ldPreload: 'libp.so nothing.so' }),
      exec(tree, { path: GLIBC, args: ['--preload', 'libp.so', '/app'] }),
      exec({ ...tree, etc: { 'ld.so.preload': '# first\nlibp.so # second\n' } }, { path: '/app' }),
    ];
    for (const report of runs) {
      expect(report.outcome.kind).toBe('runs');
      expect(report.needed.map(({ name }) => name)).toEqual(['libp.so', 'liba.so', 'libq.so']);
    }
    expect(runs[2]?.log).toContainEqual(expect.stringContaining('ld.so.preload[0]: direct mmap impossible'));
  });

  test('are opened at run time with --dlopen, and one that is missing does not keep the program from its start', () => {
    const report = exec(tree, { path: '/app', dlopen: ['libp.so', 'gone.so'] });
    expect(report.outcome.kind).toBe('runs');
    expect(report.needed.map(({ name, path, atRunTime }) => [name, path, atRunTime])).toEqual([
      ['liba.so', '/lib/liba.so', false],
      ['libp.so', '/lib/libp.so', true],
      ['libq.so', '/lib/libq.so', true],
      ['gone.so', null, true],
    ]);
  });
});

test('a missing library lists the directories that were searched', () => {
  const tree = { app: app(['gone.so'], { runpath: '/own' }), lib: { 'ld-linux.so.2': linker } };
  const { outcome, needed } = exec(tree, { path: '/app', ldLibraryPath: '/first' });
  expect(outcome).toMatchObject({ kind: 'exits', status: 127 });
  expect(needed[0]?.searched.slice(0, 2)).toEqual(['/first', '/own']);
  expect(needed[0]?.searched).toContain('/usr/lib');
});

test('LD_LIBRARY_PATH is not set unless it is given', () => {
  const tree = { app: app(['liba.so']), lib: { 'ld-linux.so.2': linker }, own: { 'liba.so': dynamicObject() } };
  expect(exec(tree, { path: '/app' }).outcome.kind).toBe('exits');
  expect(exec(tree, { path: '/app', ldLibraryPath: '/own' }).outcome.kind).toBe('runs');
});

test('the linker that is started without a program, or with an option that it does not know, exits with 1', () => {
  for (const kind of ['glibc', 'musl'] as const) {
    expect(linkerCommand(kind, ['ld'])).toMatchObject({ kind: 'exits', status: 1 });
    expect(linkerCommand(kind, ['ld', '--nosuch', '/app'])).toMatchObject({ kind: 'exits', status: 1 });
  }
  expect(linkerCommand('glibc', ['ld', '--library-path=/x', '/app'])).toMatchObject({ kind: 'exits', status: 1 });
  expect(linkerCommand('musl', ['ld', '--library-path=/x', '/app'])).toMatchObject({
    kind: 'program',
    options: { libraryPath: '/x' },
  });
  expect(linkerCommand('glibc', ['ld', '--help'])).toMatchObject({ kind: 'exits', status: 0 });
});

test('--verify maps the program and nothing else', () => {
  const tree = { app: app(['liba.so']), lib: { 'ld-linux.so.2': linker, 'liba.so': dynamicObject() } };
  const { outcome, needed, log } = exec(tree, { path: GLIBC, args: ['--verify', '/app'] });
  expect(outcome).toMatchObject({ kind: 'exits', status: 0 });
  expect(needed).toEqual([]);
  expect(log.some((line) => line.includes('app[0]'))).toBe(true);
});
