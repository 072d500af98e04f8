import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  mkdirSync,
  chmodSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { imageTree } from '../lib/mkfs/source/imageTree.ts';
import { findEntry, walkEntries } from '../lib/mkfs/sourceTree.ts';
import { runCramfs } from '../lib/cli/cramfs.ts';
import type { Io } from '../lib/cli/io.ts';
import { nodeIo } from '../lib/cli/nodeIo.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { fixture } from './support/fixtures.ts';

let folder = '';
let out = '';
let err = '';
const io = (): Io => ({
  ...nodeIo(),
  stdout: { ...nodeIo().stdout, isTTY: false, columns: undefined, write: (text: string) => void (out += text) },
  stderr: { ...nodeIo().stderr, isTTY: false, columns: undefined, write: (text: string) => void (err += text) },
});
const at = (name: string): string => join(folder, name);

async function mkfs(...args: string[]): Promise<number> {
  out = '';
  err = '';
  return runCramfs(['mkfs', ...args], io());
}

function treeOf(name: string): ReturnType<typeof imageTree> {
  return imageTree(CramfsImage.open(readFileSync(at(name))));
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cramfs-mkfs-'));
  mkdirSync(at('tree/sub'), { recursive: true });
  writeFileSync(at('tree/sub/text'), 'some text\n');
  writeFileSync(at('tree/program'), 'a program', { mode: 0o755 });
  chmodSync(at('tree/program'), 0o755);
  symlinkSync('sub/text', at('tree/link'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('cramfs mkfs', () => {
  test('builds from a directory, and repacks the image to the same bytes', async () => {
    expect(await mkfs(at('tree'), at('a.img'), '-e', '7', '-n', 'board')).toBe(0);
    expect([err, out]).toEqual(['', `${at('a.img')} 4 KiB: 2 files\n`]);
    expect([...walkEntries(treeOf('a.img'))].map(({ path }) => path)).toEqual([
      '/link',
      '/program',
      '/sub',
      '/sub/text',
    ]);
    expect(await mkfs(at('a.img'), at('b.img'), '-e', '7', '-n', 'board')).toBe(0);
    expect(readFileSync(at('b.img')).equals(readFileSync(at('a.img')))).toBe(true);
  });

  test('applies owners: squash, map, device table, in this order', async () => {
    writeFileSync(at('map'), 'uid * 1000 # all\ngid 0 50\n');
    writeFileSync(at('devices'), '/dev/tty c 620 0 5 4 0 0 1 3\n/program f 4755 2 3\n');
    const code = await mkfs(at('tree'), at('a.img'), '-q', '--uid-gid-map', at('map'), '-D', at('devices'));
    expect([code, err]).toEqual([0, '']);
    const root = treeOf('a.img');
    expect(findEntry(root, '/sub/text')).toMatchObject({ uid: 1000, gid: 50 });
    expect(findEntry(root, '/program')).toMatchObject({ mode: 0o4755, uid: 2, gid: 3 });
    expect(findEntry(root, '/dev/tty2')).toMatchObject({ type: 'chardev', major: 4, minor: 2, mode: 0o620 });
  });

  test('refuses what does not fit, naming the path, and leaves the old image alone', async () => {
    writeFileSync(at('mini.tar.gz'), readFileSync(new URL('../fixtures/trees/mini.tar.gz', import.meta.url)));
    writeFileSync(at('a.img'), 'old');
    expect(await mkfs(at('mini.tar.gz'), at('a.img'))).toBe(3);
    expect(err).toContain('/dev/minor300');
    expect(readFileSync(at('a.img'), 'utf8')).toBe('old');
    expect(await mkfs(at('mini.tar.gz'), at('a.img'), '--truncate', '-X', '-X')).toBe(0);
    expect(err.split('\n').filter((line) => line !== '')).toHaveLength(3);
    expect(out).toMatch(/^.*a[.]img 284 KiB: [0-9]+ files, [0-9]+ pages in flash\n$/);
    expect(readFileSync(at('a.img')).equals(fixture('images/mini-XX.cramfs.gz'))).toBe(true);
    expect(await mkfs(at('mini.tar.gz'), at('a.img'), '--truncate', '-E')).toBe(1);
    expect(readdirSync(folder).sort()).toEqual(['a.img', 'mini.tar.gz', 'tree']);
  });

  test.each([
    [['--phys', '0'], 'needs --xip'],
    [['--xip', 'mmu'], 'needs --phys'],
    [['--xip', 'mmu', '--phys', '0', '-X'], 'has its own layout'],
    [['--layout', 'util-linux', '-x'], 'neither -x nor -X'],
    [['-b', '5000'], 'is not 4K'],
    [['-B', '-L'], 'cannot be used'],
    [['-D', 'TABLE'], 'line 1'],
  ])('refuses %j', async (args, reason) => {
    writeFileSync(at('TABLE'), 'nonsense\n');
    expect(await mkfs(at('tree'), at('a.img'), ...args.map((arg) => (arg === 'TABLE' ? at(arg) : arg)))).toBe(2);
    expect(err).toContain(reason);
    expect(readdirSync(folder)).not.toContain('a.img');
  });

  test('tells sources that cannot be read, and outputs that cannot be written', async () => {
    expect(await mkfs(at('nowhere'), at('a.img'))).toBe(3);
    writeFileSync(at('noise'), 'x'.repeat(2000));
    expect(await mkfs(at('noise'), at('a.img'))).toBe(3);
    expect(err).toContain('not a tar archive either');
    expect(await mkfs(at('tree'), at('nowhere/a.img'))).toBe(3);
    expect(err).toContain('cannot write');
    expect(readdirSync(folder).sort()).toEqual(['noise', 'tree']);
  });

  test('builds the small program that makes mkcramfs crash', async () => {
    const program = new Uint8Array(12_000).fill(0x90);
    const view = new DataView(program.buffer);
    program.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
    program.fill(0, 7, 84);
    [2, 3].forEach((value, index) => {
      view.setUint16(16 + index * 2, value, true);
    });
    view.setUint32(28, 52, true); // e_phoff
    [52, 32, 1].forEach((value, index) => {
      view.setUint16(40 + index * 2, value, true); // e_ehsize, e_phentsize, e_phnum
    });
    [1, 0, 0x10000, 0x10000, 12_000, 12_000, 5, 4096].forEach((value, index) => {
      view.setUint32(52 + index * 4, value, true);
    });
    mkdirSync(at('one'));
    writeFileSync(at('one/prog'), program);
    expect(await mkfs(at('one'), at('a.img'), '-X', '-X')).toBe(0);
    expect(readFileSync(at('a.img')).length).toBe(16_384);
  });

  test('prints a plan and writes nothing', async () => {
    writeFileSync(at('root.tar'), fixture('trees/root.tar.gz'));
    expect(await mkfs(at('root.tar'), at('a.img'), '--xip', 'mmu', '--phys', '0x10000000', '--plan', '--json')).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      schemaVersion: 2,
      layout: 'packed',
      ramPages: 196,
      proof: { segments: 19, whole: 19 },
    });
    expect(readdirSync(folder)).not.toContain('a.img');
  });

  test('describes, and builds from the listing', async () => {
    expect(await mkfs(at('tree'), at('a.img'), '-z', '-p', '-n', 'with blank')).toBe(0);
    out = '';
    expect(await runCramfs(['describe', at('a.img')], io())).toBe(0);
    writeFileSync(at('list'), out);
    expect(out).toContain('byte for byte');
    expect(await mkfs(at('tree'), at('b.img'), '--from-listing', at('list'))).toBe(0);
    expect(readFileSync(at('b.img')).equals(readFileSync(at('a.img')))).toBe(true);
  });
});
