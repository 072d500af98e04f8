/**
 * execve() without an MMU: scripts, bFLT and ELF programs (fs/exec.c).
 */
import { isElf } from '../elf/elf.ts';
import { BINPRM_BUF_SIZE, isScript, parseScriptLine } from '../elf/script.ts';
import { kernelRead } from '../mm/nommu/copy.ts';
import type { NommuProcess } from '../mm/nommu/process.ts';
import { execFdpic, type FdpicContext } from './fdpicLoader.ts';
import { execFlat } from './flatLoader.ts';
import type { Executable, ExecResult } from './nommuProgram.ts';

/** Interpreters of interpreters that execve() follows. */
const MAX_INTERPRETERS = 5;

/**
 * Loads a program, or the one that a script names, into a process that has nothing mapped.
 *
 * @throws CramfsError IO when the image's source fails
 */
export function nommuExecve(start: Executable, process: NommuProcess, context: FdpicContext): ExecResult {
  const { kernel } = process.machine;
  let executable = start;
  for (let depth = 0; ; depth++) {
    const { file, mode, regular } = executable;
    if (!regular || (mode & 0o111) === 0 || file.noexec) return { outcome: 'failed', errno: 'EACCES' };
    const head = new Uint8Array(BINPRM_BUF_SIZE);
    const unread = kernelRead(file, 0, head, kernel);
    if (unread !== null) return { outcome: 'failed', errno: unread };
    if (isElf(head)) return execFdpic(executable, process, context);
    if (!isScript(head)) return execFlat(executable, head, process);
    const line = parseScriptLine(head.subarray(0, file.size));
    if (line === null) return { outcome: 'failed', errno: 'ENOEXEC' };
    if (depth >= MAX_INTERPRETERS) return { outcome: 'failed', errno: 'ELOOP' };
    const next = context.open(line.interpreter === '' ? '/' : line.interpreter);
    if (typeof next === 'string') return { outcome: 'failed', errno: next };
    executable = next;
  }
}
