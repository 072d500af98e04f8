/** What a report carries of its image. */
import { describe, expect, test } from '@jest/globals';
import { auditImage } from '../lib/audit/auditImage.ts';
import { DEFAULT_MODEL } from '../lib/driver/models/default.ts';
import { openDetected } from '../lib/inspect/openDetected.ts';
import { pageWith } from '../lib/page/html.ts';
import { unpackBytes } from '../lib/page/pack.ts';
import { collectImage, type ReportImage } from '../lib/page/reportData.ts';
import { ReportSession } from '../lib/page/session.ts';
import { bytesSource } from '../lib/source/byteSource.ts';
import { Board } from '../lib/verdict/board.ts';
import { buildRawImage } from './support/rawImage.ts';

const FILES = 60;
const MARK = 0xa5;

function collect(bytes: Uint8Array, embed = false): ReportImage {
  const audit = auditImage(new Board(openDetected(bytes)), { name: 'test' });
  return collectImage(bytesSource(bytes), { audit, machine: { kernel: DEFAULT_MODEL.name }, embed });
}

test('the page of a report has no control characters in its data, and reads as the same data', () => {
  const name = '\u007fELF\u009b[1m\u0001</script>';
  const page = pageWith('<p><!--REPORT-DATA--></p>', { name } as never);
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  expect(page).not.toMatch(/[\u0000-\u001f\u007f-\u009f]|<[/]script/);
  expect(JSON.parse(page.slice(3, -4))).toEqual({ name });
});

describe('a report', () => {
  const image = buildRawImage({
    entries: Array.from({ length: FILES }, (_, index) => ({
      type: 'file' as const,
      name: `file${String(index).padStart(2, '0')}`,
      mode: 0o100644,
      size: 5000,
      blocks: [
        { kind: 'stored' as const, data: new Uint8Array(4096).fill(MARK) },
        { kind: 'stored' as const, data: new Uint8Array(904).fill(MARK) },
      ],
    })),
  });

  test('carries inodes, names and pointers, and not a byte of data beside them', () => {
    const bytes = unpackBytes(collect(image).bytes);
    expect(bytes.some((byte, at) => byte === MARK && bytes[at + 1] === MARK)).toBe(false);
    // Each file: an inode of 12 bytes, a name of 8, two pointers. The superblock with the root is read as 588 bytes.
    expect(bytes.length).toBeLessThanOrEqual(588 + FILES * (12 + 8 + 8));
  });

  test('answers from them as from the image', () => {
    const session = new ReportSession(collect(image));
    const board = new Board(openDetected(image));
    for (const prot of ['r', 'rx'])
      expect(session.verdict({ path: '/file07', prot })).toEqual(
        board.map({ path: '/file07', prot }, { advice: true }),
      );
  });

  test('carries everything when it embeds the image', () => {
    expect(Buffer.compare(unpackBytes(collect(image, true).bytes), image)).toBe(0);
  });
});
