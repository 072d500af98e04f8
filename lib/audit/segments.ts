/**
 * The segments of a program or library by its headers.
 */
import { nommuArrangement } from '../elf/fdpic.ts';
import { type ElfSegment, PT_LOAD } from '../elf/elf.ts';
import { segmentPlan } from '../exec/loadedSegments.ts';
import { blockCount } from '../image/blocks.ts';
import type { AuditedSegment } from './result.ts';
import type { FilePart, Subject } from './subject.ts';

/** A segment before it is mapped. */
export interface SegmentPlan extends Omit<AuditedSegment, 'state' | 'directPages'> {
  /** Its mapping, were it mapped by itself. */
  readonly request: FilePart;
}

/**
 * The segments of a file, and the mappings that show them one by one. ELF: elf_map() of fs/binfmt_elf.c, private, from the page that has
 * the segment's first byte to the one that has its last. bFLT, without an MMU: the text, where it is mapped at all
 * (load_flat_file()).
 */
export function planSegments({ inode, contents }: Subject, pageSize: number, hasMmu: boolean): SegmentPlan[] {
  const pages = blockCount(inode.size, pageSize);
  switch (contents.format) {
    case 'elf32':
    case 'elf64':
      // Without an MMU, what is not FDPIC is read into RAM as a whole, and FDPIC segments are mapped by their size in memory.
      if (!hasMmu && nommuArrangement(contents.elf) === 'whole') return [];
      return contents.elf.segments.flatMap((segment, index) => {
        if (segment.type !== PT_LOAD || segment.fileSize === 0) return [];
        const length = hasMmu ? segment.fileSize : segment.memorySize;
        return [planElf(segment, length, index, inode.size, pageSize)];
      });
    case 'bflt': {
      const { flat } = contents;
      if (!contents.isProgram || flat === null || flat.inRam || flat.textLength === 0) return [];
      const request = { offset: 0, length: flat.textLength, prot: 'rx' };
      return [
        {
          segment: 0,
          kind: 'text',
          perms: 'r-x',
          ...shown(request, pages, pageSize),
          fileBytes: Math.min(flat.textLength, inode.size),
          request,
        },
      ];
    }
    default:
      return [];
  }
}

function planElf(segment: ElfSegment, length: number, index: number, size: number, pageSize: number): SegmentPlan {
  const plan = segmentPlan(segment, index, size, pageSize);
  // Where address and offset differ within their page the mapping begins within a page of the file, and mmap() refuses it.
  const within = segment.vaddr % pageSize;
  const prot = plan.perms.replaceAll('-', '');
  return { ...plan, request: { offset: segment.offset - within, length: length + within, prot } };
}

/** The pages of the file that a mapping shows, of `pages` that there are. */
function shown(
  { offset, length }: { readonly offset: number; readonly length: number },
  pages: number,
  pageSize: number,
): { readonly firstPage: number; readonly pages: number } {
  const firstPage = Math.max(0, Math.floor(offset / pageSize));
  return { firstPage, pages: Math.max(0, Math.min(pages, Math.ceil((offset + length) / pageSize)) - firstPage) };
}
