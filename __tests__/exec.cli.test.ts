/** `cramfs exec`: text, JSON and exit codes. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runCramfs } from '../lib/cli/cramfs.ts';
import { Folder, type Run, runProgram } from './support/cli.ts';

let folder: Folder;
const images: Record<string, string> = {};

beforeAll(() => {
  folder = new Folder();
  for (const name of ['root-XX', 'mini-XX', 'arch-XX']) images[name] = folder.fixture(`images/${name}.cramfs.gz`);
  images.flat = folder.fixture('nommu/images/flat.cramfs.gz');
});
afterAll(() => {
  folder.remove();
});

const exec = (image: string, ...args: string[]): Promise<Run> =>
  runProgram(runCramfs, ['exec', images[image] ?? image, ...args]);

test('tells mappings, libraries, flash, RAM and the log', async () => {
  const { code, stdout, stderr } = await exec('root-XX', '/bin/hello');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('/bin/hello, ELF32 little endian for i386: starts');
  expect(stdout).toContain('56556000-56557000 r-xp 10008000 PFNMAP        1/1 direct /bin/hello');
  expect(stdout).toContain('needs libgreet.so: /lib/libgreet.so');
  expect(stdout).toContain('cramfs: libgreet.so[2]: direct mmap impossible: vma is writable');
});

test('prints JSON, anonymous memory only with --all', async () => {
  interface Printed {
    readonly mappings: readonly { readonly state: string }[];
    readonly ramBytes: number;
    readonly flashBytes: number;
  }
  const plain = JSON.parse((await exec('root-XX', '/bin/counter', '--json')).stdout) as Printed;
  expect(plain).toMatchObject({ schemaVersion: 1, outcome: 'runs', errno: null, needed: [] });
  expect(plain.mappings[1]).toEqual({
    object: '/bin/counter',
    start: '0xf7ff5000',
    end: '0xf7ff6000',
    perms: 'r-xp',
    offset: '0x10004000',
    state: 'pfnmap',
    pages: 1,
    directPages: 1,
  });
  // Headers, text and constants from flash; three pages of data in RAM.
  expect(plain).toMatchObject({ flashBytes: 3 * 4096, ramBytes: 3 * 4096 });
  const all = JSON.parse((await exec('root-XX', '/bin/counter', '--json', '--all')).stdout) as Printed;
  // The bss, and the stack.
  expect(all.mappings.length).toBe(plain.mappings.length + 2);
});

test('judges the segments of each object as the mappings that were made show them', async () => {
  interface Segment {
    readonly kind: string;
    readonly perms: string;
    readonly pages: number;
    readonly directPages: number;
    readonly state: string;
  }
  interface Printed {
    readonly mappings: readonly (Omit<Segment, 'kind'> & { readonly object: string })[];
    readonly objects: readonly { readonly path: string; readonly segments: readonly Segment[] }[];
  }
  const { mappings, objects } = JSON.parse((await exec('root-XX', '/bin/hello', '--json')).stdout) as Printed;
  expect(objects.map(({ path }) => path)).toEqual(['/bin/hello', '/lib/ld-musl-i386.so.1', '/lib/libgreet.so']);
  for (const { path, segments } of objects) {
    const text = segments.find(({ kind }) => kind === 'text');
    const mapped = mappings.find(({ object, perms }) => object === path && perms === 'r-xp');
    expect(text).toMatchObject({ pages: mapped?.pages, directPages: mapped?.directPages, state: mapped?.state });
    expect(text?.directPages).toBeGreaterThan(0);
    expect(segments.filter(({ kind }) => kind === 'data').map(({ directPages }) => directPages)).toEqual([0]);
  }
});

describe('a program that does not start', () => {
  test.each([
    ['root-XX', ['/bin/bare'], 1, 'execve fails with ENOEXEC: it is not an ELF file'],
    ['root-XX', ['/etc/motd'], 1, 'execve fails with EACCES'],
    ['mini-XX', ['/bin/hello'], 1, 'execve fails with ENOENT: the interpreter of /bin/hello'],
    ['root-XX', ['/bin/init', '--cpu', 'arm64'], 1, 'it is a program for another machine'],
    ['arch-XX', ['/lib/ld-musl-s390x.so.1'], 1, 'found one for S/390, big endian'],
    ['root-XX', ['/bin/hello', '--kernel', 'linux-6.17'], 1, 'dies of SIGKILL: page 0 of /bin/hello'],
    ['root-XX', ['/bin/init', '--kernel', 'patch-v1', '--stack-init', 'pattern'], 1, 'the kernel dies: BUG_ON'],
    ['root-XX', ['/bin/hello', '--kernel', 'nommu'], 1, ''],
    ['root-XX', ['/nothing'], 2, 'no such file or directory'],
    ['root-XX', ['/bin/hello', '--kernel', 'nosuch'], 2, ''],
    ['/nonexistent/image', ['/bin/hello'], 3, ''],
  ])('%s %j: exit %i', async (image, args, code, message) => {
    const run = await exec(image, ...args);
    expect(run.code).toBe(code);
    // Said once: in the text, or as an error.
    expect(`${run.stdout}${run.stderr}`.replace(/\n +/g, ' ')).toContain(message);
  });
});

test('shows a bFLT program without an MMU', async () => {
  const { code, stdout } = await exec('flat', '/a_direct2', '--kernel', 'nommu', '--phys', '0x22000000');
  expect(code).toBe(0);
  expect(stdout).toContain('starts: its text runs from flash');
  expect(stdout).toContain('bFLT version  4');
});
