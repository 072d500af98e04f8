/**
 * `cramfs stage` on a Debian root: the closure of each program is the one that Debian's own dynamic linker (--list, without its
 * cache) and lddtree of pax-utils name. `npm run test:debian` downloads them.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, test } from '@jest/globals';
import { directoryTree } from '../lib/mkfs/source/directoryTree.node.ts';
import { findClosure } from '../lib/stage/closure.ts';

const ROOT = join(process.env.DEBIAN_ROOTS ?? '', 'amd64', 'root');
const PROGRAMS = (
  'bash busybox cat cp curl cut date dd df diff env file find git grep gzip head id less ls mv ps ' +
  'sed sort ssh stat tail tar top tr wc xz perl python3 openssl gdb'
).split(' ');
const LINKER = '/lib64/ld-linux-x86-64.so.2';

/** Paths in the root, without symbolic links, each once. Absolute links lead out of the root here, and are followed in it. */
const real = (paths: readonly string[]): string[] => {
  const root = realpathSync(ROOT);
  const resolved = paths.map((path) => {
    const found = realpathSync(path.startsWith(ROOT) ? path : join(ROOT, path));
    return (found.startsWith(`${root}/`) ? found : realpathSync(join(root, found))).slice(root.length);
  });
  return [...new Set(resolved)].sort();
};
const isElf = (path: string): boolean => readFileSync(join(ROOT, path)).subarray(1, 4).toString() === 'ELF';

/** What lddtree names: the program, its interpreter, its libraries. */
function lddtree(path: string): string[] {
  const env = { ...process.env, PYTHONPATH: join(ROOT, 'usr/lib/python3/dist-packages') };
  const output = execFileSync('python3', [join(ROOT, 'usr/bin/lddtree'), '-R', ROOT, '-l', path], {
    env,
    encoding: 'utf8',
  });
  return real(output.split('\n').filter((line) => line !== ''));
}

/** What the root's own linker names; it runs, where this computer can run it. */
function ldSo(path: string): string[] {
  const libraries = ['lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu'].map((name) => join(ROOT, name)).join(':');
  const argv = ['--inhibit-cache', '--library-path', libraries, '--list', join(ROOT, path)];
  const output = execFileSync(join(ROOT, real([LINKER])[0] ?? ''), argv, { encoding: 'utf8' });
  return real([path, LINKER, ...(output.match(/(?<==> )\/\S+/g) ?? [])]);
}

describe('the closure on Debian', () => {
  const tree = directoryTree(ROOT);
  const found = PROGRAMS.map((name) => `/usr/bin/${name}`).filter(
    (path) => existsSync(join(ROOT, path)) && isElf(path),
  );
  const closure = (path: string): string[] => {
    const { files, problems, uncertain } = findClosure(tree, { roots: [path] });
    expect({ path, problems, uncertain }).toEqual({ path, problems: [], uncertain: [] });
    const named = files.filter(({ reason }) => reason !== 'configuration').map((file) => file.path);
    return real(named.filter((each) => statSync(join(ROOT, real([each])[0] ?? '')).isFile()));
  };

  test('is tried with 30 programs at least', () => {
    expect(found.length).toBeGreaterThanOrEqual(30);
  });

  test.each(found)('of %s is that of lddtree and of ld.so', (path) => {
    const ours = closure(path);
    expect(ours).toEqual(lddtree(path));
    if (process.arch === 'x64') expect(ours).toEqual(ldSo(path));
  });
});
