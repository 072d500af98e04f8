/**
 * Each finding of `cramfs check` in an image that shows it; a sound image of the same make shows none.
 */
import { describe, expect, test } from '@jest/globals';
import type { RawImageSpec } from './support/rawImage.ts';
import { checkImage } from '../lib/check/checkImage.ts';
import { CHECK_FINDINGS } from '../lib/check/findings.ts';
import type { Finding } from '../lib/findings/finding.ts';
import type { OpenOptions } from '../lib/image/image.ts';
import { definitionOf } from '../lib/policy/findings.ts';
import { CHECK_CASES, openCase, SOUND } from './support/checkCases.ts';

function findingsOf(spec: RawImageSpec | Uint8Array, options: OpenOptions = {}): readonly Finding[] {
  return checkImage(openCase(spec, options)).findings;
}

test('a sound image shows none at all', () => {
  expect(findingsOf(SOUND)).toEqual([]);
  expect(findingsOf({ ...SOUND, littleEndian: false, bootPad: true })).toEqual([]);
});

describe('every finding', () => {
  test('has a case', () => {
    expect(CHECK_CASES.map(([id]) => id).sort()).toEqual(CHECK_FINDINGS.map(({ id }) => id).sort());
  });

  test.each(CHECK_CASES.map(([id, spec, options]) => ({ id, spec, options })))('$id', ({ id, spec, options }) => {
    const found = findingsOf(spec(), options).find((finding) => finding.id === id);
    expect(found).toBeDefined();
    if (found === undefined) return;
    const definition = definitionOf(found);
    expect(definition.cause(found.args)).toMatch(/[^.]$/);
    expect(definition.cause(found.args)).not.toMatch(/undefined|NaN|\[object/);
    if (definition.scope === 'image') expect(found.path).toBeNull();
    else expect(found.path).not.toBeNull();
  });
});
