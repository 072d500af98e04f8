/**
 * The referee: what real kernels did, vector by vector.
 */
import { afterAll, describe, expect, test } from '@jest/globals';
import { compareTranscript, countRequests } from '../kernel-lab/host/compare.ts';
import type { LabRecord } from '../kernel-lab/host/record.ts';
import { recorded, transcriptNames } from './support/transcripts.ts';

const counts = { vectors: 0, reads: 0 };

describe.each(transcriptNames)('%s', (name) => {
  const { transcript, image, options } = recorded(name);
  const { setup } = transcript;
  const compare = (records: readonly LabRecord[]) => compareTranscript(image, { setup, records }, options);
  const ofType = (type: LabRecord['type']) => transcript.records.filter((record) => record.type === type);

  test('mounts with the same log', () => {
    expect(setup.mount).toBeNull();
    expect(compare([])).toEqual([]);
  });

  test('maps as the kernel did', () => {
    const vectors = ofType('vector');
    expect(vectors.length).toBeGreaterThan(0);
    expect(compare(vectors)).toEqual([]);
    counts.vectors += vectors.length;
  });

  test('reads as the kernel did', () => {
    const reads = ofType('read');
    expect(compare(reads)).toEqual([]);
    counts.reads += reads.length;
  });
});

test('compares all that was recorded', () => {
  expect(countRequests(transcriptNames.flatMap((name) => recorded(name).transcript.records))).toEqual({
    vectors: 14_382,
    reads: 1776,
    programs: 138,
  });
});

afterAll(() => {
  process.stdout.write(
    `compared with real kernels: ${String(counts.vectors)} mmap vectors, ${String(counts.reads)} reads, ` +
      `${String(transcriptNames.length)} transcripts\n`,
  );
});
