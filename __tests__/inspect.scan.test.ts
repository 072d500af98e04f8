/** scan: images in larger files, and what happened to those that are not whole. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { swapped } from '../lib/inspect/imageCrc.ts';
import { scan } from '../lib/diagnose/scan.ts';
import { offsetWithoutSpare, SPARE_GEOMETRIES, withoutSpare } from '../lib/diagnose/spareBytes.ts';
import { scanRemarks } from '../lib/report/scanWords.ts';
import { bytesSource } from '../lib/source/byteSource.ts';
import { Folder } from './support/cli.ts';
import { runCommand } from './support/extractHelp.ts';
import { noise, uImageOf, withSpareBytes } from './support/dumps.ts';
import { fixture, fixtureNames } from './support/fixtures.ts';

const folder = new Folder();
afterAll(() => {
  folder.remove();
});

const image = (name: string): Buffer => Buffer.from(fixture(`images/${name}.cramfs.gz`));

/** What a scan tells, in short. */
function found(bytes: Uint8Array): Record<string, unknown>[] {
  return [...scan(bytesSource(bytes))].map((hit) => ({
    offset: hit.offset,
    size: hit.size,
    endian: hit.superblock.littleEndian ? 'little' : 'big',
    crc: hit.crc.state,
    remarks: scanRemarks(hit).map(({ code }) => code),
  }));
}

describe('scan', () => {
  test('finds the images of the blobs', () => {
    expect(found(fixture('blobs/embedded.bin.gz'))).toEqual([
      { offset: 1337, size: 20480, endian: 'little', crc: 'good', remarks: [] },
    ]);
    expect(found(fixture('blobs/two.bin.gz'))).toEqual([
      { offset: 1024, size: 20480, endian: 'little', crc: 'good', remarks: [] },
      { offset: 21686, size: 20480, endian: 'big', crc: 'good', remarks: [] },
    ]);
  });

  test.each(fixtureNames('images').map((name) => name.replace('.cramfs.gz', '')))(
    'finds %s at any alignment',
    (name) => {
      const bytes = image(name);
      for (const offset of [0, 1, 511, 512, 4099]) {
        const hits = found(Buffer.concat([noise(offset, offset), bytes, noise(700)]));
        expect(hits).toEqual([
          {
            offset,
            size: bytes.length,
            endian: hits[0]?.endian,
            crc: name.includes('-v1') ? 'none' : 'good',
            remarks: [
              ...(name.includes('-v1') ? ['no-crc'] : []),
              ...(/-(ipen|pXX|XXp|XXzp|ul-i)$/.test(name) ? ['boot-pad'] : []),
            ],
          },
        ]);
        expect(hits[0]?.endian).toBe(/big|-B/.test(name) ? 'big' : 'little');
      }
    },
  );

  test('sees a magic number across the border of two pieces', () => {
    for (const back of [1, 2, 3, 4, 100]) {
      const offset = (1 << 20) - back;
      expect(found(Buffer.concat([Buffer.alloc(offset, 0xff), image('tiny-ul')])).map((hit) => hit.offset)).toEqual([
        offset,
      ]);
    }
  });

  test('is silent about a magic number alone', () => {
    expect(found(Buffer.concat([noise(100), Buffer.from('453dcd28', 'hex'), noise(5000)]))).toEqual([]);
    expect(found(noise(100_000))).toEqual([]);
    expect(found(Buffer.alloc(0))).toEqual([]);
  });
});

