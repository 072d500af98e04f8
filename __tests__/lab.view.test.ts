/** What kernels see of images whose bytes say something else: transcripts of Linux 6.1 and 6.12. */
import { expect, test } from '@jest/globals';
import { CramfsImage } from '../lib/image/image.ts';
import { compareTranscript } from '../kernel-lab/host/compare.ts';
import { ALL_BROKEN_RULES, ENTRY_LIMIT, withBrokenRule } from '../kernel-lab/host/brokenRules.ts';
import { emulatedOracle, randomCases } from '../kernel-lab/host/labCase.ts';
import { failingCases, runCases, vectorsUntilCaught } from '../kernel-lab/host/randomRun.ts';
import { modelOfRelease } from '../lib/driver/models/named.ts';
import { parseTranscript } from '../kernel-lab/host/parseRecords.ts';
import type { LabTranscript } from '../kernel-lab/host/record.ts';
import { fixture, fixtureNames } from './support/fixtures.ts';

const names = fixtureNames('view')
  .filter((name) => name.endsWith('.jsonl'))
  .map((name) => name.slice(0, -'.jsonl'.length));

function seen(name: string): { readonly image: CramfsImage; readonly transcript: LabTranscript } {
  const transcript = parseTranscript(Buffer.from(fixture(`view/${name}.jsonl`)).toString('utf8'), name);
  const [image = ''] = name.split('@');
  return { image: CramfsImage.open(fixture(`view/${image}.cramfs.gz`)), transcript };
}

test.each(names)('%s', (name) => {
  const { image, transcript } = seen(name);
  if (transcript.setup.mount === null) expect(transcript.records.length).toBeGreaterThan(0);
  expect(compareTranscript(image, transcript)).toEqual([]);
});

test('each image is in transcripts of both kernels, but for one', () => {
  const images = fixtureNames('view').filter((name) => name.endsWith('.cramfs.gz'));
  const wanted = images.flatMap((name) =>
    ['6.1', '6.12'].map((release) => `${name.slice(0, -'.cramfs.gz'.length)}@${release}`),
  );
  expect(wanted.filter((name) => !names.includes(name))).toEqual(['tree251@6.12']);
});

test('a random run finds a kernel that reads no more of an entry than it needs', async () => {
  const release = '6.1.0-56-amd64';
  const cases = randomCases({ seed: 1, images: 4, vectors: 40, bases: [0x1000_0000], oddities: true, release });
  const results = await runCases(cases, emulatedOracle(release));
  expect(failingCases(results)).toEqual([]);
  const caught = vectorsUntilCaught(results, ALL_BROKEN_RULES).find(({ rule }) => rule === ENTRY_LIMIT);
  expect(caught?.vectors.some((count) => count !== null)).toBe(true);
  const kernel = withBrokenRule(modelOfRelease(release), ENTRY_LIMIT);
  expect(failingCases(await runCases(cases, emulatedOracle(release, { kernel })))).not.toEqual([]);
});
