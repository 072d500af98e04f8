/**
 * A program on paper for people: its mappings as /proc/PID/maps shows them, and what they are.
 */
import { hexDigits } from '../base/hex.ts';
import { printableName } from '../format/names.ts';
import type { ExecMapping, ExecReport } from '../exec/execProgram.ts';
import { machineName } from '../elf/machines.ts';
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

const kib = (bytes: number): string => `${String(bytes / 1024).padStart(5)} KiB`;

/** The report, ending with a newline. */
export function execText(report: ExecReport, { style, width, all }: ExecTextOptions): string {
  const lines = [wrap(heading(report, style), width, '  '), ''];
  const shown = report.mappings.filter(({ state }) => all || state !== 'anonymous');
  for (const mapping of shown) lines.push(mappingLine(mapping, style));
  if (shown.length > 0) lines.push('');
  for (const { name, path, neededBy, problem } of report.needed) {
    const what = path === null ? style.bad('missing') : printableName(path);
    const trouble = problem === null ? '' : ` ${style.bad(problem)}`;
    lines.push(`needs ${printableName(name)}: ${what}${trouble} (asked for by ${printableName(neededBy)})`);
  }
  if (report.needed.length > 0) lines.push('');
  if (shown.length > 0) {
    lines.push(
      `runs from ${kib(report.flashBytes)} of flash, and needs ${kib(report.ramBytes)} of RAM for the rest of`,
    );
    lines.push('what it maps of files, once it has touched it all', '');
  }
  if (report.log.length > 0) lines.push('kernel log:', ...report.log.map((line) => `  ${line}`));
  return `${lines.join('\n').trimEnd()}\n`;
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
  const why = 'why' in outcome ? outcome.why.replace(`${path}: `, '') : '';
  switch (outcome.kind) {
    case 'runs':
      return style.good('starts');
    case 'failed':
      return `${style.bad(`execve fails with ${outcome.errno}`)}: ${why}`;
    case 'killed':
      return `${style.bad(`dies of ${outcome.signal}`)}: ${why}`;
    case 'exits':
      return `${style.bad(`exits with ${String(outcome.status)}`)}: ${why}`;
    case 'bug':
      return `${style.bad('the kernel dies')}: ${outcome.bug}`;
  }
}

function mappingLine({ object, start, end, perms, offset, state }: ExecMapping, style: Style): string {
  const paint = { pfnmap: style.good, mixedmap: style.fair, none: style.fair, anonymous: style.faint }[state];
  const range = `${hexDigits(start, 8)}-${hexDigits(end, 8)}`;
  return `${range} ${perms} ${hexDigits(offset, 8)} ${paint(STATES[state].padEnd(9))} ${printableName(object)}`.trimEnd();
}
