/**
 * A map verdict for people.
 */
import { hex } from '../base/hex.ts';
import type { FailedVerdict, MappedVerdict, MapVerdict } from '../verdict/mapVerdict.ts';
import type { MapDetail } from '../verdict/request.ts';
import { adviceWords } from './mapAdvice.ts';
import { failureLine } from './failureLine.ts';
import { heading, kernelLog } from './mapFrame.ts';
import { nommuSentence, nommuText } from './nommuText.ts';
import { pageList } from './pageList.ts';
import type { Style } from './style.ts';
import { wrap } from './style.ts';
import { vmaPicture } from './vmaPicture.ts';
import { warningWords } from './warningWords.ts';
import { plural, size } from '../base/words.ts';

const LABEL = 11;
const INDENT = 2;

/** How to write a report. */
export interface TextOptions {
  readonly style: Style;
  /** Columns; no line is longer where words allow. */
  readonly width: number;
  /** The image as the user named it, for commands. Default: "IMAGE". */
  readonly image?: string | undefined;
  readonly imageOffset?: number | undefined;
  readonly imageNumber?: number | undefined;
  /** What the verdict was asked to tell of each page. */
  readonly detail?: MapDetail | undefined;
}

/** What the kernel's bug with frames that have no struct page needs, and how to see what is mapped then. */
const ICACHE_FIX =
  'return from flush_icache_pte() where pfn_valid() is false; --riscv-icache fixed shows what such a kernel maps';

/** The report of one mapping: lines, each ended by a newline. It has the advice if the verdict was made with it. */
export function mapText(
  verdict: MapVerdict,
  { style, width, image = 'IMAGE', imageOffset, imageNumber, detail = {} }: TextOptions,
): string {
  const { kind } = verdict;
  if (kind === 'nommu' || (kind === 'failed' && !verdict.machine.hasMmu)) return nommuText(verdict, { style, width });
  const out: string[] = [...heading(verdict, style, width), ''];
  const row = (label: string, text: string): void => {
    const indent = ' '.repeat(INDENT + LABEL);
    out.push(`  ${style.faint(label.padEnd(LABEL))}${wrap(text, width, indent, indent.length)}`);
  };
  out.push(wrap(verdictLine(verdict, style), width, '  '), '');
  if (kind === 'mapped') {
    mappingRows(verdict, row);
  }
  // How a call fails is in the first line already.
  const words =
    verdict.advice === null || verdict.errno !== null
      ? null
      : adviceWords(verdict.advice, { image, imageOffset, imageNumber, verdict });
  if (words !== null) row('why', words.why);
  if (words !== null && words.fix !== null) row('to fix', words.fix);
  if (verdict.bug !== null && verdict.icache !== null) row('to fix', ICACHE_FIX);
  const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);
  const picture = kind === 'failed' ? [] : vmaPicture(verdict, width - INDENT, style);
  if (picture.length > 0) out.push('', ...indented(picture));
  const listed = detail.pages === true || detail.crc === true;
  if (listed) out.push('', ...indented(pageList(verdict, verdict.pageSize, detail, style)));
  if (out[out.length - 1] !== '') out.push('');
  for (const warning of verdict.warnings)
    out.push(wrap(`${style.bad('warning:')} ${warningWords(warning)}.`, width, '  '), '');
  out.push(...kernelLog(verdict, style, width));
  return `${out.join('\n')}\n`;
}

/** The verdict in one sentence, of kernels with and without an MMU. */
export function verdictSentence(verdict: MapVerdict, style: Style): string {
  return verdict.kind === 'nommu' ? nommuSentence(verdict, style) : verdictLine(verdict, style);
}

