/** What policies make of audits. */
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { auditImage } from '../lib/audit/auditImage.ts';
import { type Finding, isFinding } from '../lib/findings/finding.ts';
import { MAX_PER_ID } from '../lib/findings/findingList.ts';
import { FINDING_IDS } from '../lib/policy/findings.ts';
import { applyPolicy } from '../lib/policy/applyPolicy.ts';
import { parsePolicy } from '../lib/policy/parsePolicy.ts';
import type { Policy } from '../lib/policy/policy.ts';
import { isRequired, REQUIREMENT_UNMET } from '../lib/policy/requirements.ts';
import type { AuditResult } from '../lib/audit/result.ts';
import { openDetected } from '../lib/inspect/openDetected.ts';
import { Board } from '../lib/verdict/board.ts';
import { cramfs } from './support/auditHelp.ts';
import { Folder } from './support/cli.ts';
import { fixture } from './support/fixtures.ts';

const TODAY = '2026-11-22';

const policyOf = (text: string): Promise<Policy> => parsePolicy(`version: 1\n${text}`, 'p.yaml');

/** The audit of the fixtures' XIP image, under a policy. */
async function audited(text: string, name = 'images/mini-XX.cramfs.gz'): Promise<AuditResult> {
  const policy = await policyOf(text);
  const board = new Board(openDetected(fixture(name)));
  const result = auditImage(board, { name, inflate: false, alsoList: (path) => isRequired(path, policy) });
  return applyPolicy(result, policy, TODAY);
}

const plain = auditImage(new Board(openDetected(fixture('images/mini-XX.cramfs.gz'))), {
  name: 'mini',
  inflate: false,
});

/** The findings of policies, without what can be looked up. */
const ofPolicy = ({ findings }: Pick<AuditResult, 'findings'>): Pick<Finding, 'id' | 'path' | 'args'>[] =>
  findings.filter(({ id }) => id.startsWith('policy/')).map(({ id, path, args }) => ({ id, path, args }));

const counted = (findings: readonly Finding[]): AuditResult['counts'] => {
  const counts = { error: 0, warning: 0, note: 0 };
  for (const { severity } of findings) counts[severity]++;
  return counts;
};

/** Policies that show a finding, and that do not, on the fixtures' XIP image. */
const CASES: readonly (readonly [id: string, shows: string, shown: readonly object[], not: string])[] = [
  [
    'policy/requirement-unmet',
    'requires: [{ paths: "/elf/np3", state: pfnmap, segments: text }]',
    [
      {
        id: 'policy/requirement-unmet',
        path: '/elf/np3',
        args: {
          requirement: 0,
          wanted: 'pfnmap',
          found: 'mixedmap',
          segment: { perms: 'r-x', pages: 3, directPages: 2 },
        },
      },
    ],
    'requires: [{ paths: "/elf/np3", state: mixedmap, segments: text }]',
  ],
  [
    'policy/requirement-unmatched',
    'requires: [{ paths: [/bin/hello, /bin/nothing, "/text/*.txt"], state: mixedmap, segments: text }]',
    [
      {
        id: 'policy/requirement-unmatched',
        path: null,
        args: { requirement: 0, paths: ['/bin/nothing', '/text/*.txt'] },
      },
    ],
    'requires: [{ paths: "/{bin,nothing}/hello", direct: 100 %, segments: read-only }]',
  ],
  [
    'policy/over-budget',
    'budgets: { flash: 0, padding: 0, ram: 0, text: 100 % }',
    (['flash', 'padding', 'ram', 'text'] as const).map((budget) => ({
      id: 'policy/over-budget',
      path: null,
      args: {
        budget,
        limit: budget === 'text' ? 100 : 0,
        value: {
          flash: plain.numbers.imageBytes,
          padding: plain.numbers.paddingBytes,
          ram: plain.numbers.ramBytes,
          text: (plain.numbers.textDirectBytes / plain.numbers.textBytes) * 100,
        }[budget],
      },
    })),
    `budgets: { flash: ${plain.numbers.imageBytes}, padding: ${plain.numbers.paddingBytes}, ram: ${plain.numbers.ramBytes}, text: ${(plain.numbers.textDirectBytes / plain.numbers.textBytes) * 100} }`,
  ],
  [
    'policy/exception-expired',
    'exceptions: [{ rule: security/setuid, reason: Why., expires: 2026-11-21 }]',
    [{ id: 'policy/exception-expired', path: null, args: { exception: 0, expires: '2026-11-21', reason: 'Why.' } }],
    'exceptions: [{ rule: security/setuid, reason: Why., expires: 2026-11-22 }]',
  ],
  [
    'policy/exception-unused',
    'exceptions: [{ rule: security/*, reason: All. }, { rule: security/setuid, paths: /perm/*, reason: One. }]',
    [{ id: 'policy/exception-unused', path: null, args: { exception: 1, reason: 'One.' } }],
    'exceptions: [{ rule: security/setuid, paths: /perm/*, reason: One. }, { rule: security/*, reason: All. }]',
  ],
];

