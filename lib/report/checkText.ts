/** `cramfs check`: a line for each finding or run of them, the worst first, and a summary. */
import { hex } from '../base/hex.ts';
import type { CheckResult } from '../check/checkImage.ts';
import { SEVERITIES } from '../findings/definition.ts';
import { shownPath } from '../format/shownPath.ts';
import { type FindingRun, findingRuns } from './findingRuns.ts';
import { type Style, wrap } from './style.ts';
import { plural } from '../base/words.ts';

const INDENT = '  ';

/** @param image how the user named the image, fit to be shown */
export function checkText(result: CheckResult, image: string, style: Style, width: number): string {
  const lines: string[] = [];
  for (const severity of SEVERITIES) {
    const findings = result.findings.filter((finding) => finding.severity === severity);
    for (const run of findingRuns(findings)) lines.push(wrap(line(run, style), width, INDENT));
  }
  for (const [id, count] of Object.entries(result.omitted)) {
    lines.push(`and ${String(count)} more: ${style.strong(id)}`);
  }
  lines.push(summary(result, image, style));
  return `${lines.join('\n')}\n`;
}

function line({ first, cause }: FindingRun, style: Style): string {
  const { id, severity, path, offset } = first;
  const label = { error: style.bad, warning: style.fair, note: style.faint }[severity](severity);
  const where = path === null ? '' : `${style.strong(shownPath(path))}: `;
  const at = offset === null ? '' : `byte ${String(offset)}, ${hex(offset)}; `;
  const place = style.faint(`(${at}${id})`);
  return `${label}: ${where}${cause} ${place}`;
}

function summary({ counts, tally, inflated }: CheckResult, image: string, style: Style): string {
  const verdict =
    counts.error > 0
      ? style.bad(plural(counts.error, 'error'))
      : counts.warning > 0
        ? style.fair('no errors')
        : style.good('no errors');
  const others = [
    ...(counts.warning > 0 ? [plural(counts.warning, 'warning')] : []),
    ...(counts.note > 0 ? [plural(counts.note, 'note')] : []),
  ];
  const data = inflated ? `${String(tally.inflated)} inflated` : 'none inflated';
  return (
    `${image}: ${[verdict, ...others].join(', ')}; ` +
    `${plural(tally.inodes, 'inode')}, ${plural(tally.blocks, 'block')} (${data})`
  );
}
