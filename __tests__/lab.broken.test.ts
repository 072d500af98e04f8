/** Rules broken one at a time: a random run finds each of them, and makes what it found small. */
import { describe, expect, test } from '@jest/globals';
import { CramfsImage } from '../lib/image/image.ts';
import { BROKEN_RULES, withBrokenRule } from '../kernel-lab/host/brokenRules.ts';
import { compareTranscript } from '../kernel-lab/host/compare.ts';
import { emulatedOracle, type Oracle, randomCases, regionOf, sideBySide } from '../kernel-lab/host/labCase.ts';
import { failingCases, runCases, shrinkCase, shrinkForRule, vectorsUntilCaught } from '../kernel-lab/host/randomRun.ts';
import { caughtText, randomText, summaryText } from '../kernel-lab/host/randomText.ts';
import { modelOfRelease } from '../lib/driver/models/named.ts';
import { complexity, simplerCases } from '../kernel-lab/host/shrink.ts';
import { NO_COLOURS } from '../lib/report/style.ts';

const RELEASE = '6.1.0-56-amd64';
const IMAGES = 6;
const VECTORS = 150;
const BASES = [0x1000_0000, 0x1000_0800, 0x1000_0ef0];
const cases = randomCases({ seed: 1, images: IMAGES, vectors: VECTORS, bases: BASES, release: RELEASE });
/** The emulation as it should be, in the place of a real kernel. */
const oracle = emulatedOracle(RELEASE);
const results = await runCases(cases, oracle);

test('nothing differs where nothing is broken', () => {
  expect(failingCases(results)).toEqual([]);
  expect(summaryText(results)).toMatch(
    /^Linux 6\.1\.0-56-amd64, seeds 1 to 6: 6 images in 18 places, 2700 vectors and [0-9]+ reads: 0 differences\n$/,
  );
  expect(randomText(results, NO_COLOURS)).toMatch(/^ {2}total +0 +2700 .* 0$/m);
});

describe('a broken rule is found', () => {
  const caught = vectorsUntilCaught(results);

  test.each(caught.map(({ rule, vectors }) => [rule.name, vectors] as const))('%s', (_, vectors) => {
    expect(vectors).toHaveLength(IMAGES);
    const found = vectors.filter((count) => count !== null).sort((a, b) => a - b);
    // Beginning with the last image there may not be enough; with all but one of them there is.
    expect(found.length).toBeGreaterThanOrEqual(IMAGES - 1);
    expect(found[Math.floor(found.length / 2)]).toBeLessThanOrEqual(VECTORS * 2);
    expect(found[0]).toBeLessThanOrEqual(VECTORS + 25);
  });

  test('which a table tells', () => {
    const text = caughtText(caught);
    for (const { name, title } of BROKEN_RULES) {
      expect(text).toMatch(new RegExp(`^ {2}${name} +[0-9]+ +[0-9]+ +[0-9]+ +[56] of 6$`, 'm'));
      expect(text).toContain(`  ${name}: ${title}\n`);
    }
  });
});

describe('what shows a broken rule is made small', () => {
  test.each(BROKEN_RULES.map((rule) => [rule.name, rule] as const))('%s', async (_, rule) => {
    const shrunk = await shrinkForRule(results, rule, oracle);
    if (shrunk === null) throw new Error('nothing was found');
    const { labCase, image, transcript } = shrunk;
    expect(labCase.spec.entries).toHaveLength(1);
    expect(labCase.requests).toHaveLength(1);
    expect(image.length).toBeLessThanOrEqual(4 * 4096);
    const kernel = withBrokenRule(modelOfRelease(RELEASE), rule);
    expect(compareTranscript(CramfsImage.open(image), transcript, { kernel })).not.toEqual([]);
    expect(compareTranscript(CramfsImage.open(image), transcript)).toEqual([]);
  });
});

test('a kernel that differs from the emulation is told of, and the case made small', async () => {
  const [rule] = BROKEN_RULES.filter(({ name }) => name === 'tail test');
  if (rule === undefined) throw new Error('no such rule');
  const emulated = emulatedOracle(RELEASE, { kernel: withBrokenRule(modelOfRelease(RELEASE), rule) });
  let boots = 0;
  const other: Oracle = (regions) => {
    boots++;
    return emulated(regions);
  };
  const differing = await runCases(cases.slice(0, 2), other);
  expect(boots).toBe(1);
  const failing = failingCases(differing);
  expect(failing.length).toBeGreaterThan(0);
  expect(new Set(failing.map(({ fields }) => fields)).size).toBe(failing.length);
  const text = randomText(differing, NO_COLOURS);
  expect(text).toMatch(/^record [0-9]+: map .*\n {2}kmsg\n {4}kernel: .*\n {4}emulation: .*last page is shared/m);
  const [first] = failing;
  if (first === undefined) throw new Error('nothing differs');
  const { labCase, transcript, image } = await shrinkCase(first, other);
  expect(complexity(labCase)).toBeLessThan(50);
  expect(boots).toBeLessThanOrEqual(30);
  const fields = compareTranscript(CramfsImage.open(image), transcript).map(({ field }) => field);
  expect(fields.sort().join(' ')).toBe(first.fields);
});

describe('simpler cases', () => {
  const [first] = cases;
  if (first === undefined) throw new Error('no case');
  const one = { ...first, requests: first.requests.slice(0, 1) };

  test('are simpler, the simplest first', () => {
    const weights = simplerCases(one).map(complexity);
    expect(weights.length).toBeGreaterThan(20);
    expect(weights).toEqual([...weights].sort((a, b) => a - b));
    expect(Math.max(...weights)).toBeLessThan(complexity(one));
  });

  test('lie side by side, at the same place in a page', () => {
    const region = regionOf(one);
    const placed = sideBySide([region, region, region]);
    expect(placed.map(({ physAddress }) => physAddress)).toEqual([0x1000_0000, 0x1010_0000, 0x1020_0000]);
  });
});
