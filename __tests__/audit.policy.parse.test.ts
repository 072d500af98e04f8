/** Policy files: what is read, what is refused and where, and the published schema. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { FINDING_IDS } from '../lib/policy/findings.ts';
import { policyJsonSchema } from '../lib/policy/jsonSchema.ts';
import { parsePolicy } from '../lib/policy/parsePolicy.ts';
import { STARTING_POLICY } from '../lib/policy/startingPolicy.ts';
import { CramfsError } from '../lib/base/errors.ts';

const text = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');

/** What is wrong with a policy: "LINE:COLUMN: SENTENCE". */
async function problems(policy: string): Promise<string[]> {
  try {
    await parsePolicy(policy, 'p.yaml');
    return [];
  } catch (error) {
    if (!(error instanceof CramfsError)) throw error;
    expect(error.code).toBe('BAD_POLICY');
    return (error.details.problems ?? []).map(({ line, column, message }) => `${line}:${column}: ${message}`);
  }
}

const validate = new Ajv2020({ allowUnionTypes: true }).compile(policyJsonSchema());
const isValid = (policy: string): boolean => validate(parse(policy));

/** Code blocks of a language in a page. */
const blocks = (page: string, language: string): string[] =>
  [...text(page).matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map((match) => match[1] ?? '');

const GOOD = {
  'the shortest policy': 'version: 1\n',
  'what cramfs policy init writes': STARTING_POLICY,
  JSON: '{\n\t"$schema": "x",\n\t"version": 1,\n\t"phys": 4096,\n\t"rules": {"**": "warn"}\n}',
  'anchors and aliases': 'version: 1\nrules:\n  security/setuid: &a { allow: /bin/su }\n  security/setgid: *a\n',
} as const;

describe('a policy', () => {
  test.each(Object.entries(GOOD))('is good: %s', async (_name, policy) => {
    expect(await problems(policy)).toEqual([]);
    expect([validate(parse(policy)), validate.errors]).toEqual([true, null]);
  });

  test('has its values understood', async () => {
    const policy = await parsePolicy(
      [
        'version: 1',
        'kernel: linux-6.17',
        'phys: 0x08040000',
        'page-size: 16K',
        'region-size: 4MiB',
        'cpu: arm64',
        'endian: big',
        'rules:',
        '  security/*: warn',
        '  security/setuid: [off, { severity: error, paths: /bin/** }]',
        '  image/alignment-padding: { max-bytes: 1K, max-percent: 2.5 % }',
        'requires:',
        '  - { paths: /bin/**, state: pfnmap, segments: text }',
        'budgets: { flash: 1G, text: 96 % }',
        'exceptions:',
        '  - { rule: xip/*, reason: " why ", expires: 2028-02-29 }',
      ].join('\n'),
      'p.yaml',
    );
    expect(policy.machine).toEqual({
      kernel: 'linux-6.17',
      physBase: 0x08040000,
      pageSize: 16384,
      regionSize: 4 << 20,
      cpu: 'arm64',
      littleEndian: false,
    });
    expect(
      policy.settings.map(({ ids, severity, paths }) => [ids.length, severity, paths?.included[0]?.pattern]),
    ).toEqual([
      [FINDING_IDS.filter((id) => id.startsWith('security/')).length, 'warning', undefined],
      [1, 'off', undefined],
      [1, 'error', '/bin/**'],
      [1, null, undefined],
    ]);
    expect(policy.settings[3]?.options).toMatchObject({ maxBytes: 1024, maxPercent: 2.5 });
    expect(policy.requirements).toMatchObject([{ state: 'pfnmap', segments: 'text' }]);
    expect(policy.budgets).toEqual({ flash: 1 << 30, text: 96 });
    expect(policy.exceptions).toMatchObject([{ paths: null, reason: 'why', expires: '2028-02-29' }]);
    expect(policy.exceptions[0]?.ids).toContain('xip/compressed');
    // Worker threads get a copy.
    expect(structuredClone(policy)).toEqual(policy);
  });
});

/** Policies with one error: its place and sentence, and whether the schema tells it, too. */
const BAD: readonly (readonly [policy: string, problem: string, bySchema: boolean])[] = [
  ['', '1:1: the file is empty; a policy must be an object, at least with "version: 1"', true],
  ['- 1\n', '1:1: a policy must be an object, at least with "version: 1", not a list', true],
  ['kernel: linux\n', '1:1: the policy lacks "version", which must be the number 1', true],
  ['version: 2\n', '1:10: version must be the number 1, not 2', true],
  ['version: 1\nbudgts: {}\n', '2:1: unknown key "budgts" (did you mean "budgets"?)', true],
  ['version: 1\n__proto__: 3\n', '2:1: unknown key "__proto__"', true],
  ['version: 1\n"a\\nb": 3\n', '2:1: unknown key "a\\nb"', true],
  [
    'version: 1\nkernel: linux-6.81\n',
    '2:9: kernel must be a kernel model ("cramfs-map --list-kernels" shows them) or a release of Linux in quotes, as in "6.12", not "linux-6.81" (did you mean "linux-6.18" or "linux-6.1"?)',
    true,
  ],
  [
    'version: 1\nkernel:\n',
    '2:8: kernel has no value; it must be a kernel model ("cramfs-map --list-kernels" shows them) or a release of Linux in quotes, as in "6.12"',
    true,
  ],
  ['version: 1\nphys: 12Q\n', '2:7: phys must be a number of bytes, as in 4096, 0x1000, 4K or 1M, not "12Q"', true],
  ['version: 1\nphys: -1\n', '2:7: phys must be a number of bytes, as in 4096, 0x1000, 4K or 1M, not -1', true],
  ['version: 1\nphys: 99999999G\n', '2:7: phys must be a smaller number, not "99999999G"', false],
  ['version: 1\npage-size: 5K\n', '2:12: page-size must be 4K, 8K, 16K or 64K, not "5K"', false],
  ['version: 1\nendian: litle\n', '2:9: endian must be little or big, not "litle" (did you mean "little"?)', true],
  ['version: 1\nrules: [off]\n', '2:8: rules must be an object with rules and how bad they are, not a list', true],
  [
    'version: 1\nrules:\n  secrity/setuid: off\n',
    '3:3: the rule "secrity/setuid" must be the id of a finding, or a glob that matches some, as in "security/*" (did you mean "security/setuid"?)',
    true,
  ],
  [
    'version: 1\nrules: { nothing/*: off }\n',
    '2:10: the rule "nothing/*" must be the id of a finding, or a glob that matches some, as in "security/*"',
    false,
  ],
  [
    'version: 1\nrules: { "*": off }\n',
    '2:10: the rule "*" must be the id of a finding, or a glob that matches some, as in "security/*" (did you mean "**"?)',
    false,
  ],
  [
    'version: 1\nrules:\n  xip/compressed: of\n',
    '3:19: rules."xip/compressed" must be off, note, warning or error, or an object with "severity", or a list of such, not "of" (did you mean "off"?)',
    true,
  ],
  [
    'version: 1\nrules: { xip/compressed: { severity: warnin } }\n',
    '2:38: rules."xip/compressed".severity must be off, note, warning or error, not "warnin" (did you mean "warning" or "warn"?)',
    true,
  ],
  [
    'version: 1\nrules: { xip/compressed: { severity: off, min-bytes: 3 } }\n',
    '2:43: unknown key "min-bytes" in rules."xip/compressed"',
    true,
  ],
  [
    'version: 1\nrules: { security/setuid: { alow: /bin/su, severity: off } }\n',
    '2:29: unknown key "alow" in rules."security/setuid" (did you mean "allow"?)',
    true,
  ],
  [
    'version: 1\nrules: { xip/compressed: { paths: /a } }\n',
    '2:26: rules."xip/compressed" must be an object with "severity"',
    true,
  ],
  [
    'version: 1\nrules: { image/alignment-padding: { max-percent: 101 } }\n',
    '2:50: rules."image/alignment-padding".max-percent must be a percentage from 0 to 100, as in "96 %" or 96.4, not 101',
    true,
  ],
  [
    'version: 1\nrules:\n  security/setuid: error\n  security/*: off\n',
    '3:3: this setting has no effect: the later one of "security/*" covers everything it covers',
    false,
  ],
  [
    'version: 1\nrules: { xip/mount-refused: { severity: off, paths: /** } }\n',
    '2:53: these paths can never apply: the findings are about the image as a whole',
    false,
  ],
  [
    'version: 1\nrequires: [{ paths: bin/**, state: pfnmap, segments: text }]\n',
    '2:21: requires[0].paths must be a glob that begins with "/" or "**/" (did you mean "/bin/**"?), not "bin/**"',
    true,
  ],
  [
    'version: 1\nrequires: [{ paths: "/[", state: pfnmap, segments: text }]\n',
    '2:21: requires[0].paths must be a glob with a "]" for each "[", and no other, not "/["',
    false,
  ],
  [
    'version: 1\nrequires: [{ paths: [], state: pfnmap, segments: text }]\n',
    '2:21: requires[0].paths must be a glob over paths, as in "/bin/**", or a list of such',
    true,
  ],
  [
    'version: 1\nrequires: [{ paths: ["!/a"], state: pfnmap, segments: text }]\n',
    '2:21: requires[0].paths must be globs of which one at least does not begin with "!"',
    false,
  ],
  [
    'version: 1\nrequires: [{ paths: /a, state: none, segments: text }]\n',
    '2:32: requires[0].state must be pfnmap or mixedmap, not "none"',
    true,
  ],
  [
    'version: 1\nrequires: [{ paths: /a, state: pfnmap }]\n',
    '2:12: requires[0] lacks "segments", which must be text, rodata, read-only, all or none',
    true,
  ],
  ['version: 1\nrequires: {}\n', '2:11: requires must be a list, not an object', true],
  ['version: 1\nbudgets: { txt: 96 % }\n', '2:12: unknown key "txt" in budgets (did you mean "text"?)', true],
  [
    'version: 1\nbudgets: { text: 96.5.3 }\n',
    '2:18: budgets.text must be a percentage from 0 to 100, as in "96 %" or 96.4, not "96.5.3"',
    true,
  ],
  ['version: 1\nexceptions: [{ rule: xip/* }]\n', '2:14: exceptions[0] lacks "reason", which must be a sentence', true],
  [
    'version: 1\nexceptions: [{ rule: xip/*, reason: " " }]\n',
    '2:37: exceptions[0].reason must be a sentence that says why, not " "',
    true,
  ],
  [
    'version: 1\nexceptions: [{ rule: xip/*, reason: x, expires: 2026-02-30 }]\n',
    '2:49: exceptions[0].expires must be a day of the calendar, not "2026-02-30"',
    false,
  ],
  [
    'version: 1\nexceptions: [{ rule: xip/*, reason: x, expires: 2026-13-01 }]\n',
    '2:49: exceptions[0].expires must be a day as in 2026-12-31, not "2026-13-01"',
    true,
  ],
  [
    'version: 1\nexceptions: [{ rule: xip/compresed, reason: x }]\n',
    '2:22: exceptions[0].rule must be the id of a finding, or a glob that matches some, as in "security/*" (did you mean "xip/compressed"?), not "xip/compresed"',
    true,
  ],
  [
    'version: 1\nexceptions: [{ rule: policy/exception-*, reason: x }]\n',
    '2:22: exceptions[0].rule must be a rule that is not about exceptions, not "policy/exception-*"',
    false,
  ],
];

/** Texts that are no YAML, or YAML that a policy does without: the schema never sees them. */
const UNREADABLE: readonly (readonly [policy: string, problem: string])[] = [
  ['version: 1\nversion: 1\n', '2:1: the key "version" appears twice'],
  ['{\n  "version": 1,\n  "version": 1\n}', '3:3: the key "version" appears twice'],
  ['version: [1\n', '2:1: flow sequence in block collection must be sufficiently indented and end with a ]'],
  ['version: 1\n\tkernel: linux\n', '2:1: tabs are not allowed as indentation'],
  ['version: 1\n---\nversion: 1\n', '2:1: a policy is one document, and here a second one begins'],
  ['version: 1\nkernel: !model linux\n', '2:9: tags mean nothing in a policy: !model'],
  ['version: 1\nkernel: *model\n', '1:1: there is no anchor "&model" before its alias'],
  [
    `version: 1\na: &a [x,x,x,x]\n${['ab', 'bc', 'cd', 'de', 'ef'].map(([from, to]) => `${to}: &${to} [${`*${from},`.repeat(4)}]`).join('\n')}`,
    '1:1: the file has more than 100 aliases, or aliases of aliases',
  ],
  ['['.repeat(20000), '1:1: the file is nested too deeply'],
  ['#'.repeat(131073), '1:1: the file has 131073 characters, and a policy has at most 131072'],
];

describe('errors of a policy', () => {
  test.each(BAD)('%j', async (policy, problem, bySchema) => {
    expect(await problems(policy)).toEqual([problem]);
    expect(isValid(policy)).toBe(!bySchema);
  });

  test.each(UNREADABLE.map(([policy, problem]) => [problem, policy]))('%s', async (problem, policy) => {
    expect(await problems(policy)).toEqual([problem]);
  });

  test('come all at once, in the order of the file', async () => {
    const policy = [
      'kernel: linux-6.81',
      'phys: 12Q',
      'endian: litle',
      'budgets: { txt: 1, ram: x }',
      'version: 0',
      'exceptions: [{}]',
      'version: 1',
    ];
    const found = await problems(policy.join('\n'));
    expect(found.map((each) => each.split(' ', 1)[0])).toEqual([
      '1:9:',
      '2:7:',
      '3:9:',
      '4:12:',
      '4:25:',
      '6:14:',
      '6:14:',
      '7:1:',
    ]);
  });

  test('are bounded in number', async () => {
    const policy = `version: 1\n${Array.from({ length: 1500 }, (_, i) => `k${i}: 1`).join('\n')}`;
    await expect(parsePolicy(policy, 'p.yaml')).rejects.toThrow(
      'p.yaml is not a valid policy: 1500 errors, of which the first 100 are reported',
    );
    expect(await problems(policy)).toHaveLength(100);
  });
});

describe('the published schema', () => {
  test('is what the parser is made of (npm run schemas)', () => {
    expect(JSON.parse(text('schemas/policy.schema.json'))).toEqual(policyJsonSchema());
  });

  test('and the parser take the examples of docs/policy.md', async () => {
    const examples = [...blocks('docs/policy.md', 'yaml'), ...blocks('docs/policy.md', 'json')].map((example) =>
      /^\s*"?version/m.test(example) ? example : `version: 1\n${example}`,
    );
    expect(examples.length).toBeGreaterThan(4);
    for (const example of examples) {
      expect([example, await problems(example)]).toEqual([example, []]);
      expect([example, isValid(example)]).toEqual([example, true]);
    }
  });
});
