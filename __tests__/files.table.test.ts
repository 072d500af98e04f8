/** Every path that a command takes, and every way in which a path can fail: one sentence, one exit code, nothing left. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { cannotRead } from '../lib/cli/inputFile.ts';
import { cannotWrite } from '../lib/cli/cannotWrite.ts';
import { runCramfs } from '../lib/cli/cramfs.ts';
import { plainLine } from '../lib/format/escapedNames.ts';
import { Folder, type Run, runProgram } from './support/cli.ts';

const folder = new Folder();
const image = folder.fixture('images/mini-XX.cramfs.gz');
const source = join(folder.path, 'source');
mkdirSync(source);
const closed = join(folder.path, 'closed');
mkdirSync(closed);
const plain = folder.file('plain', 'text');
symlinkSync('loop', join(folder.path, 'loop'));
const listed = folder.file('listing', '');
const good = join(folder.path, 'good');
mkdirSync(good);
chmodSync(folder.path, 0o755);
chmodSync(good, 0o777);

afterAll(() => {
  folder.remove();
});

const PATHS = {
  EACCES: join(closed, 'x'),
  ENOTDIR: join(plain, 'x'),
  ENAMETOOLONG: join(folder.path, 'n'.repeat(300)),
  ELOOP: join(folder.path, 'loop', 'x'),
  EISDIR: folder.path,
  ENOSPC: '/dev/full',
} as const;
type Fault = keyof typeof PATHS;

const WORDS: Record<Fault, string> = {
  EACCES: 'permission denied',
  ENOTDIR: 'a part of the path is not a directory',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'too many symbolic links',
  EISDIR: 'it is a directory',
  ENOSPC: 'no space left on the device',
};

/** Options that a path is read from. */
const READ: Record<string, (path: string) => string[]> = {
  'map IMAGE': (path) => ['map', path, '/x'],
  'map --batch': (path) => ['map', image, '--batch', path],
  'compare-kernels IMAGE': (path) => ['compare-kernels', path, 'linux-6.1'],
  'exec IMAGE': (path) => ['exec', path, '/x'],
  'info IMAGE': (path) => ['info', path],
  'ls IMAGE': (path) => ['ls', path],
  'tree IMAGE': (path) => ['tree', path],
  'cat IMAGE': (path) => ['cat', path, '/x'],
  'stat IMAGE': (path) => ['stat', path, '/x'],
  'blocks IMAGE': (path) => ['blocks', path, '/x'],
  'scan FILE': (path) => ['scan', path],
  'extract IMAGE': (path) => ['extract', path, join(good, 'out')],
  'check IMAGE': (path) => ['check', path],
  'audit IMAGE': (path) => ['audit', path],
  'audit --policy': (path) => ['audit', image, '--policy', path],
  'audit --baseline': (path) => ['audit', image, '--baseline', path],
  'audit --merge': (path) => ['audit', '--merge', path],
  'diff A': (path) => ['diff', path, image],
  'diff B': (path) => ['diff', image, path],
  'policy check': (path) => ['policy', 'check', path],
  'describe IMAGE': (path) => ['describe', path],
  'mkfs SOURCE': (path) => ['mkfs', path, join(good, 'new')],
  'mkfs --device-table': (path) => ['mkfs', source, join(good, 'new'), '-D', path],
  'mkfs --uid-gid-map': (path) => ['mkfs', source, join(good, 'new'), '--uid-gid-map', path],
  'mkfs --from-listing': (path) => ['mkfs', source, join(good, 'new'), '--from-listing', path],
  'mkfs --insert': (path) => ['mkfs', source, join(good, 'new'), '-i', path],
  'mkfs --xip-list': (path) => ['mkfs', source, join(good, 'new'), '--xip', 'mmu', '--phys', '1M', '--xip-list', path],
  'mkfs --xip-profile': (path) => [
    ...['mkfs', source, join(good, 'new'), '--xip', 'mmu', '--phys', '1M'],
    ...['--xip-profile', path],
  ],
};

/** Options that a path is written to. */
const WRITTEN: Record<string, (path: string) => string[]> = {
  'mkfs IMAGE': (path) => ['mkfs', source, path],
  'extract DIR': (path) => ['extract', image, path],
  'extract --tar': (path) => ['extract', image, '--tar', path],
  'audit --output': (path) => ['audit', image, '--output', path],
  'audit --write-baseline': (path) => ['audit', image, '--write-baseline', path],
  'policy init': (path) => ['policy', 'init', path],
  'scan --extract-images': (path) => ['scan', image, '--extract-images', path],
};
/** Those that take a directory, and the summary of GitHub, which is another way to name a file. */
const DIRECTORIES = new Set(['extract DIR', 'scan --extract-images']);

/** Runs a command as a user whom modes keep out: root drops that for the time. */
async function asUser(argv: readonly string[], env: Record<string, string> = {}): Promise<Run> {
  const isRoot = process.geteuid?.() === 0;
  chmodSync(closed, 0);
  if (isRoot) process.seteuid?.(65534);
  try {
    return await runProgram(runCramfs, argv, { env });
  } finally {
    if (isRoot) process.seteuid?.(0);
    chmodSync(closed, 0o755);
  }
}

