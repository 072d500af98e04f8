/** Plain images are checked by their numbers: the outcome is that of showing every entry and every block to the rules. */
import { describe, expect, test } from '@jest/globals';
import { auditImage } from '../lib/audit/auditImage.ts';
import { AuditSurvey } from '../lib/audit/survey.ts';
import { checkImage, type CheckOptions } from '../lib/check/checkImage.ts';
import type { Rule } from '../lib/check/rule.ts';
import { RULES } from '../lib/check/rules/index.ts';
import { CramfsError } from '../lib/base/errors.ts';
import type { CramfsImage } from '../lib/image/image.ts';
import { openDetected } from '../lib/inspect/openDetected.ts';
import { Board } from '../lib/verdict/board.ts';
import { CHECK_CASES, openCase } from './support/checkCases.ts';
import { fixture, fixtureNames } from './support/fixtures.ts';

/** A rule that is shown everything, so that all others are. */
const EVERYTHING: Rule = { findings: [], begin: () => ({}) };

/** How many plain images a check meets. */
function counter(): { readonly rule: Rule; count: number } {
  const counted = {
    count: 0,
    rule: { findings: [], onlyOdd: true, begin: () => ({ plain: () => (counted.count += 1) }) },
  };
  return counted;
}

const images = [
  ...fixtureNames('images').map((name) => `images/${name}`),
  ...fixtureNames('malformed').flatMap((name) =>
    name.endsWith('.img') && !name.includes('071') ? [`malformed/${name}`] : [],
  ),
];

/** An image, or null for what is none. */
function opened(bytes: Uint8Array): CramfsImage | null {
  try {
    return openDetected(bytes);
  } catch (error) {
    if (error instanceof CramfsError) return null;
    throw error;
  }
}

/** What a check comes to, or how it fails. */
function outcome(image: CramfsImage, options: CheckOptions): unknown {
  try {
    return checkImage(image, options);
  } catch (error) {
    if (error instanceof CramfsError) return error.message;
    throw error;
  }
}

function expectSame(image: CramfsImage, options: CheckOptions = {}): void {
  expect(outcome(image, options)).toEqual(outcome(image, { ...options, rules: [...RULES, EVERYTHING] }));
}

test('images of the classic builders are plain', () => {
  for (const name of ['mini-plain', 'mini-z', 'tiny-ul', 'tiny-ul-big', 'mini-XX']) {
    const plain = counter();
    checkImage(openDetected(fixture(`images/${name}.cramfs.gz`)), { rules: [...RULES, plain.rule] });
    expect([name, plain.count]).toEqual([name, name.includes('XX') ? 0 : 1]);
  }
});

describe('a check by numbers comes to the same as one that shows the rules everything', () => {
  test.each(images)('%s', (name) => {
    const image = opened(fixture(name));
    if (image !== null) expectSame(image);
  });

  test.each(CHECK_CASES)('%s', (...[, spec, options]) => {
    expectSame(openCase(spec(), options));
  });

  test.each(['mini-plain', 'tiny-ul', 'tiny-ul-big', 'mini-z'])('%s with bytes of its tree damaged', (name) => {
    const bytes = fixture(`images/${name}.cramfs.gz`);
    for (let at = 0; at < Math.min(bytes.length, 1024); at += 31) {
      const damaged = bytes.slice();
      damaged[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
      const image = opened(damaged);
      if (image !== null) expectSame(image, { inflate: false });
    }
  });
});

test.each(images)('the audit counts the bytes of %s alike', (name) => {
  const bytes = fixture(name);
  const image = opened(bytes);
  if (image === null || bytes.length > 1 << 17) return;
  const audited = (others: readonly Rule[]): unknown => {
    const own = openDetected(bytes);
    const survey = new AuditSurvey();
    const check = checkImage(own, { inflate: false, rules: [...RULES, survey, ...others] });
    return auditImage(new Board(own), { name, check, survey });
  };
  expect(audited([])).toEqual(audited([EVERYTHING]));
});
