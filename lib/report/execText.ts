/**
 * A program on paper for people: its mappings as /proc/PID/maps shows them, and what they are.
 */
import { hex, hexDigits } from '../base/hex.ts';
import { plainLine } from '../format/escapedNames.ts';
import { printableName } from '../format/names.ts';
import type { ExecMapping, ExecReport } from '../exec/execProgram.ts';
import { machineName } from '../elf/machines.ts';
import type { Machine } from '../verdict/machine.ts';
import { otherMachine } from './cpuText.ts';
import { type Style, wrap } from './style.ts';

/** How to write. */
export interface ExecTextOptions {
  readonly style: Style;
  readonly width: number;
  /** Anonymous memory too. */
  readonly all: boolean;
}

const STATES: Readonly<Record<ExecMapping['state'], string>> = {
  pfnmap: 'PFNMAP',
  mixedmap: 'MIXEDMAP',
  none: 'paged',
  anonymous: 'anonymous',
};

/** The report, ending with a newline. */
export function execText(report: ExecReport, machine: Machine, { style, width, all }: ExecTextOptions): string {
  const lines = [wrap(machineLine(report, machine), width, '  '), wrap(heading(report, style), width, '  ')];
  for (const why of report.uncertain) lines.push(wrap(`${style.fair('not certain')}: ${plainLine(why)}`, width, '  '));
  lines.push('');
  const shown = report.mappings.filter(({ state }) => all || state !== 'anonymous');
  const digits = Math.max(8, ...shown.map(({ end, offset }) => Math.max(hex(end).length, hex(offset).length) - 2));
  const shareWidth = Math.max(...shown.map((mapping) => shareText(mapping).length));
  for (const mapping of shown) lines.push(mappingLine(mapping, { digits, shareWidth }, style));
  if (shown.length > 0) lines.push('');
  for (const { name, path, neededBy, problem, searched } of report.needed) {
    const where = searched.length === 0 ? '' : `, not in ${searched.join(', ')}`;
    const what = path === null ? `${style.bad('missing')}${where}` : printableName(path);
    const trouble = problem === null ? '' : ` ${style.bad(problem)}`;
    lines.push(`needs ${printableName(name)}: ${what}${trouble} (asked for by ${printableName(neededBy)})`);
  }
  if (report.needed.length > 0) lines.push('');
  const { outcome } = report;
  const started = outcome.kind === 'runs' || (outcome.kind === 'exits' && outcome.status === 0);
  // What a program would take that does not start is of no use to anyone.
  if (shown.length > 0 && started) {
    const [flash, ram] = [report.flashBytes, report.ramBytes].map((bytes) => `${String(bytes / 1024)} KiB`);
    const text = `runs from ${flash ?? ''} of flash; its other file-backed pages take ${ram ?? ''} of RAM once touched`;
    lines.push(wrap(text, width, '  '), '');
  }
  if (report.log.length > 0) lines.push('kernel log:', ...report.log.map((line) => `  ${printableName(line)}`));
  return `${lines.join('\n').trimEnd()}\n`;
}

/** The kernel, the CPU, and where the image is; where that CPU runs no such program, which one does. */
function machineLine({ cpu, header, foreign }: ExecReport, machine: Machine): string {
  const doubt =
    foreign === null || header === null
      ? ''
      : otherMachine('the program is', machineName(header.machine), foreign.needsNommu);
  return `${machine.kernel} on ${cpu ?? machine.cpu}${doubt}, image at ${hex(machine.physBase)}`;
}

function heading(report: ExecReport, style: Style): string {
  const { header, scripts } = report;
  const via = scripts.length === 0 ? '' : ` (${report.argv.map(printableName).join(' ')})`;
  const kind =
    header === null
      ? ''
      : `, ELF${String(header.bits)} ${header.littleEndian ? 'little' : 'big'} endian for ${machineName(header.machine)}`;
  return `${style.strong(printableName(report.path))}${via}${kind}: ${outcomeText(report, style)}`;
}

/** How the start of a program ended, in a sentence. */
export function outcomeText({ outcome, path }: ExecReport, style: Style): string {
  // The program itself has been named in front.
  const why = 'why' in outcome ? plainLine(outcome.why.replace(`${path}: `, '')) : '';
  switch (outcome.kind) {
    case 'runs':
      return style.good('starts');
    case 'failed':
      return `${style.bad(`execve fails with ${outcome.errno}`)}: ${why}`;
    case 'killed':
      return `${style.bad(`dies of ${outcome.signal}`)}: ${why}`;
    case 'exits':
      return outcome.status === 0
        ? `${style.good('exits with 0')}: ${why}`
        : `${style.bad(`exits with ${String(outcome.status)}`)}: ${why}`;
    case 'bug':
      return `${style.bad('the kernel dies')}: ${outcome.bug}`;
  }
}

/**
 * A line of maps. What is wholly direct is as good as it gets, whatever the kernel calls the mapping.
 *
 * @param widths hexadecimal digits of addresses and offsets, and columns of the direct pages
 */
function mappingLine(
  mapping: ExecMapping,
  { digits, shareWidth }: { readonly digits: number; readonly shareWidth: number },
  style: Style,
): string {
  const { object, start, end, perms, offset, state, pages, directPages } = mapping;
  const paint = state === 'anonymous' ? style.faint : directPages === pages && pages > 0 ? style.good : style.fair;
  const share = shareText(mapping).padStart(shareWidth);
  const range = `${hexDigits(start, digits)}-${hexDigits(end, digits)}`;
  const columns = [
    range,
    perms,
    hexDigits(offset, digits),
    paint(`${STATES[state].padEnd(9)} ${share}`),
    printableName(object),
  ];
  return columns.join(' ').trimEnd();
}

/** "150/150 direct"; nothing for anonymous memory. */
function shareText({ state, pages, directPages }: ExecMapping): string {
  return state === 'anonymous' ? '' : `${String(directPages)}/${String(pages)} direct`;
}
