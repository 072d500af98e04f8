/**
 * A program started under a kernel without an MMU, for people and as JSON.
 */
import { hex } from '../base/hex.ts';
import { size } from '../base/words.ts';
import type { FlatHeader } from '../elf/bflt.ts';
import { plainLine } from '../format/escapedNames.ts';
import { printableName } from '../format/names.ts';
import type { ExecResult, NommuMapping, NommuMemory, NommuPart } from '../exec/nommuProgram.ts';
import { SCHEMA_VERSION } from './mapJson.ts';
import type { Style } from './style.ts';

/** What executing the program came to. */
export interface NommuExecReport {
  readonly path: string;
  readonly kernel: string;
  /** The CPU, and whether it is the one that the image's programs are for. */
  readonly cpu: string;
  /** Null for a file that is no bFLT program. */
  readonly header: FlatHeader | null;
  readonly isElf: boolean;
  readonly result: ExecResult;
  readonly log: readonly string[];
}

/** What is not known of a program that runs. */
function uncertainties({ result, isElf }: NommuExecReport): string[] {
  if (result.outcome !== 'runs' || !isElf) return [];
  const notes: string[] = [];
  if (result.interpreter !== null) {
    notes.push(
      `Libraries are mapped by ${result.interpreter}, not by Linux, and are not shown. ` +
        'The dynamic linker of uClibc maps each of their segments privately, as Linux maps those of a program.',
    );
  }
  const cleared = result.mappings.filter(({ place, bssBytes }) => place === 'flash' && bssBytes > 0);
  for (const { object, segment } of cleared) {
    notes.push(`Linux clears memory past the end of segment ${String(segment)} of ${object}, which is in flash.`);
  }
  return notes;
}

function mappingJson({ part, object, segment, vma, place, bssBytes }: NommuMapping) {
  const inFlash = place === 'flash';
  return {
    part,
    object,
    segment,
    place,
    address: inFlash ? hex(vma.start) : null,
    bytes: vma.end - vma.start,
    bssBytes,
  };
}

/** What of a program's memory is RAM. */
const ramJson = ({ copies, data, stack }: NommuMemory): Record<string, number> => ({ copies, data, stack });

/** The object that `--json` prints. */
export function nommuExecJson(report: NommuExecReport) {
  const { path, kernel, cpu, header, result, log } = report;
  const runs = result.outcome === 'runs';
  return {
    schemaVersion: SCHEMA_VERSION,
    path,
    kernel,
    cpu,
    outcome: result.outcome,
    errno: result.outcome === 'failed' || result.outcome === 'killed' ? result.errno : null,
    signal: result.outcome === 'killed' ? result.signal : null,
    bug: result.outcome === 'bug' ? result.bug : null,
    uncertain: uncertainties(report),
    flat: header,
    text: runs ? result.text : null,
    interpreter: runs ? result.interpreter : null,
    mappings: runs ? result.mappings.map(mappingJson) : [],
    ram: runs ? ramJson(result.memory) : null,
    log,
  };
}

const PLACES = {
  flash: 'its text runs from flash',
  copy: 'its text is copied to RAM',
  ram: 'text and data are loaded into RAM',
} as const;

function outcome({ result, header, isElf, kernel, cpu }: NommuExecReport, style: Style): string {
  switch (result.outcome) {
    case 'runs': {
      const why =
        result.text === 'ram' ? (isElf ? ', as it is not FDPIC' : ', as its header wants (FLAT_FLAG_RAM)') : '';
      return `${style.good('starts')}: ${PLACES[result.text]}${why}`;
    }
    case 'failed': {
      const notElf = `: ${kernel} on ${cpu} does not run this ELF file`;
      const why =
        header !== null || result.errno !== 'ENOEXEC' ? '' : isElf ? notElf : ': it is not a bFLT or ELF program';
      return `${style.bad(`execve fails with ${result.errno}`)}${why}`;
    }
    case 'killed':
      return style.bad(`dies of signal ${String(result.signal)}: loading fails with ${result.errno}`);
    case 'bug':
      return `${style.bad('the kernel dies')}: ${plainLine(result.bug)}`;
  }
}

const PARTS: Readonly<Record<NommuPart, string>> = {
  text: 'text',
  rodata: 'read-only data',
  data: 'data',
  whole: 'text and data',
  stack: 'stack',
};

function mappingLines(mappings: readonly NommuMapping[]): string[] {
  let last = '';
  return mappings.flatMap(({ object, part, place, vma, bssBytes }) => {
    const heading = part === 'stack' || object === last ? [] : [`  ${printableName(object)}`];
    last = object;
    const where = place === 'flash' ? `in flash at ${hex(vma.start)}` : place === 'copy' ? 'copied to RAM' : 'in RAM';
    const bss = bssBytes === 0 ? '' : `, bss ${size(bssBytes)} of it`;
    return [...heading, `    ${PARTS[part].padEnd(16)}${size(vma.end - vma.start).padStart(9)}  ${where}${bss}`];
  });
}

/** The report, ending with a newline. */
export function nommuExecText(report: NommuExecReport, style: Style): string {
  const { path, header, result, log, kernel, cpu } = report;
  const lines = [`${style.strong(printableName(path))}: ${outcome(report, style)}`, `kernel ${kernel}, CPU ${cpu}`, ''];
  if (header !== null) {
    lines.push(
      `  bFLT version  ${String(header.version)}, flags ${hex(header.flags)}`,
      `  text          ${String(header.dataStart)} bytes, entry ${hex(header.entry)}`,
      `  data          ${String((header.dataEnd - header.dataStart) >>> 0)} bytes at ${hex(header.dataStart)}`,
      `  bss           ${String((header.bssEnd - header.dataEnd) >>> 0)} bytes`,
      `  stack         ${String(header.stackSize)} bytes`,
      `  relocations   ${String(header.relocCount)} at ${hex(header.relocStart)}`,
      '',
    );
  }
  if (result.outcome === 'runs') {
    const { copies, data, stack, flash } = result.memory;
    const parts = [`copies ${size(copies)}`, `data and bss ${size(data)}`, `stack ${size(stack)}`];
    lines.push(...mappingLines(result.mappings), '');
    lines.push(`  RAM    ${size(copies + data + stack)}: ${parts.join(', ')}`, `  flash  ${size(flash)}`, '');
    const notes = uncertainties(report);
    if (notes.length > 0) lines.push(...notes.map((note) => `${style.fair('not certain')}: ${plainLine(note)}`), '');
  }
  if (log.length > 0) lines.push('kernel log:', ...log.map((line) => `  ${printableName(line)}`));
  return `${lines.join('\n').trimEnd()}\n`;
}
