/** Fingerprints and baselines. */
import { describe, expect, test } from '@jest/globals';
import { applyBaseline, baselineEntries, baselineText, parseBaseline } from '../lib/policy/baseline.ts';
import type { Finding } from '../lib/findings/finding.ts';
import { fingerprints } from '../lib/policy/fingerprint.ts';
import type { AuditResult } from '../lib/audit/result.ts';
import { EVIL, FINDINGS, RESULT } from './support/auditHelp.ts';

const withFindings = (findings: readonly Finding[]): AuditResult => ({ ...RESULT, findings, suppressed: [] });
const namesOf = (result: AuditResult): string[] => [...fingerprints(result).values()].sort();
const device = (path: string, offset: number): Finding => ({
  id: 'security/device-node',
  severity: 'note',
  path,
  offset,
  args: { type: 'chardev', major: 1, minor: 3 },
});

describe('fingerprints', () => {
  test('are 16 hexadecimal digits, one for each finding, suppressed ones included', () => {
    const names = fingerprints(RESULT);
    expect(names.size).toBe(FINDINGS.length + RESULT.suppressed.length);
    expect(new Set(names.values()).size).toBe(names.size);
    for (const name of names.values()) expect(name).toMatch(/^[0-9a-f]{16}$/);
  });

  test('stay when the layout of the image changes', () => {
    const moved = FINDINGS.map((finding): Finding => {
      const offset = finding.offset === null ? null : finding.offset + 8192;
      if (finding.id !== 'xip/layout-break') return { ...finding, offset };
      return { ...finding, offset, args: { ...finding.args, segment: 2, block: 1, directPages: 0, expectedOffset: 9 } };
    });
    expect(namesOf(withFindings(moved))).toEqual(namesOf(withFindings(FINDINGS)));
  });

  test('tell apart ids, paths, and what distinguishes a finding', () => {
    const findings = [device('/dev/null', 1), device('/dev/zero', 1)];
    const other: Finding = { ...device('/dev/null', 1), args: { type: 'chardev', major: 1, minor: 5 } };
    expect(new Set(namesOf(withFindings([...findings, other]))).size).toBe(3);
  });

  test('number findings that nothing tells apart, by their place', () => {
    const [first, second] = [device('/dev/null', 100), device('/dev/null', 200)];
    const names = fingerprints(withFindings([second, first]));
    expect(names.get(first)).toBe(fingerprints(withFindings([first])).get(first));
    expect(names.get(second)).not.toBe(names.get(first));
    const half: AuditResult = {
      ...withFindings([second]),
      suppressed: [{ finding: first, by: 'baseline', reason: null }],
    };
    expect(fingerprints(half).get(second)).toBe(names.get(second));
  });

  test('change when a requirement is missed by more', () => {
    const missed = (found: 'mixedmap' | 'none'): Finding => ({
      id: 'policy/requirement-unmet',
      severity: 'error',
      path: '/bin/app',
      offset: null,
      args: { requirement: 0, wanted: 'pfnmap', direct: null, found, segment: null },
    });
    expect(namesOf(withFindings([missed('mixedmap')]))).not.toEqual(namesOf(withFindings([missed('none')])));
  });
});

describe('a baseline', () => {
  const baseline = parseBaseline(baselineText(baselineEntries(RESULT)), 'b.json');

  test('has what counts and what an older baseline has, not what a policy excuses', () => {
    const paths = [...baseline.values()].map(({ path }) => path);
    expect(paths.sort()).toEqual([null, '/bin/app', '/bin/app', '/bin/sudo', EVIL].sort());
  });

  test('is written in an order of its own, an entry a line', () => {
    const entries = baselineEntries(RESULT);
    const text = baselineText(entries);
    expect(baselineText([...entries].reverse())).toBe(text);
    expect(text.split('\n').slice(0, 4)).toEqual([
      '{',
      '  "version": 1,',
      '  "findings": [',
      expect.stringMatching(/^ {4}\{"id":"image\/trailing-data","path":null,"fingerprint":"[0-9a-f]{16}"\},$/),
    ]);
    expect(baselineText([])).toBe('{\n  "version": 1,\n  "findings": []\n}\n');
  });

  test('suppresses what it has, and counts the rest', () => {
    const used = new Set<string>();
    const fresh = device('/dev/new', 5);
    const result = applyBaseline({ ...RESULT, findings: [...FINDINGS, fresh] }, baseline, used);
    expect(result.findings).toEqual([fresh]);
    expect(result.suppressed).toHaveLength(RESULT.suppressed.length + FINDINGS.length);
    expect(result.suppressed.at(-1)).toMatchObject({ by: 'baseline', reason: null });
    // Two device nodes are counted and left out.
    expect(result.counts).toEqual({ error: 0, warning: 0, note: 2 });
    expect([...baseline.keys()].every((name) => used.has(name))).toBe(true);
  });

  test('may be put on twice', () => {
    const once = applyBaseline(RESULT, baseline, new Set());
    expect(applyBaseline(once, baseline, new Set())).toEqual(once);
  });

  test.each([
    ['nonsense', /^b[.]json: it is not JSON: /],
    ['[]', /it is not a baseline: expected an object with "version" and "findings"/],
    ['null', /it is not a baseline/],
    ['{"version": 2, "findings": []}', /its version is 2, and this program knows version 1/],
    ['{"version": 1, "findings": [{"id": "x"}]}', /entry 1 of "findings" has no "fingerprint", "id" and "path"/],
  ])('that is %s is an error', (text, message) => {
    expect(() => parseBaseline(text, 'b.json')).toThrow(message);
    expect(() => parseBaseline(text, 'b.json')).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