function verdictLine(verdict: FailedVerdict | MappedVerdict, style: Style): string {
  if (verdict.bug !== null) return `${style.bad('KERNEL BUG')}: ${verdict.bug}.`;
  if (verdict.kind === 'failed') return failureLine(verdict, style);
  const { vmaPages: total, directPages: direct } = verdict;
  const paged = pagedPages(verdict);
  switch (verdict.state) {
    case 'pfnmap': {
      const all = total === 1 ? 'the only page' : `all ${plural(total, 'page')}`;
      const which = direct === total ? all : `${String(direct)} of ${plural(total, 'page')}`;
      return directSentence('PFNMAP', which, direct, paged === 0 ? 'no RAM is used' : costs(paged), verdict, style);
    }
    case 'mixedmap': {
      const which = `${String(direct)} of ${plural(total, 'page')}`;
      const rest = paged === 0 ? 'the rest is past end of file' : costs(paged);
      return directSentence('MIXEDMAP', which, direct, rest, verdict, style);
    }
    case 'none': {
      const reason = verdict.bailout === null ? '' : ` (${verdict.bailout})`;
      const cost = paged === 0 ? 'nothing can be read' : 'each page that is touched costs RAM';
      return `${style.bad('paged')}: no page runs from flash${reason}; ${cost}.`;
    }
  }
}

/** The sentence for a mapping with direct pages: what they are worth, and what is with the rest. */
function directSentence(
  state: 'PFNMAP' | 'MIXEDMAP',
  which: string,
  pages: number,
  rest: string,
  verdict: MappedVerdict,
  style: Style,
): string {
  const { outside, elsewhere } = verdict.misplaced ?? { outside: 0, elsewhere: 0 };
  const some = (count: number): string => (count === pages ? '' : `${String(count)} of them `);
  const wrong = [
    ...(outside === 0 ? [] : [`${some(outside)}to memory that is not the image's`]),
    ...(elsewhere === 0 ? [] : [`${some(elsewhere)}to other bytes than ${pages === 1 ? 'its' : 'their'} own`]),
  ];
  if (wrong.length > 0) {
    return `${style.bad(state)}: ${which} ${pages === 1 ? 'is' : 'are'} mapped directly, but ${wrong.join(' and ')}; ${rest}.`;
  }
  const paint = state === 'PFNMAP' ? style.good : style.fair;
  if (verdict.prot === '-')
    return `${paint(state)}: ${which} would run from flash, but PROT_NONE lets nothing touch them.`;
  return `${paint(state)}: ${which} ${pages === 1 ? 'runs' : 'run'} from flash; ${rest}.`;
}

function costs(pages: number): string {
  return `${plural(pages, 'page')} ${pages === 1 ? 'costs' : 'cost'} RAM when touched`;
}

function pagedPages({ vmaPages, directPages, pagesBehindEnd }: MappedVerdict): number {
  return Math.max(0, vmaPages - directPages - pagesBehindEnd);
}

function mappingRows(verdict: MappedVerdict, row: (label: string, text: string) => void): void {
  const { pageSize, machine, directPages: direct, pagesBehindEnd: behind } = verdict;
  const [first] = verdict.direct;
  if (first !== undefined && verdict.direct.length === 1) {
    const start = first.pfn * pageSize;
    const end = start + first.pages * pageSize - 1;
    row('physical', `${hex(start)}-${hex(end)} (image offset ${imageOffset(start - machine.physBase)})`);
  }
  row('pages', `${String(direct)} direct, ${String(pagedPages(verdict))} paged, ${String(behind)} past end of file`);
  row('RAM', ramCost(verdict, pageSize));
  row('vma', `${hex(verdict.vmaStart)}, maps shows offset ${hex(verdict.mapsOffset)}`);
  row('VmFlags', verdict.vmFlags.join(' '));
}

/** An offset that may lie before the image. */
function imageOffset(offset: number): string {
  return offset < 0 ? `-${hex(-offset)}` : hex(offset);
}

function ramCost(verdict: MappedVerdict, pageSize: number): string {
  const paged = pagedPages(verdict);
  if (paged === 0) return 'none';
  if (verdict.prot === '-') return 'none, since PROT_NONE lets nothing be touched';
  const bytes = size(paged * pageSize);
  const filling = verdict.flags.find((flag) => flag === 'populate' || flag === 'locked');
  const when = filling === undefined ? 'once every page has been touched' : `at once (MAP_${filling.toUpperCase()})`;
  return `${bytes} ${when}${verdict.prot.includes('w') ? ', and a copy of each page that is written' : ''}`;
}