describe('a finding of a policy', () => {
  test.each(CASES)('%s: a policy that shows it', async (_id, shows, shown) => {
    expect(ofPolicy(await audited(shows))).toMatchObject(shown);
  });

  test.each(CASES)('%s: a policy that does not', async (_id, _shows, _shown, not) => {
    expect(ofPolicy(await audited(not))).toEqual([]);
  });

  test('policy/region-too-small hangs on the region that the audit was made with', async () => {
    const policy = await policyOf('region-size: 1M');
    const small = { ...plain, board: { ...plain.board, regionSize: 65536 } };
    expect(ofPolicy(applyPolicy(small, policy, TODAY))).toEqual([
      {
        id: 'policy/region-too-small',
        path: null,
        args: { region: 65536, imageBytes: plain.numbers.imageBytes },
      },
    ]);
    expect(ofPolicy(applyPolicy(plain, policy, TODAY))).toEqual([]);
    expect(ofPolicy(applyPolicy(small, await policyOf('kernel: linux'), TODAY))).toEqual([]);
  });

  test('is among those that the table has', () => {
    const ids = FINDING_IDS.filter((id) => id.startsWith('policy/'));
    expect([...CASES.map(([id]) => id), 'policy/region-too-small'].sort()).toEqual([...ids].sort());
  });
});

describe('requirements', () => {
  test('of a share name what there is of it', async () => {
    expect(ofPolicy(await audited('requires: [{ paths: /elf/np3, direct: 66 %, segments: text }]'))).toEqual([]);
    expect(ofPolicy(await audited('requires: [{ paths: /elf/np3, direct: 67 %, segments: text }]'))).toMatchObject([
      {
        id: 'policy/requirement-unmet',
        path: '/elf/np3',
        args: { wanted: null, direct: { share: 67, directPages: 2, pages: 3 } },
      },
    ]);
  });

  test('of a file as a whole can be a share, too', async () => {
    expect(ofPolicy(await audited('requires: [{ paths: /elf/np3, direct: 1 %, segments: none }]'))).toEqual([]);
    const unmet = await audited('requires: [{ paths: /text/short.txt, direct: 1 %, segments: none }]');
    expect(ofPolicy(unmet)).toMatchObject([{ args: { direct: { share: 1, directPages: 0 } } }]);
  });

  test('look at files that are no programs, and have no direct block', async () => {
    const result = await audited('requires: [{ paths: /text/short.txt, state: mixedmap, segments: none }]');
    expect(ofPolicy(result)).toMatchObject([
      { id: 'policy/requirement-unmet', path: '/text/short.txt', args: { found: 'none', segment: null } },
    ]);
  });

  test('are none of an empty file', async () => {
    const result = await audited('requires: [{ paths: /data/empty, state: mixedmap, segments: none }]');
    expect(ofPolicy(result)).toMatchObject([{ id: 'policy/requirement-unmatched', args: { paths: ['/data/empty'] } }]);
  });

  test('of all segments are for writable ones, too', async () => {
    const kinds = async (segments: string): Promise<(string | undefined)[]> =>
      (await audited(`requires: [{ paths: /bin/hello, direct: 100 %, segments: ${segments} }]`)).findings.map(
        (finding) => (isFinding(REQUIREMENT_UNMET, finding) ? finding.args.segment?.perms : undefined),
      );
    expect((await kinds('all')).filter((perms) => perms !== undefined)).toEqual(['rw-']);
    expect((await kinds('read-only')).filter((perms) => perms !== undefined)).toEqual([]);
  });
});

