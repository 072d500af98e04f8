/** Fixes that a policy prints. */
import { staticProgram, stored } from './auditCases.ts';
import { PAGE, DIRECT, ZLIB, text, image, put, appOf, type Follow, type FixCase } from './fixCase.ts';

const policyCase = (
  id: string,
  variant: string,
  of: () => Uint8Array,
  policy: string,
  ...follow: Follow[]
): FixCase => {
  return { id, variant, image: of, policy, follow };
};
const APP = image(appOf(ZLIB));
const DIRECT_APP = image(appOf(DIRECT));
const DATA_APP = image(
  stored(
    'app',
    staticProgram(3, {
      segments: [
        { type: 1, vaddr: 0x10000, fileSize: PAGE, flags: 5 },
        { type: 1, vaddr: 0x20000, offset: PAGE, fileSize: PAGE, flags: 6 },
      ],
    }),
    DIRECT,
    ZLIB,
  ),
);
const REQUIRED = 'requires: [{ paths: [/app], direct: 100 %, segments: text }]';

/** Findings of policies. */
export const POLICY_FIXES: readonly FixCase[] = [
  policyCase('policy/requirement-unmet', '', APP, REQUIRED, { by: 'commands' }),
  policyCase(
    'policy/requirement-unmatched',
    '',
    image(stored('other', text(9), ZLIB)),
    REQUIRED,
    { by: 'tree', words: 'add the files to the image', change: put('/app', staticProgram(3)) },
    { by: 'policy', words: 'remove the requirement from the policy', policy: '' },
  ),
  policyCase('policy/over-budget', 'text', APP, 'budgets: { text: 100 % }', { by: 'commands' }),
  policyCase('policy/over-budget', 'RAM for read-only pages', APP, 'budgets: { ram: 0 }', { by: 'commands' }),
  policyCase(
    'policy/over-budget',
    'RAM for data',
    DATA_APP,
    'budgets: { ram: 0 }',
    { by: 'image', words: '/app needs 4 KiB of data; remove a program', image: image() },
    { by: 'image', words: 'link it so that it has less data', image: DIRECT_APP },
    { by: 'policy', words: 'raise the budget', policy: 'budgets: { ram: 4K }' },
  ),
  policyCase(
    'policy/over-budget',
    'flash',
    DIRECT_APP,
    'budgets: { flash: 8K }',
    { by: 'image', words: 'remove files', image: image() },
    { by: 'policy', words: 'raise the budget', policy: 'budgets: { flash: 1M }' },
    { by: 'commands' },
  ),
  policyCase(
    'policy/over-budget',
    'padding',
    DIRECT_APP,
    'budgets: { padding: 4K }',
    { by: 'policy', words: 'raise the budget', policy: 'budgets: { padding: 1M }' },
    { by: 'commands' },
  ),
  policyCase(
    'policy/region-too-small',
    '',
    DIRECT_APP,
    'region-size: 8K',
    { by: 'image', words: 'remove files', image: image() },
    { by: 'policy', words: 'enlarge the partition', policy: 'region-size: 1M' },
    { by: 'commands' },
  ),
  policyCase(
    'policy/exception-expired',
    '',
    image({ type: 'file', name: 'su', mode: 0o4755, blocks: [] }),
    'exceptions: [{ rule: security/setuid, reason: Why., expires: 2020-01-01 }]',
    { by: 'policy', words: 'fix what it covers', policy: '' },
    {
      by: 'policy',
      words: 'set a new date',
      policy: 'exceptions: [{ rule: security/setuid, reason: Why., expires: 2099-01-01 }]',
    },
  ),
  policyCase(
    'policy/exception-unused',
    '',
    image(stored('a', text(9), ZLIB)),
    'exceptions: [{ rule: security/setuid, reason: Why. }]',
    { by: 'policy', words: 'remove the exception from the policy', policy: '' },
  ),
];
