/** `cramfs check`: a line for each finding, the worst first, and a summary. */
import { hex } from '../base/hex.ts';
import type { Severity } from '../check/codes.ts';
import type { CheckResult } from '../check/checkImage.ts';
import type { Finding } from '../check/finding.ts';
import { shownPath } from '../inspect/shownPath.ts';
import { findingText } from './findingText.ts';
import { type Style, wrap } from './style.ts';
import { plural } from './words.ts';

const ORDER: readonly Severity[] = ['error', 'warning', 'info'];
const INDENT = '  ';

/** @param image how the user named the image, fit to be shown */
export function checkText(result: CheckResult, image: string, style: Style, width: number): string {
  const lines: string[] = [];
  for (const severity of ORDER) {
    for (const finding of result.findings) {
      if (finding.severity === severity) lines.push(wrap(line(finding, style), width, INDENT));
    }
  }
  for (const [code, count] of Object.entries(result.omitted)) {
    lines.push(`and ${String(count)} more: ${style.strong(code)}`);
  }
  lines.push(summary(result, image, style));
  return `${lines.join('\n')}\n`;
}

function line(finding: Finding, style: Style): string {
  const { code, severity, path, offset } = finding;
  const label = { error: style.bad, warning: style.fair, info: style.faint }[severity](severity);
  const where = path === null ? '' : `${style.strong(shownPath(path))}: `;
  const place = style.faint(`(byte ${String(offset)}, ${hex(offset)}; ${code})`);
  return `${label}: ${where}${findingText(finding)} ${place}`;
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
    ...(counts.info > 0 ? [plural(counts.info, 'note')] : []),
  ];
  const data = inflated ? `${String(tally.inflated)} inflated` : 'none inflated';
  return (
    `${image}: ${[verdict, ...others].join(', ')}; ` +
    `${plural(tally.inodes, 'inode')}, ${plural(tally.blocks, 'block')} (${data})`
  );
}
