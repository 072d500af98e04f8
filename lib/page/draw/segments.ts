/** The loadable segments of a program, as pages of its file. */
import { StoredFile } from '../../audit/storedFile.ts';
import { CramfsError } from '../../base/errors.ts';
import { PT_LOAD, readElfHeaders } from '../../elf/elf.ts';
import { segmentPlan } from '../../exec/loadedSegments.ts';
import type { Board } from '../../verdict/board.ts';

/** A segment: pages [from, to) of the file. */
export interface SegmentPages {
  /** Index of its program header. */
  readonly index: number;
  readonly from: number;
  readonly to: number;
  /** "r-x". */
  readonly perms: string;
  /** "text", "rodata" or "data". */
  readonly name: string;
}

/** The segments of a file; none where it is not a program, or its headers cannot be read. */
export function segmentsOf(board: Board, path: string): SegmentPages[] {
  const { pageSize } = board.cpu;
  try {
    const { inode } = board.open(path);
    const { segments } = readElfHeaders(new StoredFile(board.image, inode));
    return segments.flatMap((segment, index) => {
      if (segment.type !== PT_LOAD || segment.fileSize === 0) return [];
      const { kind, perms, firstPage, pages } = segmentPlan(segment, index, inode.size, pageSize);
      return [{ index, from: firstPage, to: firstPage + pages, perms, name: kind }];
    });
  } catch (error) {
    if (error instanceof CramfsError) return [];
    throw error;
  }
}
