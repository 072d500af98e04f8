/**
 * A map verdict of a kernel without an MMU, for people.
 */
import { hex } from '../base/hex.ts';
import { crcHex } from '../format/crc32.ts';
import { filePages } from '../driver/inode.ts';
import type { Board } from '../verdict/board.ts';
import type { MapVerdict, NommuOutcome } from '../verdict/mapVerdict.ts';
import { heading, kernelLog } from './mapFrame.ts';
import type { Style } from './style.ts';
import { wrap } from './style.ts';
import { plural, size } from '../base/words.ts';

const LABEL = 11;
const INDENT = 2;

/** The report of one mapping: lines, each ended by a newline. */
export function nommuText(
  verdict: MapVerdict,
  nommu: NommuOutcome,
  board: Board,
  { style, width }: { readonly style: Style; readonly width: number },
): string {
  const out: string[] = [...heading(verdict, board, style, width), ''];
  const row = (label: string, text: string): void => {
    const indent = ' '.repeat(INDENT + LABEL);
    out.push(`  ${style.faint(label.padEnd(LABEL))}${wrap(text, width, indent, indent.length)}`);
  };
  out.push(wrap(nommuSentence(verdict, nommu, board, style), width, '  '), '');
  if (nommu.mapsType !== null) mappingRows(verdict, nommu, board, row);
  const why = reason(verdict, nommu, board);
  if (why !== null) row('why', why);
  if (out.at(-1) !== '') out.push('');
  for (const warning of verdict.warnings)
    out.push(wrap(`${style.bad('warning:')} ${warning.message}.`, width, '  '), '');
  out.push(...kernelLog(verdict, style, width));
  return `${out.join('\n')}\n`;
}

/** The verdict in one sentence. */
export function nommuSentence(verdict: MapVerdict, nommu: NommuOutcome, board: Board, style: Style): string {
  if (verdict.bug !== null) return `${style.bad('KERNEL BUG')}: ${verdict.bug}.`;
  const pages = verdict.vmaPages ?? 0;
  switch (nommu.inFlash) {
    case null:
      return `${style.bad(verdict.errno ?? 'refused')}: ${verdict.failed ?? 'mmap'} fails, ${errnoReason(verdict, board)}.`;
    case true:
      if (verdict.warnings.some(({ code }) => code === 'foreign-memory' || code === 'outside-image')) {
        return `${style.bad('NOT IN THE IMAGE')}: the mapping points at memory that is not the image's.`;
      }
      return `${style.good('IN FLASH')}: ${pages === 1 ? 'the page runs' : `all ${plural(pages, 'page')} run`} from flash; no RAM is used.`;
    case false:
      return `${style.bad('COPY')}: ${pages === 1 ? 'the page is' : `all ${plural(pages, 'page')} are`} copied into RAM at once; nothing runs from flash.`;
  }
}

function mappingRows(
  verdict: MapVerdict,
  nommu: NommuOutcome,
  board: Board,
  row: (label: string, text: string) => void,
): void {
  const start = verdict.vmaStart ?? 0;
  const bytes = (verdict.vmaPages ?? 0) * board.cpu.pageSize;
  if (nommu.inFlash === true) {
    const offset = start - board.memory.base;
    row('address', `${hex(start)}-${hex(start + bytes - 1)} (image offset ${hex(offset)})`);
  }
  row('RAM', nommu.inFlash === true ? 'none' : `${size(bytes)} at once, in one piece`);
  row('maps', `${nommu.mapsType ?? ''}, offset ${hex(verdict.mapsOffset ?? 0)}: ${SHARING[nommu.mapsType ?? 'p']}`);
  if (nommu.crc !== null) row('crc32', `${crcHex(nommu.crc)} of the ${plural(verdict.length, 'byte')} asked for`);
}

const SHARING = {
  p: 'of this process alone',
  s: 'private, and other processes that map the same part get the same memory',
  S: 'shared',
} as const;

/** Why a mapping is a copy; or what to know of one in flash. */
function reason(verdict: MapVerdict, nommu: NommuOutcome, board: Board): string | null {
  if (nommu.inFlash === null) return null;
  if (nommu.inFlash) return tailNote(verdict, board);
  if (verdict.prot.includes('w')) return 'the mapping is writable, and only read-only ones can stand in flash';
  if (verdict.flags.includes('traced'))
    return 'the process is being traced, and breakpoints must not be set for others';
  if (!board.mounted().canMapDirectly) {
    return board.memory.base === 0
      ? 'the image has no physical address (base 0)'
      : 'the image has no extended block pointers (flag 0x800), so nothing of it can be mapped where it stands';
  }
  return `not all of the range stands in flash in one piece, uncompressed${firstBreak(verdict)}`;
}

/** What the kernel's "range:" line says of the block that is not where it should be. */
function firstBreak({ log }: MapVerdict): string {
  for (const line of log) {
    const block = /^cramfs: range: block ([0-9]+)\//.exec(line)?.[1];
    if (block !== undefined) return `: block ${block} is compressed, or elsewhere`;
  }
  return ': it begins at image offset 0, which Linux takes for no block at all';
}

function tailNote(verdict: MapVerdict, board: Board): string | null {
  const size = verdict.file?.size ?? 0;
  const { pageSize } = board.cpu;
  const reaches = (verdict.vmPgoff ?? 0) + (verdict.vmaPages ?? 0) === Math.ceil(size / pageSize);
  if (!reaches || size % pageSize === 0) return null;
  return 'the range is in flash in one piece; past end of file its last page shows whatever follows in the image';
}

/** Why mmap() or open() fails, in words. */
function errnoReason(verdict: MapVerdict, board: Board): string {
  const { pageSize } = board.cpu;
  const { flags, offset, length } = verdict;
  switch (verdict.errno) {
    case 'EROFS':
      return 'the file cannot be opened for writing: cramfs is read-only';
    case 'EISDIR':
      return 'a directory cannot be opened for writing';
    case 'EACCES':
      return 'a shared writable mapping needs a file opened for writing, and cramfs is read-only';
    case 'EPERM':
      return 'the file system is mounted noexec';
    case 'EIO':
      return 'the first page to be copied cannot be read';
    case 'ENOMEM':
      return length < 2 ** 53
        ? 'there is no piece of RAM large enough for a copy'
        : 'the length does not fit into the address space';
    case 'ENODEV': {
      const directory = verdict.file !== null && board.open(verdict.path).inode.type === 'directory';
      return directory
        ? 'a directory cannot be mapped'
        : 'a shared mapping must stand in flash as a whole, and this one does not';
    }
    case 'EINVAL':
      if (offset % pageSize !== 0)
        return `the offset ${String(offset)} is no multiple of the page size, ${String(pageSize)}`;
      if (length === 0) return 'the length is 0';
      if (flags.includes('fixed')) return 'nothing can be mapped at an address of choice without an MMU';
      if (flags[0] === 'none' || flags[0] === 'shared_validate') return 'it is neither MAP_PRIVATE nor MAP_SHARED';
      return `the range ends behind the ${plural(filePages(board.mounted(), board.open(verdict.path).inode), 'page')} of the file`;
    default:
      return 'the call is refused';
  }
}
