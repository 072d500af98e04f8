/**
 * A map verdict of a kernel without an MMU, for people.
 */
import { hex } from '../base/hex.ts';
import { plural, size } from '../base/words.ts';
import { crcHex } from '../format/crc32.ts';
import type { FailedVerdict, NommuVerdict } from '../verdict/mapVerdict.ts';
import { adviceCause } from './mapAdvice.ts';
import { heading, kernelLog } from './mapFrame.ts';
import { failureLine } from './failureLine.ts';
import { type Style, wrap } from './style.ts';
import { warningWords } from './warningWords.ts';

const LABEL = 11;
const INDENT = 2;

/** The report of one mapping: lines, each ended by a newline. */
export function nommuText(
  verdict: FailedVerdict | NommuVerdict,
  { style, width }: { readonly style: Style; readonly width: number },
): string {
  const out: string[] = [...heading(verdict, style, width), ''];
  const row = (label: string, text: string): void => {
    const indent = ' '.repeat(INDENT + LABEL);
    out.push(`  ${style.faint(label.padEnd(LABEL))}${wrap(text, width, indent, indent.length)}`);
  };
  out.push(wrap(nommuSentence(verdict, style), width, '  '), '');
  if (verdict.kind === 'nommu') {
    mappingRows(verdict, row);
    if (verdict.advice !== null) row('why', adviceCause(verdict.advice));
  }
  if (out.at(-1) !== '') out.push('');
  for (const warning of verdict.warnings)
    out.push(wrap(`${style.bad('warning:')} ${warningWords(warning)}.`, width, '  '), '');
  out.push(...kernelLog(verdict, style, width));
  return `${out.join('\n')}\n`;
}

/** The verdict in one sentence. */
export function nommuSentence(verdict: FailedVerdict | NommuVerdict, style: Style): string {
  if (verdict.bug !== null) return `${style.bad('KERNEL BUG')}: ${verdict.bug}.`;
  if (verdict.kind === 'failed') return failureLine(verdict, style);
  const pages = verdict.vmaPages;
  if (!verdict.nommu.inFlash) {
    return `${style.bad('COPY')}: ${pages === 1 ? 'the page is' : `all ${plural(pages, 'page')} are`} copied into RAM at once; nothing runs from flash.`;
  }
  if (verdict.warnings.some(({ code }) => code === 'foreign-memory' || code === 'outside-image')) {
    return `${style.bad('NOT IN THE IMAGE')}: the mapping points at memory that is not the image's.`;
  }
  return `${style.good('IN FLASH')}: ${pages === 1 ? 'the page runs' : `all ${plural(pages, 'page')} run`} from flash; no RAM is used.`;
}

function mappingRows(verdict: NommuVerdict, row: (label: string, text: string) => void): void {
  const { nommu, vmaStart: start, machine } = verdict;
  const bytes = verdict.vmaPages * verdict.pageSize;
  if (nommu.inFlash) {
    row('address', `${hex(start)}-${hex(start + bytes - 1)} (image offset ${hex(start - machine.physBase)})`);
  }
  row('RAM', nommu.inFlash ? 'none' : `${size(bytes)} at once, contiguous`);
  row('maps', `${nommu.mapsType}, offset ${hex(verdict.mapsOffset)}: ${SHARING[nommu.mapsType]}`);
  if (nommu.crc !== null) row('crc32', `${crcHex(nommu.crc)} of the ${plural(verdict.length, 'byte')} asked for`);
}

const SHARING = {
  p: 'of this process alone',
  s: 'private, and other processes that map the same part get the same memory',
  S: 'shared',
} as const;
