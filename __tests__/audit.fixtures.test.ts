/** Which findings the audit has for which image: each id with an image that shows it, and one that does not. */
import { describe, expect, test } from '@jest/globals';
import { auditImage } from '../lib/audit/auditImage.ts';
import { OWN_FINDINGS } from '../lib/audit/findings.ts';
import type { AuditResult } from '../lib/audit/result.ts';
import { checkImage } from '../lib/check/checkImage.ts';
import { CHECK_FINDINGS } from '../lib/check/findings.ts';
import type { Finding } from '../lib/findings/finding.ts';
import { definitionOf } from '../lib/policy/findings.ts';
import { Board } from '../lib/verdict/board.ts';
import { fixPlace } from '../lib/report/fixPlace.ts';
import { AUDIT_CASES, caseBoard } from './support/auditCases.ts';
import { CHECK_CASES, openCase, SOUND } from './support/checkCases.ts';

const OWN_IDS = OWN_FINDINGS.map(({ id }) => id);
const CHECK_IDS = CHECK_FINDINGS.map(({ id }) => id);

const audit = (board: Board): AuditResult => auditImage(board, { name: 'image' });

/** What holds for the words of any finding. */
function expectWords(finding: Finding, result: AuditResult): void {
  const definition = definitionOf(finding);
  if (definition.scope === 'image') expect(finding.path).toBeNull();
  for (const sentence of [
    definition.cause(finding.args),
    definition.fix(finding.args, fixPlace(result, finding.path)),
  ]) {
    expect(sentence).toMatch(/^.{8,}[^.]$/s);
    expect(sentence).not.toMatch(/undefined|NaN|\[object/);
  }
}

describe('what the audit alone finds', () => {
  test.each(AUDIT_CASES)('$name', (example) => {
    const result = audit(caseBoard(example));
    const { findings } = result;
    const own = new Set(findings.filter(({ id }) => OWN_IDS.includes(id)).map(({ id }) => id));
    expect([...own].sort()).toEqual([...example.ids].sort());
    for (const finding of findings) expectWords(finding, result);
  });

  test.each(OWN_IDS)('%s is in some images and not in others', (id) => {
    const shows = AUDIT_CASES.filter(({ ids }) => ids.includes(id)).length;
    expect(shows).toBeGreaterThan(0);
    expect(shows).toBeLessThan(AUDIT_CASES.length);
  });
});

describe('what a check finds', () => {
  test('is not in a sound image', () => {
    const { findings } = audit(new Board(openCase(SOUND)));
    expect(findings.filter(({ id }) => CHECK_IDS.includes(id))).toEqual([]);
  });

  test.each(CHECK_CASES.map(([id, spec, options]) => ({ id, spec, options })))('$id', ({ id, spec, options }) => {
    const image = openCase(spec(), options);
    const check = checkImage(image);
    const result = auditImage(new Board(image), { name: 'image', check });
    const { findings, omitted } = result;
    const finding = findings.find((each) => each.id === id);
    expect(finding).toBeDefined();
    if (finding !== undefined) expectWords(finding, result);
    // Where a check gives up, the audit may have to, too, and say so.
    const others = findings.filter((each) => CHECK_IDS.includes(each.id) && each.id !== 'image/check-incomplete');
    expect(others).toHaveLength(check.findings.filter(({ id: other }) => other !== 'image/check-incomplete').length);
    for (const [other, count] of Object.entries(check.omitted)) expect(omitted[other]).toBe(count);
  });
});