describe('rules', () => {
  const setuid = async (rules: string): Promise<string[]> =>
    (await audited(`rules: ${rules}`)).findings
      .filter(({ id }) => id === 'security/setuid')
      .map(({ severity }) => severity);

  test('give findings their severity, the last setting that fits counting', async () => {
    expect(await setuid('{}')).toEqual(['warning', 'warning']);
    expect(await setuid('{ security/*: error }')).toEqual(['error', 'error']);
    expect(await setuid('{ security/*: error, security/setuid: info }')).toEqual(['note', 'note']);
    expect(await setuid('{ security/setuid: [off, { severity: error, paths: /perm/all }] }')).toEqual(['error']);
    expect(await setuid('{ security/setuid: [off, { severity: error, paths: /bin/** }] }')).toEqual([]);
    expect(await setuid('{ security/setuid: { allow: "/perm/{all,setuid}" } }')).toEqual([]);
    expect(await setuid('{ security/setuid: { severity: error, allow: ["/perm/*", "!/perm/setuid"] } }')).toEqual([
      'error',
    ]);
  });

  test('have options', async () => {
    const has = async (id: string, option: string): Promise<boolean> =>
      (await audited(`rules: { ${id}: { ${option} } }`)).findings.some((finding) => finding.id === id);
    const { paddingBytes, imageBytes } = plain.numbers;
    expect(await has('image/alignment-padding', `max-bytes: ${paddingBytes - 1}`)).toBe(true);
    expect(await has('image/alignment-padding', `max-bytes: ${paddingBytes}`)).toBe(false);
    expect(await has('image/alignment-padding', `max-percent: ${Math.ceil((paddingBytes / imageBytes) * 100)}`)).toBe(
      false,
    );
    expect(await has('image/alignment-padding', `max-bytes: 1G, max-percent: 1`)).toBe(true);
    const unmappable = async (minBytes: number): Promise<(string | null)[]> =>
      (await audited(`rules: { xip/unmappable-direct: { min-bytes: ${minBytes} } }`)).findings
        .filter(({ id }) => id === 'xip/unmappable-direct')
        .map(({ path }) => path);
    expect(await unmappable(200)).toEqual(['/elf/np1', '/elf/np1_next']);
    expect(await unmappable(201)).toEqual(['/elf/np1_next']);
    expect(await unmappable(202)).toEqual([]);
  });

  test('count what is kept, and nothing that is off', async () => {
    for (const rules of ['{}', '{ "**": off }', '{ security/*: error, image/*: off }']) {
      const { findings, counts } = await audited(`rules: ${rules}`);
      expect(counts).toEqual(counted(findings));
    }
    expect((await audited('rules: { "**": off }')).findings).toEqual([]);
  });

  test('leave the order of findings as it was, whatever they say', async () => {
    const severity = fc.constantFrom('off', 'note', 'info', 'warning', 'warn', 'error');
    const setting = fc.tuple(fc.constantFrom(...FINDING_IDS, 'security/*', 'xip/*', '**'), severity);
    const policies = fc
      .array(setting, { maxLength: 4 })
      .map((settings) => JSON.stringify(Object.fromEntries(settings)));
    await fc.assert(
      fc.asyncProperty(policies, async (rules) => {
        const policy = await policyOf(`rules: ${rules}`).catch(() => null);
        if (policy === null) return;
        const once = applyPolicy(plain, policy, TODAY);
        expect(applyPolicy(once, policy, TODAY)).toEqual(once);
        const places = plain.findings.filter((finding) =>
          once.findings.some(
            (each) => each.path === finding.path && each.id === finding.id && each.offset === finding.offset,
          ),
        );
        expect(once.findings.map(({ id, path }) => [id, path])).toEqual(places.map(({ id, path }) => [id, path]));
        expect(once.counts).toEqual(counted(once.findings));
      }),
      { numRuns: 100 },
    );
  });
});

describe('exceptions', () => {
  test('suppress what fits, with their reason', async () => {
    const result = await audited('exceptions: [{ rule: security/set?id, paths: /perm/setuid, reason: Known. }]');
    expect(result.suppressed).toMatchObject([
      { finding: { id: 'security/setuid', path: '/perm/setuid' }, by: 'exception', reason: 'Known.' },
    ]);
    expect(result.findings.filter(({ path }) => path === '/perm/setuid').map(({ id }) => id)).not.toContain(
      'security/setuid',
    );
    expect(result.counts).toEqual(counted(result.findings));
  });

  test('are for requirements and budgets as well', async () => {
    const result = await audited(
      'budgets: { flash: 0 }\nexceptions: [{ rule: policy/over-budget, reason: Next year. }]',
    );
    expect(ofPolicy(result)).toEqual([]);
    expect(result.suppressed).toHaveLength(1);
  });

  test('are of use where a baseline was first', async () => {
    const finding = plain.findings.find(({ id }) => id === 'security/setuid');
    if (finding === undefined) throw new Error('the image has no setuid file');
    const known: AuditResult = { ...plain, findings: [], suppressed: [{ finding, by: 'baseline', reason: null }] };
    const policy = await policyOf('exceptions: [{ rule: security/setuid, reason: Known. }]');
    expect(applyPolicy(known, policy, TODAY)).toMatchObject({ findings: [], suppressed: [{ by: 'baseline' }] });
  });

  test('are for odd names as they are', async () => {
    const path = '/a\n[b]\\c\udcff';
    const odd: AuditResult = {
      ...plain,
      findings: [{ id: 'security/setuid', severity: 'warning', path, offset: 0, args: { mode: 0o4755, uid: 0 } }],
    };
    for (const glob of ['/a*', '/a?\\[b\\]\\\\c?', '**']) {
      const policy = await policyOf(
        `exceptions: ${JSON.stringify([{ rule: 'security/setuid', paths: glob, reason: 'x' }])}`,
      );
      expect([glob, applyPolicy(odd, policy, TODAY).findings]).toEqual([glob, []]);
    }
  });
});

