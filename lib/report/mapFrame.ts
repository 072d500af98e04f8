/**
 * What each report of a mapping begins and ends with: the request and the machine, and the kernel log.
 */
import { hex } from '../base/hex.ts';
import { printableName } from '../format/names.ts';
import { cpuText } from './cpuText.ts';
import type { MapVerdict } from '../verdict/mapVerdict.ts';
import type { Style } from './style.ts';
import { wrap } from './style.ts';
import { plural } from '../base/words.ts';

const INDENT = 2;

/** The file, what is asked of it, and of which machine. */
export function heading(verdict: MapVerdict, style: Style, width: number): string[] {
  const { machine } = verdict;
  const { kernel, pageSize, physBase } = machine;
  const target =
    verdict.file === null || verdict.file.path === verdict.path ? '' : ` -> ${printableName(verdict.file.path)}`;
  const what =
    `${plural(verdict.length, 'byte')} from offset ${hex(verdict.offset)}, ` +
    `prot ${verdict.prot === '-' ? 'none' : verdict.prot}, ${verdict.flags.join(' ')}`;
  const base = physBase === 0 ? 'image at no physical address' : `image at ${hex(physBase)}`;
  const where = `${kernel} on ${cpuText(machine)}, ${String(pageSize / 1024)} KiB pages, ${base}`;
  return [
    `${style.strong(printableName(verdict.path))}${target}`,
    ...wrap(what, width, '  ').split('\n').map(style.faint),
    ...wrap(where, width, '  ').split('\n').map(style.faint),
  ];
}

/** The lines that the kernel logged. */
export function kernelLog(verdict: MapVerdict, style: Style, width: number): string[] {
  const lines = verdict.log.map((line) => `  ${wrap(printableName(line), width, '    ', INDENT)}`);
  const nothing = verdict.bug === null ? '(nothing: Linux does not log this)' : '(only the crash itself)';
  return [style.strong('kernel log'), ...(lines.length === 0 ? [`  ${style.faint(nothing)}`] : lines)];
}
