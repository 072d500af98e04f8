/**
 * The mapping of one segment of a program, as its loader asks for it: elf_map() of fs/binfmt_elf.c, and mmap() in the
 * dynamic linkers.
 */
import { CramfsError } from '../base/errors.ts';
import { PT_LOAD, readElfHeaders } from '../elf/elf.ts';
import type { Board } from '../verdict/board.ts';
import type { MapRequest } from '../verdict/request.ts';
import { segmentPlan, type SegmentKind } from './loadedSegments.ts';
import { ProgramFile } from './programFile.ts';

/** Which segment: the only one of a kind, or the index of its program header. */
export type SegmentChoice = SegmentKind | number;

/**
 * The request that maps a segment of an ELF file.
 *
 * @throws CramfsError USAGE where the choice names none, or several; NOT_ELF, BAD_ELF; as Board.open() for the path
 */
export function segmentRequest(board: Board, path: string, choice: SegmentChoice): MapRequest {
  const { pageSize } = board.cpu;
  const file = new ProgramFile(board, board.open(path), []);
  const { segments } = readElfHeaders(file);
  const loads = segments.flatMap((header, index) =>
    header.type === PT_LOAD && header.fileSize > 0
      ? [{ header, ...segmentPlan(header, index, file.size, pageSize) }]
      : [],
  );
  const chosen = loads.filter(({ kind, segment }) =>
    typeof choice === 'number' ? segment === choice : kind === choice,
  );
  const [only] = chosen;
  if (only === undefined || chosen.length > 1) {
    const list = loads.map(({ segment, kind, perms }) => `${String(segment)} (${kind}, ${perms})`).join(', ');
    const wanted = typeof choice === 'number' ? `segment ${String(choice)}` : `${choice} segment`;
    const what = only === undefined ? `no ${wanted}` : `${String(chosen.length)} ${wanted}s`;
    throw new CramfsError('USAGE', {
      path,
      found: `the file has ${what}${list === '' ? '' : `; its segments: ${list}`}`,
    });
  }
  const { offset, vaddr, fileSize } = only.header;
  const within = vaddr % pageSize;
  return { path, offset: offset - within, length: fileSize + within, prot: only.perms.replaceAll('-', '') };
}
