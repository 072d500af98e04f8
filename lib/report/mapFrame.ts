/**
 * What each report of a mapping begins and ends with: the request and the machine, and the kernel log.
 */
import { hex } from '../base/hex.ts';
import { printableName } from '../format/names.ts';
import type { Machine } from '../verdict/machine.ts';
import type { MapVerdict } from '../verdict/mapVerdict.ts';
import type { Style } from './style.ts';
import { wrap } from './style.ts';
import { plural } from '../base/words.ts';

const INDENT = 2;

/** Where the image's programs are for a machine that is not modelled: that the CPU is another. */
function cpuDoubt({ programsFor }: Machine): string {
  return programsFor === null ? '' : ` (the image's programs are for ${programsFor})`;
}

/** The file, what is asked of it, and of which machine. */
export function heading(verdict: MapVerdict, style: Style, width: number): string[] {
  const { machine } = verdict;
  const { cpu, kernel, pageSize, physBase } = machine;
  const target =
    verdict.file === null || verdict.file.path === verdict.path ? '' : ` -> ${printableName(verdict.file.path)}`;
  const what =
    `${plural(verdict.length, 'byte')} from offset ${hex(verdict.offset)}, ` +
    `prot ${verdict.prot === '-' ? 'none' : verdict.prot}, ${verdict.flags.join(' ')}`;
  const on = `${machine.littleEndian ? `${cpu}, little endian` : `a big-endian CPU (else as ${cpu})`}${cpuDoubt(machine)}`;
  const base = physBase === 0 ? 'image at no physical address' : `image at ${hex(physBase)}`;
  const where = `${kernel} on ${on}, ${String(pageSize / 1024)} KiB pages, ${base}`;
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
