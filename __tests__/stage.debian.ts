/**
 * `cramfs stage` on a Debian root: the closure of each program is the one that Debian's own dynamic linker (--list, without its
 * cache) and lddtree of pax-utils name. `npm run test:debian` downloads them.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { describe, expect, test } from '@jest/globals';
import { directoryTree } from '../lib/mkfs/source/directoryTree.node.ts';
import { findClosure } from '../lib/stage/closure.ts';

const ROOT = realpathSync(join(process.env.DEBIAN_ROOTS ?? '', 'amd64', 'root'));
const PROGRAMS = (
  'bash busybox cat cp curl cut date dd df diff env file find git grep gzip head id less ls mv ps ' +
  'sed sort ssh stat tail tar top tr wc xz perl python3 openssl gdb'
).split(' ');
const LINKER = '/lib64/ld-linux-x86-64.so.2';

/** A path in the root without symbolic links, as chroot(2) would see it: absolute links begin at the root. */
function realPath(path: string, links = 0): string {
  let at = '/';
  const names = path.split('/').filter((name) => name !== '');
  for (const [index, name] of names.entries()) {
    const next = join(at, name);
    if (!lstatSync(join(ROOT, next)).isSymbolicLink()) {
      at = next;
      continue;
    }
    if (links === 40) throw new Error(`${path}: too many symbolic links`);
    const target = resolve(at, readlinkSync(join(ROOT, next)));
    return realPath(join(target, ...names.slice(index + 1)), links + 1);
  }
  return at;
}

/** Paths of the root, or in it, without symbolic links, each once. */
const real = (paths: readonly string[]): string[] => {
  const inside = paths.map((path) => (path.startsWith(ROOT) ? path.slice(ROOT.length) : path));
  return [...new Set(inside.map((path) => realPath(path)))].sort();
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
  const output = execFileSync(join(ROOT, realPath(LINKER)), argv, { encoding: 'utf8' });
  return real([path, LINKER, ...(output.match(/(?<==> )\/\S+/g) ?? [])]);
}

describe('the closure on Debian', () => {
  const tree = directoryTree(ROOT);
  const found = PROGRAMS.flatMap((name) => {
    const path = ['/usr/bin', '/bin'].map((folder) => `${folder}/${name}`).find((each) => existsSync(join(ROOT, each)));
    return path !== undefined && isElf(path) ? [path] : [];
  });
  const closure = (path: string): string[] => {
    const { files, problems, uncertain } = findClosure(tree, { roots: [path] });
    expect({ path, problems, uncertain }).toEqual({ path, problems: [], uncertain: [] });
    const named = files.filter(({ reason }) => reason !== 'configuration').map((file) => file.path);
    return real(named.filter((each) => lstatSync(join(ROOT, realPath(each))).isFile()));
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
