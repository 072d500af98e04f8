/** What a policy limits, held against an image's numbers. */
import type { AuditFinding } from '../audit/finding.ts';
import { type BudgetName, defaultSeverity } from '../audit/ids.ts';
import type { AuditResult } from '../audit/result.ts';
import type { Policy } from './policy.ts';

/** Findings where a budget is not kept, or the image is larger than the partition that the policy tells of. */
export function budgetFindings(result: AuditResult, { budgets, machine }: Policy): AuditFinding[] {
  const { imageBytes, paddingBytes, ramBytes, textBytes, textDirectBytes } = result.numbers;
  const findings: AuditFinding[] = [];
  const { regionSize: region } = result.board;
  if (machine.regionSize !== undefined && imageBytes > region) {
    const id = 'policy/region-too-small';
    findings.push({ id, severity: defaultSeverity(id), path: null, offset: null, args: { region, imageBytes } });
  }
  const over = (budget: BudgetName, limit: number, value: number): void => {
    const id = 'policy/over-budget';
    findings.push({ id, severity: defaultSeverity(id), path: null, offset: null, args: { budget, limit, value } });
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
