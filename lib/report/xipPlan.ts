/**
 * The plan of an image whose programs run in place, as a table and as JSON.
 */
import { hex } from '../base/hex.ts';
import type { LeftOut, PlanItem, PlanStep, XipPlan } from '../mkfs/xip/plan.ts';
import { printableName } from '../format/names.ts';
import { columns } from './table.ts';
import { kib } from '../base/words.ts';

/** Version of the JSON. */
export const XIP_PLAN_SCHEMA = 2;

const REASONS: Readonly<Record<LeftOut, string>> = {
  budget: 'over the budget',
  copied: 'without an MMU its loader copies it to RAM',
  'last-page': 'whole pages: the last would read as zeros',
  unused: 'not in use',
};

/** Steps of the curve that the text lists. */
const MAX_STEPS = 24;

/** The table. */
export function xipPlanText(plan: XipPlan): string {
  const hasProfile = plan.spec.profile !== null;
  const header = ['placed', 'format', 'pages', 'RAM pages', ...(hasProfile ? ['uses'] : []), 'flash bytes', 'file'];
  const shown = plan.items.filter(({ leftOut }) => leftOut !== 'unused');
  const rows = shown.map((item) => [
    item.leftOut !== null ? '-' : item.pinned ? 'pinned' : isWhole(item) ? 'direct' : 'partly',
    item.format,
    `${item.first}-${item.end - 1}`,
    String(item.ramPages),
    ...(hasProfile ? [usesText(item.uses)] : []),
    String(item.flashBytes),
    `${namesText(item.paths)}${reasonText(item)}`,
  ]);
  const totals = totalsOf(plan);
  const isBest = totals.uses >= plan.boundUses;
  const lines = [
    ...columns([header, ...rows]),
    ...unusedText(plan.items.length - shown.length),
    '',
    `${totals.ramPages} of ${totals.ramPagesWanted} pages of ${plan.pageSize} bytes need no RAM` +
      (hasProfile ? `, ${usesText(totals.uses)} of ${usesText(totals.usesWanted)} uses` : '') +
      (isBest ? '' : ` (no selection within the budget serves more than ${usesText(plan.boundUses)} uses)`),
    `image: ${plan.image.size} bytes, ${plan.plainSize} with nothing direct; ` +
      `${plan.image.directBytes} bytes direct, ${plan.image.paddingBytes} bytes of padding (${plan.spec.layout})`,
    '',
    ...curveText(plan),
  ];
  return `${lines.join('\n')}\n`;
}

/** What flash buys: one line a step. */
function curveText({ curve, pageSize, spec }: XipPlan): string[] {
  const hasProfile = spec.profile !== null;
  const header = ['flash', 'RAM', ...(hasProfile ? ['uses'] : []), 'flash total', 'RAM total', 'pages', 'file'];
  const rows = curve
    .slice(0, MAX_STEPS)
    .map((step) => [
      kib(step.flashBytes),
      kib(step.ramPages * pageSize),
      ...(hasProfile ? [usesText(step.uses)] : []),
      kib(step.total.flashBytes),
      kib(step.total.ramPages * pageSize),
      `${step.first}-${step.end - 1}`,
      `${namesText(step.paths)}${step.pinned ? '  (pinned)' : ''}`,
    ]);
  const rest = curve.length - rows.length;
  return [
    'What flash buys, in KiB (more than with nothing direct, alignment not counted; best first):',
    ...columns([header, ...rows]).map((line) => `  ${line}`),
    ...(rest > 0 ? [`  and ${rest} more ${rest === 1 ? 'step' : 'steps'} (--json lists all)`] : []),
  ];
}

const namesText = (paths: readonly string[]): string =>
  `${printableName(paths[0] ?? '')}${paths.length > 1 ? ` and ${paths.length - 1} more` : ''}`;

const unusedText = (runs: number): string[] =>
  runs === 0 ? [] : [`and ${runs} ${runs === 1 ? 'part' : 'parts'} of programs not in use (--json lists them)`];

const usesText = (uses: number): string => String(Math.round(uses * 10) / 10);

function reasonText({ leftOut, pagesOverBudget }: PlanItem): string {
  if (leftOut !== null) return `  (${REASONS[leftOut]})`;
  if (pagesOverBudget === 0) return '';
  return `  (${pagesOverBudget} more used ${pagesOverBudget === 1 ? 'page' : 'pages'} over the budget)`;
}

/** The same for programs. */
export function xipPlanJson(plan: XipPlan) {
  const { spec, pageSize, items, curve, plainSize, boundUses, image } = plan;
  return {
    schemaVersion: XIP_PLAN_SCHEMA,
    mode: spec.mode,
    layout: spec.layout,
    physBase: hex(spec.physBase),
    pageSize,
    flashBudget: spec.flashBudget,
    plainSize,
    imageSize: image.size,
    directBytes: image.directBytes,
    paddingBytes: image.paddingBytes,
    ...totalsOf(plan),
    boundUses,
    curve: curve.map(stepJson),
    items: items.map((item) => ({
      paths: item.paths,
      format: item.format,
      size: item.size,
      firstPage: item.first,
      pages: item.end - item.first,
      segments: item.segments.map(({ first, end, prot }) => ({ firstPage: first, pages: end - first, prot })),
      flashBytes: item.flashBytes,
      ramPages: item.ramPages,
      uses: item.uses,
      pagesOverBudget: item.pagesOverBudget,
      pinned: item.pinned,
      direct: item.leftOut === null,
      leftOut: item.leftOut,
    })),
  };
}

function isWhole(item: PlanItem): boolean {
  return item.segments.every(({ end }) => end <= item.end);
}

function stepJson({ paths, first, end, pinned, flashBytes, ramPages, uses, total }: PlanStep) {
  return { paths, firstPage: first, pages: end - first, pinned, flashBytes, ramPages, uses, total };
}

interface Totals {
  readonly ramPages: number;
  readonly ramPagesWanted: number;
  readonly uses: number;
  readonly usesWanted: number;
}

function totalsOf({ items, curve }: XipPlan): Totals {
  const placed = items.filter(({ leftOut }) => leftOut === null);
  const sum = (chosen: readonly PlanItem[], of: 'ramPages' | 'uses'): number =>
    chosen.reduce((total, item) => total + item[of], 0);
  const all = curve.at(-1)?.total ?? { ramPages: 0, uses: 0 };
  const never = items.filter(({ leftOut }) => leftOut === 'last-page' || leftOut === 'copied');
  return {
    ramPages: sum(placed, 'ramPages'),
    ramPagesWanted: all.ramPages + sum(never, 'ramPages'),
    uses: sum(placed, 'uses'),
    usesWanted: all.uses + sum(never, 'uses'),
  };
}
