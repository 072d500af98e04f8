/**
 * A map verdict for people.
 */
import { hex } from '../base/hex.ts';
import type { Board } from '../verdict/board.ts';
import type { MapVerdict } from '../verdict/mapVerdict.ts';
import type { MapDetail } from '../verdict/request.ts';
import { adviseOn, errnoReason } from './mapAdvice.ts';
import { heading, kernelLog } from './mapFrame.ts';
import { nommuSentence, nommuText } from './nommuText.ts';
import { misplacedPages } from './misplaced.ts';
import { pageList } from './pageList.ts';
import type { Style } from './style.ts';
import { wrap } from './style.ts';
import { vmaPicture } from './vmaPicture.ts';
import { plural, size } from '../base/words.ts';

const LABEL = 11;
const INDENT = 2;

/** How to write a report. */
export interface TextOptions {
  readonly style: Style;
  /** Columns; no line is longer where words allow. */
  readonly width: number;
  /** What the verdict was asked to tell of each page. */
  readonly detail?: MapDetail | undefined;
}

/** The report of one mapping: lines, each ended by a newline. */
export function mapText(verdict: MapVerdict, board: Board, { style, width, detail = {} }: TextOptions): string {
  const { nommu } = verdict;
  if (nommu !== undefined) return nommuText(verdict, nommu, board, { style, width });
  const out: string[] = [...heading(verdict, board, style, width), ''];
  const row = (label: string, text: string): void => {
    const indent = ' '.repeat(INDENT + LABEL);
    out.push(`  ${style.faint(label.padEnd(LABEL))}${wrap(text, width, indent, indent.length)}`);
  };
  out.push(wrap(verdictLine(verdict, board, style), width, '  '), '');
  if (verdict.state !== null) mappingRows(verdict, board, row);
  const advice = adviseOn(verdict, board);
  if (advice !== null) {
    row('why', advice.why);
    if (advice.change !== null) row('to change', advice.change);
  }
  const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);
  const picture = verdict.state === null ? [] : vmaPicture(verdict, width - INDENT, style);
  if (picture.length > 0) out.push('', ...indented(picture));
  const listed = detail.pages === true || detail.crc === true;
  if (listed) out.push('', ...indented(pageList(verdict, board.cpu.pageSize, detail, style)));
  if (out[out.length - 1] !== '') out.push('');
  for (const warning of verdict.warnings)
    out.push(wrap(`${style.bad('warning:')} ${warning.message}.`, width, '  '), '');
  out.push(...kernelLog(verdict, style, width));
  return `${out.join('\n')}\n`;
}

/** The verdict in one sentence, of kernels with and without an MMU. */
export function verdictSentence(verdict: MapVerdict, board: Board, style: Style): string {
  return verdict.nommu === undefined
    ? verdictLine(verdict, board, style)
    : nommuSentence(verdict, verdict.nommu, board, style);
}

function verdictLine(verdict: MapVerdict, board: Board, style: Style): string {
  const total = verdict.vmaPages ?? 0;
  const direct = verdict.directPages ?? 0;
  const paged = pagedPages(verdict);
  if (verdict.bug !== null) return `${style.bad('KERNEL BUG')}: ${verdict.bug}.`;
  switch (verdict.state) {
    case null:
      return `${style.bad(verdict.errno ?? 'refused')}: ${verdict.failed ?? 'mmap'} fails, ${errnoReason(verdict, board)}.`;
    case 'pfnmap': {
      const all = total === 1 ? 'the only page' : `all ${plural(total, 'page')}`;
      const which = direct === total ? all : `${String(direct)} of ${plural(total, 'page')}`;
      return directSentence(
        'PFNMAP',
        which,
        direct,
        paged === 0 ? 'no RAM is used' : costs(paged),
        verdict,
        board,
        style,
      );
    }
    case 'mixedmap': {
      const which = `${String(direct)} of ${plural(total, 'page')}`;
      const rest = paged === 0 ? 'the rest is past end of file' : costs(paged);
      return directSentence('MIXEDMAP', which, direct, rest, verdict, board, style);
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
  verdict: MapVerdict,
  board: Board,
  style: Style,
): string {
  const { outside, elsewhere } = misplacedPages(verdict, board);
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

function pagedPages(verdict: MapVerdict): number {
  return Math.max(0, (verdict.vmaPages ?? 0) - (verdict.directPages ?? 0) - (verdict.pagesBehindEnd ?? 0));
}

function mappingRows(verdict: MapVerdict, board: Board, row: (label: string, text: string) => void): void {
  const { pageSize } = board.cpu;
  const direct = verdict.directPages ?? 0;
  const behind = verdict.pagesBehindEnd ?? 0;
  const [first] = verdict.direct;
  if (first !== undefined && verdict.direct.length === 1) {
    const start = first.pfn * pageSize;
    const end = start + first.pages * pageSize - 1;
    row('physical', `${hex(start)}-${hex(end)} (image offset ${imageOffset(start - board.memory.base)})`);
  }
  row('pages', `${String(direct)} direct, ${String(pagedPages(verdict))} paged, ${String(behind)} past end of file`);
  row('RAM', ramCost(verdict, pageSize));
  row('vma', `${hex(verdict.vmaStart ?? 0)}, maps shows offset ${hex(verdict.mapsOffset ?? 0)}`);
  row('VmFlags', (verdict.vmFlags ?? []).join(' '));
}

/** An offset that may lie before the image. */
function imageOffset(offset: number): string {
  return offset < 0 ? `-${hex(-offset)}` : hex(offset);
}

function ramCost(verdict: MapVerdict, pageSize: number): string {
  const paged = pagedPages(verdict);
  if (paged === 0) return 'none';
  if (verdict.prot === '-') return 'none, since PROT_NONE lets nothing be touched';
  const bytes = size(paged * pageSize);
  const filling = verdict.flags.find((flag) => flag === 'populate' || flag === 'locked');
  const when = filling === undefined ? 'once every page has been touched' : `at once (MAP_${filling.toUpperCase()})`;
  return `${bytes} ${when}${verdict.prot.includes('w') ? ', and a copy of each page that is written' : ''}`;
}
