/** Random images and requests: they are valid, varied, and the same for a seed everywhere. */
import { describe, expect, test } from '@jest/globals';
import { crc32 } from '../lib/format/crc32.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { compareTranscript } from '../kernel-lab/host/compare.ts';
import { type BlockKind, fileBlocks } from '../lib/image/blocks.ts';
import { walk } from '../lib/inspect/walk.ts';
import { boardOf, emulatedOracle, type LabCase, randomCases, regionOf } from '../kernel-lab/host/labCase.ts';
import { MAX_REGIONS, validateRegions } from '../kernel-lab/host/bootPlan.ts';
import { countOutcomes, OUTCOMES, outcomeOf } from '../kernel-lab/host/outcome.ts';
import { Random } from '../kernel-lab/host/random.ts';
import { alignmentOf, BEHIND_IMAGE, MAX_RANDOM_IMAGE } from '../kernel-lab/host/randomImage.ts';
import type { LabRecord, LabTranscript, LabVectorRecord } from '../kernel-lab/host/record.ts';

const RELEASE = '6.1.0-56-amd64';
const BASES = [0x1000_0000, 0x1000_0800, 0x1000_0ef0];
const IMAGES = 12;
const cases = randomCases({ seed: 1, images: IMAGES, vectors: 80, bases: BASES, release: RELEASE });
const regions = cases.map(regionOf);

const isVector = (record: LabRecord): record is LabVectorRecord => record.type === 'vector';

async function transcripts(of: readonly LabCase[]): Promise<readonly LabTranscript[]> {
  return emulatedOracle(RELEASE)(of.map(regionOf));
}

test('numbers are the same for a seed everywhere', () => {
  const random = new Random(1);
  expect([random.next(), random.next(), random.next()]).toEqual([1580013426, 350525680, 3524174333]);
  expect(Array.from({ length: 8 }, () => random.integer(3, 5))).toEqual([3, 3, 4, 4, 5, 4, 5, 3]);
});

test('images and requests are the same for a seed everywhere', () => {
  const again = randomCases({ seed: 1, images: 1, vectors: 80, bases: BASES, release: RELEASE });
  expect(again).toEqual(cases.slice(0, BASES.length));
  expect(regions.slice(0, BASES.length).map(({ image }) => crc32(image))).toEqual([4120620252, 4120620252, 4120620252]);
});

describe('images', () => {
  test('mount, and each of their files can be read', async () => {
    const all = await transcripts(cases);
    for (const { setup, records } of all) {
      expect(setup.mount).toBeNull();
      const reads = records.filter((record) => record.type === 'read');
      expect(reads.length).toBeGreaterThan(5);
      for (const { path, errno, size, bytes, kmsg } of reads) {
        expect({ path, errno, bytes, kmsg }).toEqual({ path, errno: null, bytes: size, kmsg: undefined });
      }
    }
  });

  test('fit into one boot, with room for what their pointers lead to', () => {
    expect(cases.length).toBeLessThanOrEqual(MAX_REGIONS);
    expect(() => {
      validateRegions(regions);
    }).not.toThrow();
    for (const { image, regionBytes } of regions) {
      expect(image.length).toBeLessThanOrEqual(MAX_RANDOM_IMAGE);
      expect(regionBytes).toBeGreaterThanOrEqual(image.length + BEHIND_IMAGE);
    }
  });

  test('have blocks of all kinds, at the image start and over its end, aligned for each base', () => {
    const kinds = new Set<BlockKind>();
    const places = new Set<string>();
    const types = new Set<string>();
    for (const { image: bytes } of regions) {
      const image = CramfsImage.open(bytes);
      for (const { inode, path } of walk(image)) {
        types.add(inode.type);
        if (inode.type !== 'file') continue;
        for (const { kind, start } of fileBlocks(image, inode, path)) {
          kinds.add(kind);
          if (kind !== 'direct') continue;
          if (start === 0) places.add('start');
          if (start < bytes.length && start + 4096 > bytes.length) places.add('over the end');
          if (start >= bytes.length + 2 ** 24) places.add('far away');
          for (const base of BASES) if (start % 4096 === alignmentOf(base)) places.add(base.toString(16));
        }
      }
    }
    expect(kinds).toEqual(new Set(['direct', 'direct-zlib', 'stored', 'zlib', 'hole']));
    expect(types).toEqual(new Set(['file', 'directory', 'symlink']));
    expect(places).toEqual(new Set(['start', 'over the end', 'far away', '10000000', '10000800', '10000ef0']));
  });
});

describe('vectors', () => {
  test('have each outcome, the wanted ones often', async () => {
    const outcomes = (await transcripts(cases)).flatMap(({ records }) => records.filter(isVector).map(outcomeOf));
    const counts = countOutcomes(outcomes);
    expect([...counts.keys()].sort()).toEqual([...OUTCOMES.keys()].sort());
    const least = (percent: number) => (outcomes.length * percent) / 100;
    for (const [outcome, weight] of OUTCOMES) {
      expect({ outcome, count: counts.get(outcome) }).toEqual({ outcome, count: expect.any(Number) });
      expect(counts.get(outcome)).toBeGreaterThan(least(weight >= 1 ? Math.min(weight, 2) : 0.2));
    }
  });

  test('touch no memory but that of the image', async () => {
    for (const transcript of await transcripts(cases.slice(0, 12))) {
      for (const { touch, crc } of transcript.records.filter(isVector)) {
        for (let page = 0; page < (touch ?? '').length; page++) {
          if (touch?.[page] === 'o') expect(crc?.[page]).not.toBeNull();
        }
      }
    }
  });

  test('have all flags and protections', () => {
    const vectors = cases.flatMap(({ requests }) => requests.filter((request) => request.type === 'vector'));
    const flags = new Set(vectors.flatMap((vector) => vector.flags.split(',')));
    expect([...flags].sort()).toEqual(['locked', 'notouch', 'populate', 'private', 'rdwr', 'shared']);
    expect(new Set(vectors.map(({ prot }) => prot)).size).toBe(8);
  });
});

test('the emulation agrees with itself', async () => {
  const [transcript] = await transcripts(cases.slice(0, 1));
  const [region] = regions;
  if (transcript === undefined || region === undefined) throw new Error('no case');
  expect(compareTranscript(CramfsImage.open(region.image), transcript)).toEqual([]);
  expect(boardOf(region, RELEASE).memory.size).toBe(transcript.setup.mtd_size);
});
