/** The loadable segments of a program, as pages of its file. */
import { StoredFile } from '../../audit/storedFile.ts';
import { CramfsError } from '../../base/errors.ts';
import { type ElfSegment, PF_R, PF_W, PF_X, PT_LOAD, readElfHeaders } from '../../elf/elf.ts';
import type { Board } from '../../verdict/board.ts';

/** A segment: pages [from, to) of the file. */
export interface SegmentPages {
  readonly from: number;
  readonly to: number;
  /** "r-x". */
  readonly perms: string;
  /** "text", "rodata" or "data". */
  readonly name: string;
}

/** The segments of a file; none where it is not a program, or its headers cannot be read. */
export function segmentsOf(board: Board, path: string): SegmentPages[] {
  try {
    const { segments } = readElfHeaders(new StoredFile(board.image, board.open(path).inode));
    return segments.flatMap((segment) =>
      segment.type === PT_LOAD && segment.fileSize > 0 ? [segmentPages(segment, board.cpu.pageSize)] : [],
    );
  } catch (error) {
    if (error instanceof CramfsError) return [];
    throw error;
  }
}

function segmentPages({ offset, fileSize, flags }: ElfSegment, pageSize: number): SegmentPages {
  const letter = (flag: number, text: string): string => ((flags & flag) !== 0 ? text : '-');
  const perms = `${letter(PF_R, 'r')}${letter(PF_W, 'w')}${letter(PF_X, 'x')}`;
  return {
    from: Math.floor(offset / pageSize),
    to: Math.ceil((offset + fileSize) / pageSize),
    perms,
    name: perms.includes('w') ? 'data' : perms.includes('x') ? 'text' : 'rodata',
  };
}
