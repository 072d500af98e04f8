/** Captures of programs: what a board's own files say about them. */
import { CramfsError } from '../../../lib/index.ts';
import { complain, type Io } from '../../../lib/cli/shared.ts';
import type { LabExec, LabExecRecord, LabTranscript } from '../record.ts';

/** Requests to run programs and record something of each. A program and its arguments are one text, with spaces between. */
export function captureRequests(programs: readonly string[], capture: 'trace' | 'smaps'): LabExec[] {
  return programs.map((program) => {
    const argv = program.split(/ +/).filter((word) => word !== '');
    if (argv.length === 0) throw new CramfsError('USAGE', { found: 'a program has no name' });
    return { type: 'exec', argv, capture };
  });
}

/**
 * The captures of all programs, one after the other, as a board that records them would give them; how each program ended
 * is shown on standard error.
 *
 * @throws CramfsError MOUNT_REFUSED where the kernel does not mount the image
 */
export function capturedText({ setup, records }: LabTranscript, io: Io): string {
  if (setup.mount !== null) {
    throw new CramfsError('MOUNT_REFUSED', { found: setup.mount, log: setup.kmsg });
  }
  // As "dmesg | grep cramfs" would give them; a trace has no place for them.
  const isSmaps = records.some((record) => record.type === 'exec' && record.capture === 'smaps');
  const log = isSmaps ? setup.kmsg.filter((line) => line.startsWith('cramfs: ')).map((line) => `${line}\n`) : [];
  const programs = records.filter((record): record is LabExecRecord => record.type === 'exec');
  for (const { argv, exit, signal, output } of programs) {
    const how = signal !== null ? `killed by signal ${String(signal)}` : `exit status ${String(exit)}`;
    const failed = /^execve: \w+$/.exec(output)?.[0];
    complain(io, `${argv.join(' ')}: ${failed ?? how}`);
  }
  return [...log, ...programs.map(({ captured }) => captured ?? '')].join('');
}
