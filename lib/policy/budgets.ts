/** What a policy limits, compared with an image's numbers. */
import { size } from '../base/words.ts';
import { args, defineFinding } from '../findings/definition.ts';
import { type Finding, makeFinding } from '../findings/finding.ts';
import { STORE_DIRECT } from '../audit/words.ts';
import type { AuditResult } from '../audit/result.ts';
import type { BudgetName, Policy } from './policy.ts';

const SMALLER = 'remove files, compress what need not be direct, or';

const BUDGETS = { flash: 'the image', padding: 'padding', ram: 'RAM for file mappings' } as const;

export const OVER_BUDGET = defineFinding({
  id: 'policy/over-budget',
  severity: 'error',
  scope: 'image',
  args: args<{ readonly budget: BudgetName; readonly limit: number; readonly value: number }>(),
  distinct: ({ budget, limit }) => [budget, limit],
  title: 'Exceeded budget',
  cause: ({ budget, limit, value }) =>
    budget === 'text'
      ? `${String(value)} % of the text is direct, and the policy requires ${String(limit)} %`
      : `${BUDGETS[budget]}: ${size(value)}, and the policy allows ${size(limit)}`,
  fix: ({ budget }, { image }) =>
    budget === 'text' || budget === 'ram'
      ? `${STORE_DIRECT}: cramfs mkfs --xip mmu ${image} NEW-IMAGE`
      : `${SMALLER} raise the budget`,
});

export const REGION_TOO_SMALL = defineFinding({
  id: 'policy/region-too-small',
  severity: 'error',
  scope: 'image',
  args: args<{ readonly region: number; readonly imageBytes: number }>(),
  distinct: ({ region }) => [region],
  title: 'Image larger than its region',
  cause: ({ region, imageBytes }) => `the image has ${size(imageBytes)}, but its region only ${size(region)}`,
  fix: `${SMALLER} enlarge the partition`,
});

/** Findings where a budget is not kept, or the image is larger than the partition that the policy names. */
export function budgetFindings(result: AuditResult, { budgets, machine }: Policy): Finding[] {
  const { imageBytes, paddingBytes, ramBytes, textBytes, textDirectBytes } = result.numbers;
  const findings: Finding[] = [];
  const { regionSize: region } = result.board;
  if (machine.regionSize !== undefined && imageBytes > region) {
    findings.push(makeFinding(REGION_TOO_SMALL, null, null, { region, imageBytes }));
  }
  const over = (budget: BudgetName, limit: number, value: number): void => {
    findings.push(makeFinding(OVER_BUDGET, null, null, { budget, limit, value }));
  };
  const { flash, padding, ram, text } = budgets;
  if (flash !== undefined && imageBytes > flash) over('flash', flash, imageBytes);
  if (padding !== undefined && paddingBytes > padding) over('padding', padding, paddingBytes);
  if (ram !== undefined && ramBytes > ram) over('ram', ram, ramBytes);
  // Where there is no text none of it takes RAM.
  if (text !== undefined && textDirectBytes * 100 < text * textBytes) {
    over('text', text, (textDirectBytes / textBytes) * 100);
  }
  return findings;
}
