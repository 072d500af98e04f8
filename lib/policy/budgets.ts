/** What a policy limits, compared with an image's numbers. */
import { plural, size } from '../base/words.ts';
import { args, defineFinding, type FixPlace } from '../findings/definition.ts';
import { type Finding, makeFinding } from '../findings/finding.ts';
import { shownPath } from '../format/shownPath.ts';
import { STORE_DIRECT } from '../audit/words.ts';
import type { AuditResult } from '../audit/result.ts';
import type { BudgetName, Policy } from './policy.ts';

const BUDGETS = { flash: 'the image', padding: 'padding', ram: 'RAM for file mappings' } as const;

/** A program, and what it needs RAM for. `copied`: read-only pages that could be in flash. Whole pages in bytes. */
interface RamNeed {
  readonly path: string;
  readonly copied: number;
  readonly relro: number;
  readonly data: number;
}

/** Programs that are named. */
const NAMED_PROGRAMS = 3;

/** What would need less RAM: of pages that could be in flash, the command; of others, who needs them. */
function lessRam(needs: readonly RamNeed[], { rebuildDirect }: FixPlace): string {
  if (needs.some(({ copied }) => copied > 0)) return `${STORE_DIRECT}: ${rebuildDirect()}`;
  const named = needs.slice(0, NAMED_PROGRAMS).map(({ path, relro, data }) => {
    const parts = [
      ...(data > 0 ? [`${size(data)} of data`] : []),
      ...(relro > 0 ? [`${size(relro)} of relocated constants (relro)`] : []),
    ];
    return `${shownPath(path)} needs ${parts.join(' and ')}`;
  });
  const more = needs.length > NAMED_PROGRAMS ? `, and ${plural(needs.length - NAMED_PROGRAMS, 'program')} more` : '';
  return `no read-only page is left to store direct: ${named.join(', ')}${more}; remove a program, link it so that it has less data, or raise the budget`;
}

/** The programs that need RAM, those that need most first. */
function ramNeeds(files: AuditResult['files']): RamNeed[] {
  return files
    .flatMap(({ path, run }) =>
      run === null || run.ramBytes === 0
        ? []
        : [{ path, copied: run.ram.text + run.ram.rodata, relro: run.ram.relro, data: run.ram.data }],
    )
    .sort((a, b) => b.copied + b.relro + b.data - (a.copied + a.relro + a.data));
}

export const OVER_BUDGET = defineFinding({
  id: 'policy/over-budget',
  severity: 'error',
  scope: 'image',
  args: args<{
    readonly budget: BudgetName;
    readonly limit: number;
    readonly value: number;
    /** With `ram`: the programs that need most, in bytes; else empty. */
    readonly needs: readonly RamNeed[];
  }>(),
  distinct: ({ budget, limit }) => [budget, limit],
  title: 'Exceeded budget',
  cause: ({ budget, limit, value }) =>
    budget === 'text'
      ? `${String(value)} % of the text is direct, and the policy requires ${String(limit)} %`
      : `${BUDGETS[budget]}: ${size(value)}, and the policy allows ${size(limit)}`,
  fix: ({ budget, needs }, place) => {
    switch (budget) {
      case 'text':
        return `${STORE_DIRECT}: ${place.rebuildDirect()}`;
      case 'ram':
        return lessRam(needs, place);
      case 'flash':
        return `remove files, raise the budget, or compress what need not run from flash: ${place.rebuildCompressed()}`;
      case 'padding':
        return `raise the budget, or compress what need not run from flash: ${place.rebuildCompressed()}`;
    }
  },
});

export const REGION_TOO_SMALL = defineFinding({
  id: 'policy/region-too-small',
  severity: 'error',
  scope: 'image',
  args: args<{ readonly region: number; readonly imageBytes: number }>(),
  distinct: ({ region }) => [region],
  title: 'Image larger than its region',
  cause: ({ region, imageBytes }) => `the image has ${size(imageBytes)}, but its region only ${size(region)}`,
  fix: (_, { rebuildCompressed }) =>
    `remove files, enlarge the partition, or compress what need not run from flash: ${rebuildCompressed()}`,
});

/** Findings where a budget is not kept, or the image is larger than the partition that the policy names. */
export function budgetFindings(result: AuditResult, { budgets, machine }: Policy): Finding[] {
  const { imageBytes, paddingBytes, ramBytes, textBytes, textDirectBytes } = result.numbers;
  const findings: Finding[] = [];
  const { regionSize: region } = result.board;
  if (machine.regionSize !== undefined && imageBytes > region) {
    findings.push(makeFinding(REGION_TOO_SMALL, null, null, { region, imageBytes }));
  }
  const over = (budget: BudgetName, limit: number, value: number, needs: readonly RamNeed[] = []): void => {
    findings.push(makeFinding(OVER_BUDGET, null, null, { budget, limit, value, needs }));
  };
  const { flash, padding, ram, text } = budgets;
  if (flash !== undefined && imageBytes > flash) over('flash', flash, imageBytes);
  if (padding !== undefined && paddingBytes > padding) over('padding', padding, paddingBytes);
  if (ram !== undefined && ramBytes > ram) over('ram', ram, ramBytes, ramNeeds(result.files));
  // Where there is no text none of it takes RAM.
  if (text !== undefined && textDirectBytes * 100 < text * textBytes) {
    over('text', text, (textDirectBytes / textBytes) * 100);
  }
  return findings;
}
