/**
 * The trace of a mapping, and the invariants that it violates, for people.
 */
import { hex } from '../base/hex.ts';
import type { Board } from '../verdict/board.ts';
import {
  checkInvariants,
  describeCall,
  type InvariantCode,
  type Violation,
  type ViolationSeverity,
} from '../verdict/invariants.ts';
import type { MapVerdict } from '../verdict/mapVerdict.ts';
import { printableName } from '../format/names.ts';
import { sightWord } from './mapJson.ts';
import { type Style, wrap } from './style.ts';
import { plural } from '../base/words.ts';

/** What each violation means, in a few words. A code without its words does not compile. */
const MEANINGS: Readonly<Record<InvariantCode, string>> = {
  'kernel-dies': 'the kernel dies',
  'writes-elsewhere': 'the kernel writes into memory that belongs to something else',
  'mapping-refused': 'the kernel refuses what it had decided',
  'wrong-content': "the process does not see the file's bytes",
  'tail-not-zero': 'bytes behind the end of the file are not zero',
  'stray-memory': "the process sees memory that is not this file's",
  'touch-kills': 'a page of the file cannot be touched',
  'readable-behind-end': 'a page behind the end of the file can be read',
  'entry-outside-vma': 'page table entries stand behind the mapping',
  'entry-outside-image': 'page table entries point outside the image',
  'pfnmap-incomplete': 'a PFNMAP mapping lacks pages',
  'state-disagrees': 'VmFlags or maps tell something else than what is mapped',
  'read-differs': 'read(2) gives other bytes than the mapping shows',
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
    out.push(`  ${style.bad('behind the vma')}: ${entries} from page ${String(run.page)}, pfn ${hex(run.pfn)}`);
  }
  return `${out.join('\n')}\n`;
}

/** The violated invariants, as a section of a report. */
export function violationsText(verdict: MapVerdict, board: Board, style: Style, width: number): string {
  const out: string[] = ['', style.strong('invariants')];
  const violations = checkInvariants(verdict, board);
  if (violations.length === 0) out.push(`  ${style.good('all hold')}`);
  for (const violation of violations) out.push(violationLine(violation, style, width));
  return `${out.join('\n')}\n`;
}

function violationLine({ code, severity, pages, sees, cause }: Violation, style: Style, width: number): string {
  const paint: Readonly<Record<ViolationSeverity, (text: string) => string>> = {
    critical: style.bad,
    error: style.bad,
    warning: style.fair,
  };
  const where =
    pages === null
      ? ''
      : pages.count === 1
        ? `, page ${String(pages.first)}`
        : `, pages ${String(pages.first)}-${String(pages.first + pages.count - 1)}`;
  const seen = sees === null || sees.shows === 'ok' ? '' : ` (sees ${printableName(sightWord(sees))})`;
  const why = cause === null ? '' : `; ${cause}`;
  return `  ${wrap(`${paint[severity](severity)} ${code}${where}: ${MEANINGS[code]}${seen}${why}`, width, '    ', 2)}`;
}