describe('near misses', () => {
  const whole = image('mini-XX');

  test('a changed byte: the CRC is wrong', () => {
    const bytes = Buffer.from(whole);
    bytes[100_000] = (bytes[100_000] ?? 0) ^ 1;
    expect(found(bytes)).toEqual([
      { offset: 0, size: whole.length, endian: 'little', crc: 'wrong', remarks: ['crc-wrong'] },
    ]);
  });

  test('the end is missing: how much', async () => {
    const file = folder.file('cut', Buffer.concat([noise(77), whole.subarray(0, whole.length - 5000)]));
    const { code, stdout } = await runCommand(['scan', file]);
    expect(code).toBe(1);
    expect(stdout).toContain('the file ends 5000 bytes before the image does');
  });

  test.each(['mini-plain', 'mini-B'])('the CRC of %s in the other byte order is right all the same', (name) => {
    const bytes = image(name);
    bytes.writeUInt32LE(swapped(bytes.readUInt32LE(32)), 32);
    expect(found(bytes)).toMatchObject([{ crc: 'swapped', remarks: ['crc-swapped'] }]);
  });

  test.each(
    SPARE_GEOMETRIES.flatMap((spare) =>
      ['mini-XX', 'mini-BXX', 'mini-XXzp'].flatMap((name) => [0, 3, 100].map((pages) => ({ ...spare, name, pages }))),
    ),
  )('$spare spare bytes behind each $page of $name, from page $pages', ({ page, spare, name, pages }) => {
    const bytes = image(name);
    const dump = withSpareBytes(Buffer.concat([Buffer.alloc(pages * page, 0xff), bytes, noise(300)]), { page, spare });
    const [hit, ...others] = [...scan(bytesSource(dump))];
    expect(others).toEqual([]);
    expect(hit).toMatchObject({ offset: pages * (page + spare), size: bytes.length });
    expect(hit?.undone).toEqual([{ kind: 'spare', page, spare }]);
    expect(hit?.crc.state).toBe('good');
    expect(Buffer.from(hit?.source.read(0, bytes.length) ?? []).equals(bytes)).toBe(true);
  });

  test('a uImage: both of its checksums are told', () => {
    const payload = Buffer.concat([image('tiny-XX'), Buffer.alloc(100)]);
    const wrapped = Buffer.concat([noise(30), uImageOf(payload, { name: 'root file system' })]);
    expect(found(wrapped)).toMatchObject([{ offset: 94, crc: 'good', remarks: ['uimage'] }]);
    const sentence = (bytes: Uint8Array): string | undefined =>
      [...scan(bytesSource(bytes))].flatMap(scanRemarks).find(({ code }) => code === 'uimage')?.sentence;
    expect(sentence(wrapped)).toBe(
      'it is inside a uImage at 0x1e, "root file system": header CRC good, data of 20580 bytes CRC good',
    );
    const damagedBehind = Buffer.from(wrapped);
    damagedBehind[damagedBehind.length - 1] = 1;
    expect(sentence(damagedBehind)).toContain('header CRC good, data of 20580 bytes CRC wrong');
    expect(sentence(wrapped.subarray(0, wrapped.length - 1))).toContain('data of 20580 bytes cut short');
    const damagedHeader = Buffer.from(wrapped);
    damagedHeader[30 + 40] = 0x21;
    expect(sentence(damagedHeader)).toContain('header CRC wrong, data of 20580 bytes CRC good');
  });

  test('what stands behind an image', () => {
    const behind = (rest: Uint8Array): string | undefined =>
      [...scan(bytesSource(Buffer.concat([image('tiny-ul'), rest])))][0]?.behind;
    expect(behind(Buffer.alloc(0))).toBe('nothing');
    expect(behind(Buffer.alloc(5000))).toBe('zeros');
    expect(behind(Buffer.alloc(5000, 0xff))).toBe('erased flash');
    expect(behind(noise(50))).toBe('other data');
  });
});

describe('hostile files', () => {
  test('thousands of superblocks do not take thousands of checksums', () => {
    const superblock = image('mini-XX').subarray(0, 76);
    const bytes = Buffer.concat(Array.from({ length: 20_000 }, () => superblock));
    let read = 0;
    const source = bytesSource(bytes);
    const counting = {
      ...source,
      read: (offset: number, length: number) => {
        const piece = source.read(offset, length);
        read += piece.length;
        return piece;
      },
    };
    const hits = [...scan(counting)];
    expect(hits).toHaveLength(1000);
    expect(hits[hits.length - 1]?.crc.state).toBe('unchecked');
    expect(read).toBeLessThan(bytes.length * 10 + (1 << 27));
  });
});

