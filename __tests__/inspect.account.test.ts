/** The account of every byte, and the counts. */
import { describe, expect, test } from '@jest/globals';
import { buildRawImage } from './support/rawImage.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { openDetected } from '../lib/inspect/openDetected.ts';
import { survey } from '../lib/inspect/survey.ts';
import { walk } from '../lib/inspect/walk.ts';
import { fixture, fixtureNames } from './support/fixtures.ts';

const IMAGES = [
  ...fixtureNames('images').map((name) => `images/${name}`),
  ...fixtureNames('kernels/images').map((name) => `kernels/images/${name}`),
  ...fixtureNames('nommu/images').map((name) => `nommu/images/${name}`),
  ...fixtureNames('mount')
    .filter((name) => name.endsWith('.cramfs.gz'))
    .map((name) => `mount/${name}`),
  ...fixtureNames('malformed')
    .filter((name) => name.endsWith('.img'))
    .map((name) => `malformed/${name}`),
];

function open(name: string): CramfsImage | null {
  try {
    return openDetected(fixture(name));
  } catch {
    return null;
  }
}

/** Bytes behind the last block of trunc-XX. */
const LEFT_IN_TRUNC = 6;

const bytesOf = (image: CramfsImage): Record<string, number> =>
  Object.fromEntries(survey(image).account.lines.map((line) => [line.label, line.bytes]));

describe('the account', () => {
  test.each(IMAGES)('of %s gives every byte one label', (name) => {
    const image = open(name);
    if (image === null) return;
    const { account } = survey(image);
    const edges = [...account.ranges.map(({ start }) => start), image.source.size];
    const misfit = account.ranges.findIndex(({ start, end }, index) => end <= start || end !== edges[index + 1]);
    expect(misfit).toBe(-1);
    expect(edges[0]).toBe(0);
    expect(account.fileBytes).toBe(image.source.size);
    expect(account.lines.reduce((sum, line) => sum + line.bytes, 0)).toBe(image.source.size);
  });

  test.each(fixtureNames('images').filter((name) => !name.startsWith('adv')))(
    'of %s, which a maker wrote, leaves nothing unexplained',
    (name) => {
      const image = CramfsImage.open(fixture(`images/${name}`));
      const { account, problems, statistics } = survey(image);
      expect(problems).toEqual([]);
      expect(account.missingBytes).toBe(0);
      // The last block of trunc-XX is stored: mkcramfs left 6 bytes of its attempt to compress it behind it.
      expect(bytesOf(image).unreferenced ?? 0).toBe(name.startsWith('trunc-XX') ? LEFT_IN_TRUNC : 0);
      expect(account.lines.map((line) => line.label)).not.toContain('trailing');
      const bytes = bytesOf(image);
      const entries = [...walk(image)].slice(1);
      expect(bytes.inode ?? 0).toBe(entries.length * 12);
      expect(bytes.name ?? 0).toBe(
        entries.reduce((sum, { nameBytes }) => sum + Math.ceil(nameBytes.length / 4) * 4, 0),
      );
      expect(bytes.superblock).toBe(76);
      expect(bytes['boot pad'] ?? 0).toBe(image.superblock.position);
      expect((bytes['block pointer'] ?? 0) / 4).toBe(statistics.blocks);
      if (!image.hasFlag(1)) return;
      expect(statistics.inodes).toBe(image.superblock.files);
      expect(statistics.blocks).toBe(image.superblock.blocks);
    },
  );

  test('knows an inserted file', () => {
    const inserted = fixture('insert.bin').length;
    for (const name of ['tiny-i', 'tiny-ipen', 'tiny-ul-i']) {
      const bytes = bytesOf(CramfsImage.open(fixture(`images/${name}.cramfs.gz`)));
      expect(bytes.inserted).toBeGreaterThanOrEqual(inserted);
      expect(bytes.inserted).toBeLessThan(inserted + 4);
    }
    expect(bytesOf(CramfsImage.open(fixture('images/tiny-pXX.cramfs.gz')))).not.toHaveProperty('inserted');
  });

  test('is the same in both byte orders', () => {
    const kinds = (name: string): unknown => {
      const { account, statistics } = survey(CramfsImage.open(fixture(`images/${name}.cramfs.gz`)));
      return { lines: account.lines, statistics };
    };
    expect(kinds('mini-BXX')).toEqual(kinds('mini-XX'));
    expect(kinds('mini-B')).toEqual(kinds('mini-plain'));
  });

  test('counts shared data once', () => {
    const data = new Uint8Array(4096).fill(7);
    const image = CramfsImage.open(
      buildRawImage({
        entries: [
          { type: 'file', name: 'a', blocks: [{ kind: 'direct', data }] },
          { type: 'file', name: 'b', blocks: [{ kind: 'direct', at: { sameAs: ['a', 0] } }] },
        ],
      }),
    );
    expect(bytesOf(image).direct).toBe(4096);
    const shared = survey(CramfsImage.open(fixture('malformed/107-shared-data.img')));
    expect(shared.statistics.sharingFiles).toBe(1);
    expect(shared.statistics.distinctBytes * 2).toBe(shared.statistics.contentBytes);
  });

  test('tells bytes behind the file system, and bytes that nothing points to', () => {
    expect(bytesOf(CramfsImage.open(fixture('malformed/004-trailing-data.img'))).trailing).toBeGreaterThan(0);
    expect(bytesOf(CramfsImage.open(fixture('malformed/145-nonzero-tail.img'))).unreferenced).toBeGreaterThan(0);
    const whole = fixture('images/tiny-XX.cramfs.gz');
    const more = new Uint8Array(whole.length + 1000);
    more.set(whole);
    expect(bytesOf(CramfsImage.open(more)).trailing).toBe(1000);
    expect(survey(CramfsImage.open(whole.subarray(0, whole.length - 5000))).account.missingBytes).toBeGreaterThan(0);
  });

  test('ends where tables of blocks overlap without end', () => {
    // 500 files of 4095 blocks, whose tables start 4 bytes apart: two million pointers in 20 KiB.
    const entries = Array.from({ length: 500 }, (_, index) => ({ name: String(index), at: index * 4 }));
    const bytes = buildRawImage({
      entries: entries.map(({ name }) => ({ type: 'file', name, size: 0xfff000, blocks: [{ kind: 'hole' }] })),
    });
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const table = 76 + 500 * 16;
    entries.forEach(({ at }, index) => {
      view.setUint32(76 + index * 16 + 8, 1 | (((table + at) / 4) << 6), true);
    });
    const larger = new Uint8Array(table + 4095 * 4 + 500 * 4);
    larger.set(bytes.subarray(0, Math.min(bytes.length, larger.length)));
    for (let at = table; at < larger.length; at += 4) new DataView(larger.buffer).setUint32(at, 0xc0000000, true);
    const { problems, statistics } = survey(CramfsImage.open(larger));
    expect(statistics.blocks).toBeLessThanOrEqual(1 << 18);
    expect(problems[0]?.code).toBe('LIMIT');
  });
});
