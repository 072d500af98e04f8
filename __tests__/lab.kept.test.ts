/**
 * Cases of random runs that were kept: images made small, and what a real kernel did with them. Each was found because
 * a rule of the emulation was wrong, or because one had been broken on purpose.
 */
import { describe, expect, test } from '@jest/globals';
import { CramfsImage } from '../lib/image/image.ts';
import { BROKEN_RULES, withBrokenRule } from '../kernel-lab/host/brokenRules.ts';
import { compareTranscript } from '../kernel-lab/host/compare.ts';
import { parseTranscript } from '../kernel-lab/host/parseRecords.ts';
import type { LabTranscript } from '../kernel-lab/host/record.ts';
import { modelOfRelease } from '../lib/driver/models/named.ts';
import { fixture, fixtureNames } from './support/fixtures.ts';

const names = fixtureNames('lab')
  .filter((name) => name.endsWith('.jsonl'))
  .map((name) => name.slice(0, -'.jsonl'.length));

const images = fixtureNames('lab').filter((name) => /\.cramfs(?:\.gz)?$/.test(name));

function kept(name: string): { readonly image: CramfsImage; readonly transcript: LabTranscript } {
  const transcript = parseTranscript(Buffer.from(fixture(`lab/${name}.jsonl`)).toString('utf8'), name);
  expect(transcript.setup.image).toBe(`${name}.cramfs`);
  const file = images.find((each) => each.startsWith(`${name}.cramfs`)) ?? name;
  const image = CramfsImage.open(fixture(`lab/${file}`), { pageSize: transcript.setup.page_size });
  return { image, transcript };
}

test.each(names)('%s', (name) => {
  const { image, transcript } = kept(name);
  expect(transcript.records.length).toBeGreaterThan(0);
  expect(compareTranscript(image, transcript)).toEqual([]);
});

test('each image is in a transcript', () => {
  expect(images.map((image) => image.replace(/\.gz$/, ''))).toEqual(names.map((name) => `${name}.cramfs`));
});

describe('a broken rule shows in the case that was kept for it', () => {
  test.each(BROKEN_RULES.map((rule) => [rule.name, rule] as const))('%s', (ruleName, rule) => {
    const { image, transcript } = kept(ruleName.replaceAll(' ', '-'));
    const kernel = withBrokenRule(modelOfRelease(transcript.setup.release), rule);
    expect(compareTranscript(image, transcript, { kernel })).not.toEqual([]);
  });
});
