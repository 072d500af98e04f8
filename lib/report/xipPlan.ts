/**
 * The plan of an image whose programs run in place, as a table and as JSON.
 */
import { hex } from '../base/hex.ts';
import type { LeftOut, PlanItem, XipPlan } from '../mkfs/xip/plan.ts';
import { printableName } from '../format/names.ts';

/** Version of the JSON. */
export const XIP_PLAN_SCHEMA = 1;

const REASONS: Readonly<Record<LeftOut, string>> = {
  budget: 'over the budget',
  'last-page': 'whole pages: the last would read as zeros',
  unused: 'not in use',
};

/** The table. */
export function xipPlanText(plan: XipPlan): string {
  const lines: string[] = [];
  const rows = plan.items.map((item) => [
    item.leftOut === null ? (isWhole(item) ? 'direct' : 'partly') : '-',
    item.format,
    `${item.first}-${item.end - 1}`,
    String(item.ramPages),
    String(item.flashBytes),
    `${printableName(item.paths[0] ?? '')}${item.paths.length > 1 ? ` and ${item.paths.length - 1} more` : ''}` +
      (item.leftOut === null ? '' : `  (${REASONS[item.leftOut]})`),
  ]);
  const header = ['placed', 'format', 'pages', 'RAM pages', 'flash bytes', 'file'];
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  for (const row of [header, ...rows]) {
    const cells = row.map((cell, column) => (column === 5 ? cell : cell.padEnd(widths[column] ?? 0)));
    lines.push(cells.join('  ').trimEnd());
  }
  const totals = totalsOf(plan);
  lines.push(
    '',
    `${totals.ramPages} of ${totals.ramPagesWanted} pages of ${plan.pageSize} bytes need no RAM` +
      (totals.ramPages < plan.boundPages ? ` (no selection within the budget saves more than ${plan.boundPages})` : ''),
    `image: ${plan.image.bytes.length} bytes, ${plan.plainSize} with nothing direct; ` +
      `${plan.image.directBytes} bytes direct, ${plan.image.paddingBytes} bytes of padding (${plan.spec.layout})`,
    '',
    'What flash buys (bytes more than with nothing direct, alignment not counted):',
    ...plan.curve.map(({ cost, value }) => `  ${String(cost).padStart(10)} bytes  ${String(value).padStart(6)} pages`),
  );
  return `${lines.join('\n')}\n`;
}

/** The same for programs. */
export function xipPlanJson(plan: XipPlan): Record<string, unknown> {
  const { spec, pageSize, items, curve, plainSize, boundPages, image } = plan;
  return {
    schemaVersion: XIP_PLAN_SCHEMA,
    mode: spec.mode,
    layout: spec.layout,
    physBase: hex(spec.physBase),
    pageSize,
    flashBudget: spec.flashBudget,
    plainSize,
    imageSize: image.bytes.length,
    directBytes: image.directBytes,
    paddingBytes: image.paddingBytes,
    ...totalsOf(plan),
    boundPages,
    curve: curve.map(({ cost, value }) => ({ flashBytes: cost, ramPages: value })),
    items: items.map((item) => ({
      paths: item.paths,
      format: item.format,
      size: item.size,
      firstPage: item.first,
      pages: item.end - item.first,
      segments: item.segments.map(({ first, end, prot }) => ({ firstPage: first, pages: end - first, prot })),
      flashBytes: item.flashBytes,
      ramPages: item.ramPages,
      direct: item.leftOut === null,
      leftOut: item.leftOut,
    })),
  };
}

function isWhole(item: PlanItem): boolean {
  return item.segments.every(({ end }) => end <= item.end);
}

function totalsOf({ items }: XipPlan): { ramPages: number; ramPagesWanted: number } {
  const sum = (chosen: readonly PlanItem[]): number => chosen.reduce((total, { ramPages }) => total + ramPages, 0);
  return { ramPages: sum(items.filter(({ leftOut }) => leftOut === null)), ramPagesWanted: sum(items) };
}
