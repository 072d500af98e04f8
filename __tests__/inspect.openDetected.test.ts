/** Finding out the block size of an image. */
import { describe, expect, test } from '@jest/globals';
import { buildRawImage } from './support/rawImage.ts';
import { openDetected } from '../lib/inspect/openDetected.ts';
import { fixture, fixtureNames } from './support/fixtures.ts';

describe('the block size', () => {
  test.each(fixtureNames('images'))('of %s is 4 KiB', (name) => {
    expect(openDetected(fixture(`images/${name}`)).pageSize).toBe(4096);
  });

  test.each(['adv16', 'mini16-XX'])('of %s, made for 16 KiB pages, is found', (name) => {
    const bytes = fixture(`kernels/images/${name}.cramfs.gz`);
    expect(openDetected(bytes).pageSize).toBe(16384);
    expect(openDetected(bytes, { pageSize: 4096 }).pageSize).toBe(4096);
  });

  test.each([4096, 8192, 16384, 65536])('of %d bytes is found among small and large files', (pageSize) => {
    const file = (name: string, length: number): Parameters<typeof buildRawImage>[0]['entries'][number] => ({
      type: 'file',
      name,
      blocks: Array.from({ length: Math.ceil(length / pageSize) }, (_, index) => ({
        kind: 'zlib',
        data: new Uint8Array(Math.min(pageSize, length - index * pageSize)).fill(index + 1),
      })),
    });
    const entries = [file('a', 5000), file('b', 9000), file('c', 12_000), file('d', 17_000), file('e', 200_000)];
    for (const littleEndian of [true, false]) {
      expect(openDetected(buildRawImage({ entries, littleEndian, pageSize })).pageSize).toBe(pageSize);
    }
  });

  test.each(fixtureNames('malformed').filter((name) => name.endsWith('.img')))('is no trouble with %s', (name) => {
    const bytes = fixture(`malformed/${name}`);
    let pageSize = 4096;
    try {
      pageSize = openDetected(bytes).pageSize;
    } catch (error) {
      expect(error).toHaveProperty('name', 'CramfsError');
    }
    expect(pageSize).toBe(4096);
  });
});
