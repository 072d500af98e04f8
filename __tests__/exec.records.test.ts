/** Programs started on paper, held against the same programs on real kernels. */
import { describe, expect, test } from '@jest/globals';
import { compareTranscript } from '../kernel-lab/host/compare.ts';
import { execFacts } from '../kernel-lab/host/execCompare.ts';
import { elf64TranscriptNames, recorded, transcriptNames } from './support/transcripts.ts';

const withPrograms = [
  ...transcriptNames.filter((name) => /\/(?:mini|root)-/.test(name) && !name.includes('arm64')),
  ...elf64TranscriptNames,
];

describe.each(withPrograms)('%s', (name) => {
  const { transcript, image, options } = recorded(name);
  const { setup } = transcript;
  const records = transcript.records.filter((record) => record.type === 'exec');

  test.each(records.map((record) => [record.argv.join(' '), record] as const))('%s', (_, record) => {
    expect(compareTranscript(image, { setup, records: [record] }, options)).toEqual([]);
    // Each of these programs prints its mappings, so that they were compared.
    if (record.exit === 0) expect(execFacts(record).mappings).not.toBeNull();
  });
});
