/** Which findings the audit has for which image: each id with an image that shows it, and one that does not. */
import { describe, expect, test } from '@jest/globals';
import { auditImage } from '../lib/audit/auditImage.ts';
import type { AuditFinding } from '../lib/audit/finding.ts';
import { checkId, codeOf, OWN_IDS } from '../lib/audit/ids.ts';
import type { AuditResult } from '../lib/audit/result.ts';
import { AUDIT_RULES } from '../lib/audit/rules/index.ts';
import { checkImage } from '../lib/check/checkImage.ts';
import { FINDING_CODES } from '../lib/check/codes.ts';
import { auditCause, auditFix } from '../lib/report/auditWords.ts';
import { Board } from '../lib/verdict/board.ts';
import { AUDIT_CASES, caseBoard } from './support/auditCases.ts';
import { CHECK_CASES, openCase, SOUND } from './support/checkCases.ts';

const audit = (board: Board): AuditResult => auditImage(board, { name: 'image' });

/** What holds for the words of any finding. */
function expectWords(finding: AuditFinding): void {
  for (const sentence of [auditCause(finding), auditFix(finding)]) {
    expect(sentence).toMatch(/^.{8,}[^.]$/s);
    expect(sentence).not.toMatch(/undefined|NaN|\[object/);
  }
}

describe('what the audit alone finds', () => {
  test.each(AUDIT_CASES)('$name', (example) => {
    const { findings } = audit(caseBoard(example));
    const own = new Set(findings.filter(({ id }) => codeOf(id) === undefined).map(({ id }) => id));
    expect(OWN_IDS.filter((id) => own.has(id))).toEqual(example.ids);
    findings.forEach(expectWords);
  });

  const RULED = AUDIT_RULES.flatMap(({ ids }) => ids);

  test('each id but those of policies has one rule', () => {
    expect([...RULED].sort()).toEqual(OWN_IDS.filter((id) => !id.startsWith('policy/')).sort());
  });

  test.each(RULED)('%s is in some images and not in others', (id) => {
    const shows = AUDIT_CASES.filter(({ ids }) => ids.includes(id)).length;
    expect(shows).toBeGreaterThan(0);
    expect(shows).toBeLessThan(AUDIT_CASES.length);
  });
});

describe('what a check finds', () => {
  test('is found in an image for each code, and not in a sound one', () => {
    expect(CHECK_CASES.map(([code]) => code)).toEqual(FINDING_CODES);
    const { findings } = audit(new Board(openCase(SOUND)));
    expect(findings.filter(({ id }) => codeOf(id) !== undefined)).toEqual([]);
  });

  test.each(CHECK_CASES.map(([code, spec, options]) => ({ id: checkId(code), spec, options })))(
    '$id',
    ({ id, spec, options }) => {
      const image = openCase(spec(), options);
      const check = checkImage(image);
      const { findings, omitted } = auditImage(new Board(image), { name: 'image', check });
      const finding = findings.find((each) => each.id === id);
      expect(finding).toBeDefined();
      if (finding !== undefined) expectWords(finding);
      // Where a check gives up, the audit may have to, too, and say so.
      const others = findings.filter((each) => codeOf(each.id) !== undefined && each.id !== 'image/check-incomplete');
      expect(others).toHaveLength(check.findings.filter(({ code }) => code !== 'CHECK_INCOMPLETE').length);
      for (const [code, count] of Object.entries(check.omitted)) {
        expect(omitted[checkId(code as (typeof FINDING_CODES)[number])]).toBe(count);
      }
    },
  );
});