describe('findings that were only counted', () => {
  const finding: Finding = {
    id: 'xip/compressed',
    severity: 'warning',
    path: '/a',
    offset: 0,
    args: { segment: 0, perms: 'r-x', firstPage: 0, pages: 1, directPages: 0, block: 0, kind: 'zlib' },
  };
  const cut: AuditResult = {
    ...plain,
    findings: [finding],
    counts: { error: 0, warning: 6, note: 0 },
    omitted: { 'xip/compressed': 5 },
  };
  const under = async (text: string): Promise<Pick<AuditResult, 'counts' | 'omitted'>> => {
    const { counts, omitted } = applyPolicy(cut, await policyOf(text), TODAY);
    return { counts, omitted };
  };

  test.each([
    ['rules: {}', { error: 0, warning: 6, note: 0 }, 5],
    ['rules: { xip/*: error }', { error: 6, warning: 0, note: 0 }, 5],
    ['rules: { xip/*: off }', { error: 0, warning: 0, note: 0 }, undefined],
    // They may be in /bin.
    ['rules: { xip/compressed: [off, { severity: error, paths: /bin/** }] }', { error: 5, warning: 0, note: 0 }, 5],
    ['exceptions: [{ rule: xip/*, reason: x }]', { error: 0, warning: 0, note: 0 }, undefined],
    ['exceptions: [{ rule: xip/*, paths: /a, reason: x }]', { error: 0, warning: 5, note: 0 }, 5],
    // It may be of use for one of them.
    ['exceptions: [{ rule: xip/*, paths: /b, reason: x }]', { error: 0, warning: 6, note: 0 }, 5],
  ])('%s', async (text, counts, omitted) => {
    expect(await under(text)).toEqual({ counts, omitted: omitted === undefined ? {} : { 'xip/compressed': omitted } });
  });

  test('come of requirements, too, where there are many', async () => {
    const [file] = plain.files.filter(({ path }) => path === '/elf/np3');
    if (file === undefined) throw new Error('the image lacks a file');
    const count = MAX_PER_ID + 7;
    const files = Array.from({ length: count }, (_, i) => ({ ...file, path: `/bin/${i}` }));
    const many: AuditResult = { ...plain, findings: [], counts: { error: 0, warning: 0, note: 0 }, files };
    const policy = await policyOf('requires: [{ paths: /bin/*, state: pfnmap, segments: text }]');
    const { findings, counts, omitted } = applyPolicy(many, policy, TODAY);
    expect([findings.length, counts.error, omitted]).toEqual([MAX_PER_ID, count, { 'policy/requirement-unmet': 7 }]);
  });
});

describe('cramfs policy', () => {
  const folder = new Folder();
  afterAll(() => {
    folder.remove();
  });

  test('init writes a policy that check takes and audit applies', async () => {
    const file = `${folder.path}/new.yaml`;
    expect(await cramfs(['policy', 'init', file])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await cramfs(['policy', 'init', file])).toMatchObject({ code: 2 });
    const { stdout } = await cramfs(['policy', 'init']);
    expect(await cramfs(['policy', 'check', file, folder.file('same.yaml', stdout)])).toMatchObject({
      code: 0,
      stderr: '',
    });
    const audit = await cramfs(['audit', folder.fixture('images/mini-XX.cramfs.gz'), '--policy', file]);
    expect(audit).toMatchObject({ code: 1, stderr: '' });
    expect(audit.stdout).toContain('security/setuid');
  });

  test('check tells all errors of all files, with their places', async () => {
    const bad = folder.file('bad.yaml', 'version: 1\nrules: { xip/*: of }\nbudgts: {}\n');
    const { code, stdout, stderr } = await cramfs([
      'policy',
      'check',
      '/nowhere',
      bad,
      folder.file('good.yaml', 'version: 1'),
    ]);
    expect(code).toBe(3);
    expect(stdout).toMatch(/good.yaml: no errors; 0 rule settings, 0 requirements, 0 exceptions\n$/);
    expect(stderr).toMatch(/cannot read \/nowhere: there is no such file/);
    expect(stderr).toContain(`${bad} is not a valid policy: 2 errors\n${bad}:2:17: rules."xip/*" must be `);
    expect(stderr).toContain(`${bad}:3:1: unknown key "budgts" (did you mean "budgets"?)\n`);
  });

  test('errors of a policy keep an audit from beginning', async () => {
    const bad = folder.file('wrong.yaml', 'version: 2\n');
    const { code, stdout, stderr } = await cramfs(['audit', '/nowhere', '--policy', bad]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`${bad}:1:10: version must be the number 1, not 2\n`);
  });
});
