/** The commands on dumps: the diagnosis comes first, its command works, places can be named, many files close with a table. */
import { existsSync, mkdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from '@jest/globals';
import { crc32 } from '../lib/format/crc32.ts';
import { Folder } from './support/cli.ts';
import { gzipOfZeros, inOrder, noise, withSpareBytes, zipOf } from './support/dumps.ts';
import { runCommand } from './support/extractHelp.ts';
import { fixture } from './support/fixtures.ts';

const folder = new Folder();
afterAll(() => {
  folder.remove();
});

const image = Buffer.from(fixture('images/tiny-ul.cramfs.gz'));
const plain = folder.file('plain.img', image);
const dump = folder.file("it's a dump.bin", Buffer.concat([noise(4096), image, noise(100), image]));
const spare = folder.file(
  'spare.bin',
  withSpareBytes(Buffer.from(fixture('images/mini-plain.cramfs.gz')), { page: 512, spare: 16 }),
);
const swapped = folder.file('swapped.bin', inOrder(image, { words: '16', bits: 'plain' }));
const packed = folder.file('packed.gz', gzipSync(image));

describe('the first line', () => {
  test.each(['info', 'check', 'ls', 'tree', 'describe'])(
    '%s of a dump names the image in it, with a command to paste',
    async (name) => {
      const { code, stdout, stderr } = await runCommand([name, dump]);
      expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
      const quoted = dump.replace("'", "'\\''");
      expect(stderr).toBe(
        `cramfs ${name}: not a cramfs image: a cramfs image is at 0x1000 (CRC good), one of 2 found; run: cramfs ${name} '${quoted}@0x1000'\n`,
      );
    },
  );

  test.each(['info', 'check'])('%s of a dump with spare bytes says so before anything else', async (name) => {
    const { code, stdout } = await runCommand([name, spare]);
    expect(code).toBe(1);
    expect(stdout.split('\n')[0]).toBe(
      `${spare}: NAND spare bytes are left in, 16 after every 512; a cramfs image is at 0x0 ` +
        `(with that undone its CRC is right); run: cramfs ${name} ${spare} --image 1`,
    );
    expect((await runCommand([name, spare, '--image', '1'])).code).toBe(0);
  });

  test('extract says it first, on standard error', async () => {
    const { stderr } = await runCommand(['extract', spare, `${folder.path}/out`]);
    expect(stderr.split('\n')[0]).toContain('NAND spare bytes are left in, 16 after every 512');
  });

  test.each([
    ['audit', []],
    ['report', []],
    ['ls', []],
    ['tree', []],
    ['describe', []],
    ['manifest', []],
    ['map', ['/dir/file']],
    ['diff', [spare]],
    ['mkfs', [`${folder.path}/built`]],
  ])('%s of a dump with spare bytes says it first too', async (name, more) => {
    const { stdout, stderr } = await runCommand([name, spare, ...more]);
    // audit has it in its report, with the other commands it goes to standard error: before anything else there.
    const [first] = (name === 'audit' ? stdout : stderr).split('\n');
    expect(first).toContain('NAND spare bytes are left in, 16 after every 512; a cramfs image is at 0x0');
    expect(first).toMatch(name === 'diff' ? /; run: cramfs diff '.*@#1' '.*@#1'$/ : /; run: cramfs .* --image 1$/);
  });

  describe('of a dump in which the magic number is still one, in the other byte order', () => {
    const reversed = folder.file('reversed.bin', inOrder(image, { words: '32', bits: 'plain' }));

    test.each([
      ['ls', []],
      ['cat', ['/x']],
      ['map', ['/x']],
      ['diff', [reversed]],
      ['describe', []],
      ['mkfs', [`${folder.path}/none`]],
    ])('%s says it and does nothing', async (name, more) => {
      const { code, stdout, stderr } = await runCommand([name, reversed, ...more]);
      expect([code, stdout]).toEqual([3, '']);
      expect(stderr).toContain('not a cramfs image: the four bytes of each 32-bit word are in reverse order; a cramfs');
      expect(existsSync(`${folder.path}/none`)).toBe(false);
    });
  });

  test('nothing is built from a dump that is not as the image was made', async () => {
    const out = `${folder.path}/none`;
    const tree = `${folder.path}/tree`;
    mkdirSync(tree);
    for (const words of [
      ['describe', spare],
      ['mkfs', spare, out],
      ['mkfs', '--like', spare, tree, out],
    ]) {
      const { code, stdout, stderr } = await runCommand(words);
      expect([code, stdout]).toEqual([3, '']);
      expect(stderr).toMatch(/^cramfs \w+: not a cramfs image: NAND spare bytes are left in, 16 after every 512; /);
    }
    expect(existsSync(out)).toBe(false);
  });

  test.each(['info', 'check', 'audit'])(
    '%s of an image that is cut short does not name the place where it is',
    async (name) => {
      const mini = Buffer.from(fixture('images/mini-plain.cramfs.gz'));
      const cut = folder.file('cut.img', mini.subarray(0, mini.length - 4096));
      const { stdout } = await runCommand([name, cut]);
      expect(stdout).toContain('the file ends 4096 bytes before the image does\n');
    },
  );

  test.each([
    ['gzip', gzipOfZeros(100 << 20)],
    ['zip', zipOf('bomb', Buffer.alloc(100 << 20))],
  ])('a bomb in %s is said to be one, by each command', async (format, bomb) => {
    const file = folder.file(`bomb.${format}`, bomb);
    const words = `the ${format} member at 0x0 unpacks to more than 64 MiB and was not searched, nor were members after it`;
    for (const [name, exit] of [
      ['scan', 1],
      ['info', 3],
    ] as const) {
      const { code, stderr } = await runCommand([name, file]);
      expect([code, stderr]).toEqual([exit, expect.stringContaining(words)]);
    }
  });

  test.each(['json', 'ndjson', 'markdown', 'sarif', 'github'])('an audit as %s has it', async (format) => {
    const { stdout } = await runCommand(['audit', '--format', format, spare]);
    expect(stdout).toContain('NAND spare bytes are left in, 16 after every 512');
    expect(stdout).toContain('--image 1');
  });

  test('of many images the audit says it for each, with a command for that one', async () => {
    const { code, stdout } = await runCommand(['audit', '--json', plain, spare, swapped, `${dump}@0x1000`]);
    const { images } = JSON.parse(stdout) as { images: { diagnosis: { command: string } | null }[] };
    expect(code).toBe(3);
    expect(images.map(({ diagnosis }) => diagnosis?.command ?? null)).toEqual([
      null,
      `cramfs audit ${spare} --image 1`,
      `cramfs audit ${swapped} --image 1`,
      null,
    ]);
  });

  test('JSON has it', async () => {
    const { stdout } = await runCommand(['check', '--json', spare]);
    expect((JSON.parse(stdout) as { diagnosis: unknown }).diagnosis).toMatchObject({ code: 'spare-bytes' });
    const refused = await runCommand(['info', '--json', swapped]);
    expect(JSON.parse(refused.stdout)).toMatchObject({
      error: {
        code: 'NOT_CRAMFS',
        diagnosis: { code: 'byte-order', command: `cramfs info --json ${swapped} --image 1` },
      },
    });
  });

  test('a sound image has none', async () => {
    const { stdout } = await runCommand(['check', '--json', plain]);
    expect((JSON.parse(stdout) as { diagnosis: unknown }).diagnosis).toBe(null);
  });
});

describe('places', () => {
  test('FILE@OFFSET and --image are the same image', async () => {
    const wanted = await runCommand(['ls', '-R', plain]);
    for (const place of [
      [`${dump}@0x1000`],
      [`${dump}@4K`],
      [dump, '--image', '1'],
      [dump, '--image', '2'],
      [swapped, '--image', '1'],
      [packed, '--image', '1'],
    ]) {
      expect(await runCommand(['ls', '-R', ...place])).toEqual(wanted);
    }
  });

  test('audit, report, diff and mkfs take them too', async () => {
    for (const place of [
      [`${dump}@0x1000`],
      [dump, '--image', '2'],
      [swapped, '--image', '1'],
      [packed, '--image', '1'],
    ]) {
      const [file = '', ...options] = place;
      expect(await runCommand(['audit', ...place])).toMatchObject({ stderr: '' });
      expect((await runCommand(['report', ...place])).stdout).toMatch(/^<!doctype html>/);
      expect(await runCommand(['diff', file, file, ...options])).toMatchObject({ code: 0, stdout: 'no difference\n' });
      expect((await runCommand(['mkfs', file, `${folder.path}/placed.img`, ...options])).code).toBe(0);
      expect((await runCommand(['diff', plain, `${folder.path}/placed.img`])).code).toBe(0);
    }
  });

  test('the fixes of audit, report and map name the image that --image chose', async () => {
    const gzip = folder.file('root.gz', gzipSync(fixture('images/root-XX.cramfs.gz')));
    const fix = `cramfs mkfs ${gzip} --image 1 NEW-IMAGE --xip mmu --phys 0x10000000`;
    const shard = `${folder.path}/shard.ndjson`;
    const audited = await runCommand(['audit', '--json', gzip, '--image', '1']);
    expect(audited.stdout).toContain(fix);
    await runCommand(['audit', '--format', 'ndjson', '--output', shard, gzip, '--image', '1']);
    expect((await runCommand(['audit', '--json', '--merge', shard])).stdout).toBe(audited.stdout);
    expect((await runCommand(['report', gzip, '--image', '1'])).stdout).toContain(fix);
    expect((await runCommand(['audit', '--json', `${gzip}@#1`])).stdout).toMatch(
      /mkfs '?[^ ]*root[.]gz@#1'? NEW-IMAGE/,
    );
    const mapped = await runCommand(['map', gzip, '/bin/counter', '--image', '1']);
    expect(mapped.stdout.replace(/\n +/g, ' ')).toContain(`${fix} --xip-files auto /bin/counter`);
    const words = fix.replace('NEW-IMAGE', `${folder.path}/fixed.img`).split(' ').slice(1);
    expect((await runCommand(words)).code).toBe(0);
  }, 30_000);

  test('the command to go on with has one place: the one that was tried is left out', async () => {
    for (const tried of [[`${dump}@0x800`], [dump, '--image-offset', '0x800'], ['--image-offset=0x800', dump]]) {
      expect((await runCommand(['tree', ...tried])).stderr).toMatch(
        /; run: cramfs tree '[^ ]* a dump[.]bin@0x1000'\n$/,
      );
    }
    expect((await runCommand(['info', `${swapped}@16`])).stderr).toContain(`; run: cramfs info ${swapped} --image 1`);
  });

  test('mkfs says what else a source is', async () => {
    const { code, stderr } = await runCommand(['mkfs', folder.file('erased.bin', Buffer.alloc(8192, 0xff)), 'x.img']);
    expect(code).toBe(3);
    expect(stderr).toContain('not a tar archive either; there is nothing in it: 8192 bytes, all 0xff (erased flash)');
  });

  test('mkfs says what a gzip file of something else is', async () => {
    const gzip = folder.file('notes.gz', gzipSync(Buffer.alloc(4000, 'no archive, no image\n')));
    const { code, stderr } = await runCommand(['mkfs', gzip, `${folder.path}/never.img`]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/not a tar archive either; it is gzip data, and no image was found in it\n$/);
    expect(existsSync(`${folder.path}/never.img`)).toBe(false);
  });

  test('what cannot be is wrong usage', async () => {
    for (const [words, message] of [
      [[dump, '--image', '3'], '"cramfs scan" finds 2 images'],
      [[dump, '--image', '0'], 'is not a number from 1 on'],
      [[`${dump}@0`, '--image', '1'], 'cannot be used with an offset'],
      [[`${dump}@0`, '--image-offset', '0'], 'given twice'],
    ] as const) {
      const { code, stderr } = await runCommand(['ls', ...words]);
      expect(code).toBe(2);
      expect(stderr).toContain(message);
    }
  });

  test('each of two dumps has its image: FILE@#N', async () => {
    expect(await runCommand(['diff', `${dump}@#2`, `${packed}@#1`])).toMatchObject({
      code: 0,
      stdout: 'no difference\n',
    });
    const { stderr } = await runCommand(['diff', plain, swapped]);
    expect(stderr).toMatch(new RegExp(`; run: cramfs diff ${plain} '${swapped}@#1'\n$`));
    expect((await runCommand(['diff', plain, `${swapped}@#1`])).code).toBe(0);
    for (const place of [`${dump}@#3`, `${dump}@#0`]) expect((await runCommand(['ls', place])).code).not.toBe(0);
    expect((await runCommand(['ls', `${dump}@#1`, '--image-offset', '0'])).code).toBe(2);
  });

  test('a file whose name ends so is meant first', async () => {
    const file = folder.file('odd@0x1000', image);
    expect((await runCommand(['check', file])).code).toBe(0);
  });

  test('mkfs repacks an image in a dump', async () => {
    const out = `${folder.path}/again.img`;
    const refused = await runCommand(['mkfs', dump, out]);
    expect(refused.stderr).toContain('a cramfs image is at 0x1000');
    expect((await runCommand(['mkfs', dump, out, '--image-offset', '0x1000'])).code).toBe(0);
    expect((await runCommand(['check', out])).code).toBe(0);
  });
});

describe('several files', () => {
  test('scan and info close with tables that agree', async () => {
    const signed = Buffer.from(image);
    signed.write('Compressed XXXFS', 16, 'latin1');
    signed.writeUInt32LE(0, 32);
    signed.writeUInt32LE(crc32(signed), 32);
    const changed = folder.file('changed.img', signed);
    const states = async (name: string): Promise<string[]> => {
      const { stdout } = await runCommand([name, plain, changed]);
      return stdout
        .trimEnd()
        .split('\n')
        .slice(-2)
        .map((line) => line.split(/ {2,}/).at(-1) ?? '');
    };
    expect(await states('scan')).toEqual(['good', 'damaged or changed']);
    expect(await states('info')).toEqual(['good', 'damaged or changed']);
  });

  test('check goes on after one that cannot be read, and closes with a table', async () => {
    const { code, stdout, stderr } = await runCommand(['check', plain, swapped, `${dump}@0x1000`]);
    expect(code).toBe(3);
    expect(stderr).toContain(`run: cramfs check ${swapped} --image 1`);
    const rows = stdout.trimEnd().split('\n').slice(-4);
    expect(rows[0]).toMatch(/^image +errors +warnings +notes$/);
    expect(rows.map((row) => row.replace(/ {2,}/g, '|'))).toEqual([
      'image|errors|warnings|notes',
      expect.stringMatching(/^.*plain.img[|]0[|]/),
      `${swapped}|not a cramfs image`,
      expect.stringMatching(/@0x1000[|]0[|]/),
    ]);
  });

  test('JSON is one line for each', async () => {
    const { stdout } = await runCommand(['scan', '--json', plain, packed]);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { file: string }).file),
    ).toEqual([plain, packed]);
  });
});
