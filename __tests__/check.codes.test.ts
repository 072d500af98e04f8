/**
 * Each code of `cramfs check` in an image that shows it; a sound image of the same make shows none.
 */
import { describe, expect, test } from '@jest/globals';
import type { RawImageSpec } from './support/rawImage.ts';
import { checkImage } from '../lib/check/checkImage.ts';
import { FINDING_CODES } from '../lib/check/codes.ts';
import type { Finding } from '../lib/check/finding.ts';
import { RULES } from '../lib/check/rules/index.ts';
import type { OpenOptions } from '../lib/image/image.ts';
import { findingText } from '../lib/report/findingText.ts';
import { CHECK_CASES, openCase, SOUND } from './support/checkCases.ts';

function findingsOf(spec: RawImageSpec | Uint8Array, options: OpenOptions = {}): readonly Finding[] {
  return checkImage(openCase(spec, options)).findings;
}

test('a sound image shows no code at all', () => {
  expect(findingsOf(SOUND)).toEqual([]);
  expect(findingsOf({ ...SOUND, littleEndian: false, bootPad: true })).toEqual([]);
});

describe('every code', () => {
  test('has a case, and one rule', () => {
    expect(CHECK_CASES.map(([code]) => code)).toEqual(FINDING_CODES);
    const ruled = RULES.flatMap(({ codes }) => codes);
    expect([...ruled, 'CHECK_INCOMPLETE'].sort()).toEqual([...FINDING_CODES].sort());
  });

  test.each(CHECK_CASES.map(([code, spec, options]) => ({ code, spec, options })))(
    '$code',
    ({ code, spec, options }) => {
      const found = findingsOf(spec(), options).find((finding) => finding.code === code);
      expect(found).toBeDefined();
      if (found === undefined) return;
      expect(findingText(found)).toMatch(/[^.]$/);
      expect(findingText(found)).not.toMatch(/undefined|NaN|\[object/);
    },
  );
});