describe('the command', () => {
  test('prints JSON, and exits with 0 only if all is well', async () => {
    const file = folder.fixture('blobs/two.bin.gz');
    const { code, stdout } = await runCommand(['scan', '--json', file]);
    expect(code).toBe(0);
    const json = JSON.parse(stdout) as { images: { offset: number; endian: string; crc: { state: string } }[] };
    expect(Object.keys(json)[0]).toBe('schemaVersion');
    expect(json.images.map(({ offset, endian, crc }) => [offset, endian, crc.state])).toEqual([
      [1024, 'little', 'good'],
      [21686, 'big', 'good'],
    ]);
    const none = await runCommand(['scan', folder.file('noise', noise(1000))]);
    expect(none).toMatchObject({ code: 1, stdout: '' });
    expect(none.stderr).toContain('no cramfs image found in');
    expect((await runCommand(['scan', 'no-such-file'])).code).toBe(3);
  });

  test('--extract-images writes each image, and overwrites nothing unasked', async () => {
    const file = folder.fixture('blobs/two.bin.gz');
    const directory = join(folder.path, 'out');
    expect((await runCommand(['scan', file, '--extract-images', directory])).code).toBe(0);
    expect(readdirSync(directory).sort()).toEqual(['0x00000400.cramfs', '0x000054b6.cramfs']);
    expect(readFileSync(join(directory, '0x00000400.cramfs')).equals(image('tiny-XX'))).toBe(true);
    expect(readFileSync(join(directory, '0x000054b6.cramfs')).equals(image('tiny-BXX'))).toBe(true);
    writeFileSync(join(directory, '0x00000400.cramfs'), 'mine');
    const again = await runCommand(['scan', file, '--extract-images', directory]);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('it exists already');
    expect(readFileSync(join(directory, '0x00000400.cramfs')).toString()).toBe('mine');
    expect(readdirSync(directory)).toHaveLength(2);
    expect((await runCommand(['scan', file, '--extract-images', directory, '--force'])).code).toBe(0);
    expect(readFileSync(join(directory, '0x00000400.cramfs')).equals(image('tiny-XX'))).toBe(true);
  });

  test('--extract-images leaves spare bytes out', async () => {
    const geometry = { page: 2048, spare: 64 };
    const file = folder.file(
      'nand',
      withSpareBytes(Buffer.concat([Buffer.alloc(4096, 0xff), image('mini-XX')]), geometry),
    );
    const directory = join(folder.path, 'nand-out');
    const { code, stdout } = await runCommand(['scan', file, '--extract-images', directory]);
    expect(code).toBe(1);
    expect(stdout).toContain('NAND spare bytes are left in, 64 after every 2048');
    expect(readFileSync(join(directory, '0x00001080.cramfs')).equals(image('mini-XX'))).toBe(true);
  });
});

describe('a source without spare bytes', () => {
  test('reads as the bytes were before, at any place', () => {
    const plain = noise(10_000);
    const geometry = { page: 512, spare: 16 };
    const source = withoutSpare(bytesSource(withSpareBytes(plain, geometry)), geometry);
    expect(source.size).toBe(plain.length);
    for (const [offset, length] of [
      [0, 10_000],
      [511, 2],
      [512, 512],
      [700, 3000],
      [9990, 100],
      [20_000, 5],
    ] as const) {
      expect(Buffer.from(source.read(offset, length)).equals(plain.subarray(offset, offset + length))).toBe(true);
    }
    expect(offsetWithoutSpare(528, geometry)).toBe(512);
    expect(offsetWithoutSpare(520, geometry)).toBeNull();
  });
});
