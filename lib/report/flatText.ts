/**
 * A bFLT program under a kernel without an MMU, for people and as JSON.
 */
import { hex } from '../base/hex.ts';
import type { FlatHeader } from '../elf/bflt.ts';
import type { ExecResult } from '../exec/flatLoader.ts';
import { SCHEMA_VERSION } from './mapJson.ts';
import type { Style } from './style.ts';

/** What executing the program came to. */
export interface FlatReport {
  readonly path: string;
  readonly kernel: string;
  /** Null for a file that is no bFLT program. */
  readonly header: FlatHeader | null;
  /** Whether it is an ELF file, which is not modelled. */
  readonly isElf: boolean;
  readonly result: ExecResult;
  readonly log: readonly string[];
}

/** The object that `--json` prints. */
export function flatJson({ path, kernel, header, isElf, result, log }: FlatReport): Record<string, unknown> {
  return {
    schemaVersion: SCHEMA_VERSION,
    path,
    kernel,
    outcome: result.outcome,
    errno: result.outcome === 'failed' ? result.errno : null,
    signal: result.outcome === 'killed' ? result.signal : null,
    bug: result.outcome === 'bug' ? result.bug : null,
    uncertain: isElf ? [ELF_WITHOUT_MMU] : [],
    flat: header,
    text: result.outcome === 'runs' ? result.text : null,
    log,
  };
}

const PLACES = {
  flash: 'its text runs from flash',
  copy: 'its text is copied to RAM',
  ram: 'text and data are loaded into RAM, as its header wants (FLAT_FLAG_RAM)',
} as const;

/** What is modelled without an MMU, and what is not. */
const ELF_WITHOUT_MMU =
  'it is an ELF program; a kernel without an MMU runs it if it is FDPIC (ARM, SuperH, Xtensa) or a static PIE that its ' +
  'port supports. Only bFLT programs are modelled here, so what is mapped of it is not shown';

function outcome(result: ExecResult, isFlat: boolean, isElf: boolean, style: Style): string {
  switch (result.outcome) {
    case 'runs':
      return `${style.good('starts')}: ${PLACES[result.text]}`;
    case 'failed': {
      if (isElf) return `${style.fair('not certain')}: ${ELF_WITHOUT_MMU}`;
      return `${style.bad(`execve fails with ${result.errno}`)}${isFlat ? '' : ': it is not a bFLT program'}`;
    }
    case 'killed':
      return style.bad(`dies of signal ${String(result.signal)}`);
    case 'bug':
      return `${style.bad('the kernel dies')}: ${result.bug}`;
  }
}

/** The report, ending with a newline. */
export function flatText({ path, header, isElf, result, log }: FlatReport, style: Style): string {
  const lines = [`${style.strong(path)}: ${outcome(result, header !== null, isElf, style)}`, ''];
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
  if (log.length > 0) lines.push('kernel log:', ...log.map((line) => `  ${line}`));
  return `${lines.join('\n').trimEnd()}\n`;
}