function expectSentence({ code, stderr }: Run, verb: string, path: string, fault: Fault): void {
  expect(stderr).toContain(`cannot ${verb} ${path}: ${WORDS[fault]}`);
  expect(stderr).not.toMatch(/[.]tmp|E[A-Z]{4,}:|internal error/);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(code).toBe(3);
}

// Modules are loaded at their first use, and from where a user who is kept out may not read.
beforeAll(async () => {
  for (const argv of [...Object.values(READ), ...Object.values(WRITTEN)]) {
    await runProgram(runCramfs, argv(PATHS.ENOTDIR));
  }
  await runProgram(runCramfs, ['audit', image, '--policy', listed]);
  await runProgram(runCramfs, ['policy', 'check', listed]);
});

describe('a path that is read', () => {
  const faults = ['EACCES', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'EISDIR'] as const;
  const cells = Object.keys(READ).flatMap((option) => faults.map((fault) => [option, fault] as const));
  // A directory is a source.
  const wanted = cells.filter(([option, fault]) => option !== 'mkfs SOURCE' || fault !== 'EISDIR');
  test.each(wanted)('by %s fails with %s in words', async (option, fault) => {
    const path = PATHS[fault];
    expectSentence(await asUser(READ[option]?.(path) ?? []), 'read', path, fault);
    expect(existsSync(join(good, 'new'))).toBe(false);
  });
});

describe('a path that is written', () => {
  const faults = ['EACCES', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'EISDIR', 'ENOSPC'] as const;
  const cells = Object.keys(WRITTEN).flatMap((option) => faults.map((fault) => [option, fault] as const));
  const wanted = cells.filter(
    ([option, fault]) => !DIRECTORIES.has(option) || (fault !== 'EISDIR' && fault !== 'ENOSPC'),
  );
  test.each(wanted)('by %s fails with %s in words', async (option, fault) => {
    const before = readdirSync(folder.path);
    const path = PATHS[fault];
    expectSentence(await asUser(WRITTEN[option]?.(path) ?? []), 'write', path, fault);
    expect(readdirSync(folder.path)).toEqual(before);
  });

  test.each(faults)('as the summary of a step of GitHub fails with %s in words', async (fault) => {
    const env = { GITHUB_STEP_SUMMARY: PATHS[fault] };
    expectSentence(await asUser(['audit', image, '--format', 'github'], env), 'write', PATHS[fault], fault);
  });
});

test('a file system that is read-only is one more way, of both kinds', () => {
  const cause = Object.assign(new Error("EROFS: read-only file system, open '/x'"), { code: 'EROFS' });
  expect(cannotWrite('/x', cause).message).toBe('cannot write /x: the file system is read-only');
  expect(cannotRead('/x', cause).message).toBe('cannot read /x: the file system is read-only');
});

test('an image that is built into its own source directory is not in itself, however often', async () => {
  const own = join(folder.path, 'own');
  mkdirSync(own);
  const built = join(own, 'out.img');
  const runs = [await runProgram(runCramfs, ['mkfs', own, built])];
  const first = readFileSync(built);
  runs.push(await runProgram(runCramfs, ['mkfs', own, built]));
  expect(runs.map(({ code }) => code)).toEqual([0, 0]);
  expect(runs[1]?.stderr).toBe(`cramfs mkfs: ${built}: skipped: it is the image being written\n`);
  expect(readFileSync(built).equals(first)).toBe(true);
});

test('a link to a file is followed, and the mode of the file kept', async () => {
  const target = folder.file('target', 'old');
  chmodSync(target, 0o640);
  const link = join(folder.path, 'link');
  symlinkSync('target', link);
  expect((await runProgram(runCramfs, ['policy', 'init', link, '--force'])).code).toBe(0);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(statSync(target).mode & 0o777).toBe(0o640);
  expect(readFileSync(target, 'utf8').length).toBeGreaterThan(100);
});

describe('a failure is one line that no terminal and no CI takes for a command', () => {
  test.each([
    [['info', 'a\u001b[2Jb\n::error::x'], 'cramfs info: cannot read a\\x1b[2Jb\\n::error::x: there is no such file\n'],
    [['info', ''], 'cramfs info: cannot read "": there is no such file\n'],
    [['in\n::error::x'], "cramfs: unknown command 'in\\n::error::x'\n"],
    [['map', 'x', '/y', '--offset', '9'.repeat(500)], `"${'9'.repeat(80)}…"`],
  ])('%j', async (argv, expected) => {
    expect((await runProgram(runCramfs, argv)).stderr).toContain(expected);
  });

  test('and no longer than a path of Linux for each word of it', async () => {
    const word = 'a'.repeat(9999);
    const { stderr } = await runProgram(runCramfs, ['info', word]);
    expect(stderr).toBe(`cramfs info: cannot read ${'a'.repeat(80)}…: the name is too long\n`);
    const option = await runProgram(runCramfs, [`--${word}`]);
    expect(option.stderr).toContain(`unknown option '--${'a'.repeat(78)}…'\n`);
  });

  test('and GitHub’s own commands are escaped wherever they are', () => {
    expect(plainLine(' ::warning::a##[group]b')).toBe(' \\x3a:warning::a##\\x5bgroup]b');
  });
});
