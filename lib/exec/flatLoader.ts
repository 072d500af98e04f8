/**
 * Executing a bFLT program without an MMU: execve() up to the first instruction (fs/exec.c, load_flat_file() of
 * fs/binfmt_flat.c). What the program then does, and whether its relocations fit, is not looked at.
 */
import type { NommuProcess } from '../mm/nommu/process.ts';
import type { NommuFile } from '../mm/nommu/validate.ts';
import { VM_EXEC, VM_READ, VM_WRITE } from '../mm/vmFlags.ts';
import { checkFlatHeader, decodeFlatHeader, type FlatProgram } from '../elf/bflt.ts';
import { type Executable, type ExecResult, killedFlat, placeOf, readCode, running } from './nommuProgram.ts';

/**
 * Loads a program into a process that has nothing mapped.
 *
 * @param head the first bytes of the file, with zeros where it ends
 * @throws CramfsError IO when the image's source fails
 */
export function execFlat({ file }: Executable, head: Uint8Array, process: NommuProcess): ExecResult {
  const { kernel } = process.machine;
  const program = checkFlatHeader(decodeFlatHeader(head), kernel.cpu.wordBits / 8);
  if ('log' in program) {
    if (program.log !== null) kernel.log.push(program.log);
    return { outcome: 'failed', errno: 'ENOEXEC' };
  }
  return program.inRam ? loadIntoRam(program, file, process) : loadApart(program, file, process);
}

/** Text as a mapping of the file, data in RAM. */
function loadApart(program: FlatProgram, file: NommuFile, process: NommuProcess): ExecResult {
  const { textLength, dataLength, fullData, extra } = program;
  const mapped = process.mmap(file, {
    length: textLength,
    offset: 0,
    read: true,
    write: false,
    exec: true,
    type: 'private',
  });
  if ('bug' in mapped) return { outcome: 'bug', bug: mapped.bug };
  if ('errno' in mapped) return killedFlat(process, 'Unable to mmap process text', mapped.errno);
  const { vma } = mapped;
  const data = process.mmapAnonymous(dataLength + extra, VM_READ | VM_WRITE | VM_EXEC);
  if ('bug' in data) return { outcome: 'bug', bug: data.bug };
  if ('errno' in data) return killedFlat(process, 'Unable to allocate RAM for process data', data.errno);
  const unread = readCode(file, textLength, fullData, data.vma, 0, process);
  if (unread !== null) return killedFlat(process, 'Unable to read data+bss', unread);
  const text = placeOf(vma);
  const of = { object: file.path, segment: null };
  return running({
    text,
    entry: vma.start + program.entry,
    vma,
    mappings: [
      { ...of, part: 'text', vma, place: text, bssBytes: 0 },
      { ...of, part: 'data', vma: data.vma, place: 'ram', bssBytes: extra },
    ],
    interpreter: null,
  });
}

/** Text and data in one piece of RAM. */
function loadIntoRam(program: FlatProgram, file: NommuFile, process: NommuProcess): ExecResult {
  const { textLength, dataLength, fullData, extra } = program;
  const length = textLength + dataLength + extra;
  const memory = process.mmapAnonymous(length, VM_READ | VM_WRITE | VM_EXEC);
  if ('bug' in memory) return { outcome: 'bug', bug: memory.bug };
  if ('errno' in memory) return killedFlat(process, 'Unable to allocate RAM for process text/data', memory.errno);
  const { vma } = memory;
  const unread =
    readCode(file, 0, textLength, vma, 0, process) ?? readCode(file, textLength, fullData, vma, textLength, process);
  if (unread !== null) return killedFlat(process, 'Unable to read code+data+bss', unread);
  return running({
    text: 'ram',
    entry: vma.start + program.entry,
    vma,
    mappings: [{ part: 'whole', object: file.path, segment: null, vma, place: 'ram', bssBytes: extra }],
    interpreter: null,
  });
}
