/**
 * A map verdict for people.
 */
import { printableName } from '../format/names.ts';
import type { Board } from '../verdict/board.ts';
import type { MapVerdict, PageVerdict } from '../verdict/mapVerdict.ts';
import { adviseOn, errnoReason } from './mapAdvice.ts';
import type { Style } from './style.ts';
import { wrap } from './style.ts';
import { vmaPicture } from './vmaPicture.ts';
import { hex, plural, size } from './words.ts';

const LABEL = 11;

/** The report of one mapping: lines, each ended by a newline, no longer than `width` where words allow. */
export function mapText(verdict: MapVerdict, board: Board, style: Style, width: number): string {
  const out: string[] = [heading(verdict, board, style, width), ''];
  const row = (label: string, text: string): void => {
    const indent = ' '.repeat(2 + LABEL);
    out.push(`  ${style.faint(label.padEnd(LABEL))}${wrap(text, width - 2 - LABEL, indent)}`);
  };
  out.push(wrap(verdictLine(verdict, board, style), width, '  '), '');
  if (verdict.state !== null) mappingRows(verdict, board, row);
  const advice = adviseOn(verdict, board);
  if (advice !== null) {
    row('why', advice.why);
    if (advice.change !== null) row('to change', advice.change);
  }
  const picture = verdict.state === null ? [] : vmaPicture(verdict);
  if (picture.length > 0) out.push('', ...picture.map((line) => `  ${line}`));
  if (verdict.pages !== null) out.push('', ...pageTable(verdict.pages, board.cpu.pageSize, style));
  if (out[out.length - 1] !== '') out.push('');
  for (const warning of verdict.warnings)
    out.push(wrap(`${style.bad('warning:')} ${warning.message}`, width, '  '), '');
  out.push(style.strong('kernel log'));
  if (verdict.log.length === 0) out.push(`  ${style.faint('(nothing: Linux does not log this)')}`);
  for (const line of verdict.log) out.push(`  ${wrap(printableName(line), width - 2, '    ')}`);
  return `${out.join('\n')}\n`;
}

function heading(verdict: MapVerdict, board: Board, style: Style, width: number): string {
  const { cpu } = board;
  const target =
    verdict.file === null || verdict.file.path === verdict.path ? '' : ` -> ${printableName(verdict.file.path)}`;
  const what = `${String(verdict.length)} bytes from offset ${hex(verdict.offset)}, prot ${verdict.prot}, ${verdict.flags.join(' ')}`;
  const where =
    `${board.kernel.name} on ${cpu.name}, ${cpu.littleEndian ? 'little' : 'big'} endian, ` +
    `${String(cpu.pageSize / 1024)} KiB pages, image at ${hex(board.memory.base)}`;
  return (
    `${style.strong(printableName(verdict.path))}${target}\n` +
    `${style.faint(wrap(what, width, '  '))}\n${style.faint(wrap(where, width, '  '))}`
  );
}

/** The verdict in one sentence. */
function verdictLine(verdict: MapVerdict, board: Board, style: Style): string {
  const total = verdict.vmaPages ?? 0;
  const direct = verdict.directPages ?? 0;
  const paged = total - direct - (verdict.pagesBehindEnd ?? 0);
  if (verdict.bug !== null) return `${style.bad('KERNEL BUG')}: ${verdict.bug}.`;
  switch (verdict.state) {
    case null:
      return `${style.bad(verdict.errno ?? 'refused')}: ${verdict.failed ?? 'mmap'} fails, ${errnoReason(verdict, board)}.`;
    case 'pfnmap':
      return `${style.good('PFNMAP')}: ${total === 1 ? 'the page runs' : `all ${plural(total, 'page')} run`} from flash, and no RAM is used.`;
    case 'mixedmap': {
      const rest = paged === 0 ? 'the rest is behind the end of the file' : `${String(paged)} cost RAM when touched`;
      return `${style.fair('MIXEDMAP')}: ${String(direct)} of ${plural(total, 'page')} run from flash, ${rest}.`;
    }
    case 'none': {
      const reason = verdict.bailout === null ? '' : ` (${verdict.bailout})`;
      const cost = paged === 0 ? 'nothing can be read' : 'each page that is touched costs RAM';
      return `${style.bad('paged')}: no page runs from flash${reason}; ${cost}.`;
    }
  }
}

function mappingRows(verdict: MapVerdict, board: Board, row: (label: string, text: string) => void): void {
  const { pageSize } = board.cpu;
  const total = verdict.vmaPages ?? 0;
  const direct = verdict.directPages ?? 0;
  const behind = verdict.pagesBehindEnd ?? 0;
  const paged = Math.max(0, total - direct - behind);
  const [first] = verdict.direct;
  if (first !== undefined && verdict.direct.length === 1) {
    const start = first.pfn * pageSize;
    const end = start + first.pages * pageSize - 1;
    row('physical', `${hex(start)}-${hex(end)} (image offset ${hex(start - board.memory.base)})`);
  }
  row('pages', `${String(direct)} direct, ${String(paged)} paged, ${String(behind)} behind the end of the file`);
  row('RAM', paged === 0 ? 'none' : `${size(paged * pageSize)} once every page has been touched`);
  row('vma', `${hex(verdict.vmaStart ?? 0)}, maps shows offset ${hex(verdict.mapsOffset ?? 0)}`);
  row('VmFlags', (verdict.vmFlags ?? []).join(' '));
}

/** The pages with runs of the same kind folded. */
function pageTable(pages: readonly PageVerdict[], pageSize: number, style: Style): string[] {
  const rows = [style.faint('  page         kind     physical                 stored as  crc32')];
  for (let at = 0; at < pages.length;) {
    const first = pages[at];
    if (first === undefined) break;
    let end = at + 1;
    for (let next = pages[end]; next !== undefined && continues(first, next, end - at, pageSize); next = pages[end])
      end++;
    const last = pages[end - 1] ?? first;
    const range = end - at === 1 ? String(first.page) : `${String(first.page)}-${String(last.page)}`;
    const phys =
      first.phys === null || last.phys === null
        ? ''
        : end - at === 1
          ? hex(first.phys)
          : `${hex(first.phys)}-${hex(last.phys)}`;
    const crc = first.crc === null ? (first.foreign ? 'foreign' : '') : first.crc.toString(16).padStart(8, '0');
    rows.push(
      `  ${range.padEnd(12)} ${first.kind.padEnd(8)} ${phys.padEnd(24)} ${(first.source ?? '').padEnd(10)} ${crc}`.trimEnd(),
    );
    at = end;
  }
  return rows;
}

/** Whether the page `distance` behind `first` goes on in the same way. */
function continues(first: PageVerdict, next: PageVerdict, distance: number, pageSize: number): boolean {
  if (first.kind !== next.kind || first.source !== next.source || first.foreign !== next.foreign) return false;
  if (first.crc !== null || next.crc !== null) return false;
  return first.phys === null ? next.phys === null : next.phys === first.phys + distance * pageSize;
}
