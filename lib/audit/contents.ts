/**
 * What a file is, as far as a machine that runs programs is concerned: told from its stored bytes, and its mode.
 */
import { CramfsError } from '../base/errors.ts';
import { checkFlatHeader, decodeFlatHeader, FLAT_HEADER_SIZE, type FlatProgram } from '../elf/bflt.ts';
import {
  decodeElfHeader,
  type ElfHeader,
  type ElfHeaders,
  ElfView,
  ET_DYN,
  ET_EXEC,
  HEADER_SIZE,
  PHENTSIZE,
  PT_DYNAMIC,
  PT_INTERP,
  PT_LOAD,
  readElfHeaders,
} from '../elf/elf.ts';
import { isScript } from '../elf/script.ts';
import type { CramfsImage, Inode } from '../image/image.ts';
import { StoredFile } from './storedFile.ts';

/** What a file is; `isProgram`: it is there to be executed, and the audit starts it on paper. */
export type Contents =
  | { readonly format: 'elf32' | 'elf64'; readonly elf: ElfHeaders; readonly isProgram: boolean }
  | { readonly format: 'bflt'; readonly flat: FlatProgram | null; readonly isProgram: boolean }
  | { readonly format: 'script' | 'data'; readonly isProgram: boolean };

const DATA: Contents = { format: 'data', isProgram: false };

/** Bytes of program headers that Linux reads at most, whatever the page size (load_elf_phdrs()). */
const MAX_HEADER_BYTES = 65536;
/** Bytes of a dynamic section that are looked at. */
const MAX_DYNAMIC_BYTES = 4096;

const DT_FLAGS_1 = 0x6fff_fffb;
/** DF_1_PIE: a program, not a library. */
const DF_1_PIE = 0x0800_0000;

/**
 * Looks at a regular file.
 *
 * Programs are, with an x in their mode: ELF files that name an interpreter, have fixed addresses, or say that they are
 * position independent programs; scripts. Libraries that have an x are none. bFLT programs are for kernels without an MMU.
 *
 * @throws CramfsError IO; damage makes a file data
 */
export function contentsOf(image: CramfsImage, inode: Inode, hasMmu: boolean): Contents {
  const executable = (inode.mode & 0o111) !== 0;
  try {
    const file = new StoredFile(image, inode);
    const head = file.read(0, HEADER_SIZE[64]);
    if (isElf(head)) return elfContents(file, head, executable);
    if (isScript(head)) return executable ? { format: 'script', isProgram: true } : DATA;
    if (executable && head.length === FLAT_HEADER_SIZE) return flatContents(head, !hasMmu);
  } catch (error) {
    if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
  }
  return DATA;
}

function isElf(head: Uint8Array): boolean {
  return head[0] === 0x7f && head[1] === 0x45 && head[2] === 0x4c && head[3] === 0x46;
}

function elfContents(file: StoredFile, head: Uint8Array, executable: boolean): Contents {
  let header: ElfHeader;
  try {
    header = decodeElfHeader(head);
  } catch (error) {
    if (!(error instanceof CramfsError)) throw error;
    // Neither class nor byte order is known. It says that it is a program all the same, and does not start.
    return { format: 'data', isProgram: executable };
  }
  const { bits, type } = header;
  const elf = segmentsOf(file, header);
  const isProgram = executable && (type === ET_EXEC || (type === ET_DYN && isPositionIndependentProgram(file, elf)));
  return { format: bits === 32 ? 'elf32' : 'elf64', elf, isProgram };
}

/** The headers with the segments; without any where Linux could not read them. */
function segmentsOf(file: StoredFile, header: ElfHeader): ElfHeaders {
  const { type, bits, phnum } = header;
  const isLoadable = (type === ET_EXEC || type === ET_DYN) && phnum * PHENTSIZE[bits] <= MAX_HEADER_BYTES;
  try {
    return isLoadable ? readElfHeaders(file) : { ...header, segments: [] };
  } catch (error) {
    if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
    return { ...header, segments: [] };
  }
}

function isPositionIndependentProgram(file: StoredFile, elf: ElfHeaders): boolean {
  if (elf.segments.some(({ type }) => type === PT_INTERP)) return true;
  const dynamic = elf.segments.find(({ type }) => type === PT_DYNAMIC);
  if (dynamic === undefined) return elf.entry !== 0 && elf.segments.some(({ type }) => type === PT_LOAD);
  const bytes = file.read(dynamic.offset, Math.min(dynamic.fileSize, MAX_DYNAMIC_BYTES));
  const view = new ElfView(bytes, elf);
  const word = elf.bits / 8;
  for (let at = 0; at + 2 * word <= bytes.length; at += 2 * word) {
    if (view.long(at) === DT_FLAGS_1) return (view.long(at + word) & DF_1_PIE) !== 0;
  }
  return false;
}

function flatContents(head: Uint8Array, isProgram: boolean): Contents {
  const header = decodeFlatHeader(head);
  if (header === null) return DATA;
  const program = checkFlatHeader(header);
  return { format: 'bflt', flat: 'log' in program ? null : program, isProgram };
}
