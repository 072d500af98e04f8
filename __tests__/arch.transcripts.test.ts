/** Real kernels on other CPUs: 32-bit ARM, i386, arm64 with 4 KiB pages, x86-64 with the image above 4 GiB, MIPS. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { compareTranscript, countRequests } from '../kernel-lab/host/compare.ts';
import { parseTranscript } from '../kernel-lab/host/parseRecords.ts';
import type { LabTranscript } from '../kernel-lab/host/record.ts';
import { decodeName } from '../lib/format/names.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { fixture, fixtureNames } from './support/fixtures.ts';

const names = fixtureNames('arch').filter((name) => name.includes('.jsonl'));
/** Images of this folder; the others are those of the main pack. */
const OWN = ['a3', 'sorted-flag-high-bytes'];
const counts: string[] = [];

function recorded(name: string): { readonly transcript: LabTranscript; readonly image: CramfsImage } {
  const transcript = parseTranscript(decodeName(fixture(`arch/${name}`)), name);
  const own = /^[a-z0-9-]+/i.exec(name)?.[0].replace('-limits', '') ?? '';
  const file = OWN.includes(own) ? `arch/${own}.cramfs` : `images/${own}.cramfs.gz`;
  return { transcript, image: CramfsImage.open(fixture(file), { pageSize: transcript.setup.page_size }) };
}

describe.each(names)('%s', (name) => {
  test('mounts, maps and reads as the kernel did', () => {
    const { transcript, image } = recorded(name);
    expect(transcript.setup.mount).toBeNull();
    // What the module of the lab looked at for page table entries, MIPS has elsewhere.
    const differences = compareTranscript(image, transcript).filter(
      ({ field }) => transcript.setup.machine !== 'mips' || (field !== 'pte' && field !== 'direct_pages'),
    );
    expect(differences).toEqual([]);
    const { vectors, reads } = countRequests(transcript.records);
    counts.push(`${name}: ${String(vectors)} vectors, ${String(reads)} reads`);
  });
});

test('compares all that was recorded', () => {
  const all = names.flatMap((name) => recorded(name).transcript.records);
  expect(countRequests(all)).toEqual({ vectors: 6295, reads: 576, programs: 7 });
});

afterAll(() => {
  process.stdout.write(`compared with kernels on other CPUs:\n${counts.join('\n')}\n`);
});
