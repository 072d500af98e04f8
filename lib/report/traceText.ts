/**
 * The trace of a mapping, and the invariants that it violates, for people.
 */
import { hex } from '../base/hex.ts';
import { causeText, describeCall } from '../audit/violationWords.ts';
import type { InvariantCode, Violation, ViolationSeverity } from '../verdict/violation.ts';
import type { MapVerdict } from '../verdict/mapVerdict.ts';
import { printableName } from '../format/names.ts';
import { sightWord } from './mapDetailJson.ts';
import { type Style, wrap } from './style.ts';
import { pageRange, plural } from '../base/words.ts';

/** What each violation means, in a few words. A code without its words does not compile. */
const MEANINGS: Readonly<Record<InvariantCode, string>> = {
  'kernel-dies': 'the kernel oopses',
  'writes-elsewhere': 'the kernel writes into memory that belongs to something else',
  'mapping-refused': 'the kernel refuses what it had decided',
  'wrong-content': "the process does not see the file's bytes",
  'tail-not-zero': 'bytes past end of file are not zero',
  'stray-memory': "the process sees memory that is not this file's",
  'touch-kills': 'accessing a page of the file kills the process',
  'readable-behind-end': 'a page past end of file can be read',
  'entry-outside-vma': 'there are page table entries past the mapping',
  'entry-outside-image': 'page table entries point outside the image',
  'pfnmap-incomplete': 'a PFNMAP mapping lacks pages',
  'state-disagrees': 'VmFlags or maps do not show what is mapped',
  'read-differs': 'read(2) returns different bytes than the mapping shows',
};

/** A violation's meaning in words. */
export function violationMeaning(code: InvariantCode): string {
  return MEANINGS[code];
}

/** The primitives called, as a section of a report. */
export function traceText(verdict: MapVerdict, style: Style): string {
  const out: string[] = ['', style.strong('trace')];
  if (verdict.trace === null || verdict.trace.length === 0) out.push(`  ${style.faint('(no primitive was called)')}`);
  for (const entry of verdict.trace ?? []) {
    out.push(`  ${describeCall(entry)}`);
  }
  for (const run of verdict.beyond ?? []) {
    const entries = plural(run.pages, 'entry', 'entries');
    out.push(`  ${style.bad('past the vma')}: ${entries} from page ${String(run.page)}, pfn ${hex(run.pfn)}`);
  }
  return `${out.join('\n')}\n`;
}

/** The violated invariants, as a section of a report. */
export function violationsText({ violations }: MapVerdict, style: Style, width: number): string {
  const out: string[] = ['', style.strong('invariants')];
  if (violations === null || violations.length === 0) out.push(`  ${style.good('all hold')}`);
  for (const violation of violations ?? []) out.push(violationLine(violation, style, width));
  return `${out.join('\n')}\n`;
}

function violationLine({ code, severity, pages, sees, cause }: Violation, style: Style, width: number): string {
  const paint: Readonly<Record<ViolationSeverity, (text: string) => string>> = {
    critical: style.bad,
    error: style.bad,
    warning: style.fair,
  };
  const where = pages === null ? '' : `, ${pageRange(pages.first, pages.count)}`;
  const seen = sees === null || sees.shows === 'ok' ? '' : ` (sees ${printableName(sightWord(sees))})`;
  const why = cause === null ? '' : `; ${causeText(cause)}`;
  return `  ${wrap(`${paint[severity](severity)} ${code}${where}: ${MEANINGS[code]}${seen}${why}`, width, '    ', 2)}`;
}

/** Which invariant is violated, where: "the process does not see the file's bytes (critical data, pages 0-2)". */
export function violationWords({ code, severity, pages }: Violation): string {
  const which =
    pages === null
      ? ''
      : pages.count === 1
        ? `, page ${String(pages.first)}`
        : `, pages ${String(pages.first)}-${String(pages.first + pages.count - 1)}`;
  return `${violationMeaning(code)} (${severity} ${code}${which})`;
}
