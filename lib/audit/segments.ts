/**
 * The segments of a program or library, each as its loader maps it when it maps nothing else.
 */
import { nommuArrangement } from '../elf/fdpic.ts';
import { type ElfSegment, PF_R, PF_W, PF_X, PT_LOAD } from '../elf/elf.ts';
import { blockCount } from '../image/blocks.ts';
import type { MapRequest } from '../verdict/request.ts';
import type { AuditedSegment } from './result.ts';
import type { Subject } from './subject.ts';

/** A segment before it is mapped. */
export interface SegmentPlan extends Omit<AuditedSegment, 'state' | 'directPages'> {
  readonly request: MapRequest;
}

/**
 * The mappings that the loader makes of a file's segments. ELF: elf_map() of fs/binfmt_elf.c, private, from the page that has
 * the segment's first byte to the one that has its last. bFLT, without an MMU: the text, where it is mapped at all
 * (load_flat_file()).
 */
export function planSegments({ path, inode, contents }: Subject, pageSize: number, hasMmu: boolean): SegmentPlan[] {
  const pages = blockCount(inode.size, pageSize);
  switch (contents.format) {
    case 'elf32':
    case 'elf64':
      // Without an MMU, what is not FDPIC is read into RAM as a whole, and FDPIC segments are mapped by their size in memory.
      if (!hasMmu && nommuArrangement(contents.elf) === 'whole') return [];
      return contents.elf.segments.flatMap((segment, index) => {
        if (segment.type !== PT_LOAD || segment.fileSize === 0) return [];
        const length = hasMmu ? segment.fileSize : segment.memorySize;
        return [planElf(segment, length, index, path, pages, pageSize)];
      });
    case 'bflt': {
      const { flat } = contents;
      if (!contents.isProgram || flat === null || flat.inRam || flat.textLength === 0) return [];
      const request = { path, offset: 0, length: flat.textLength, prot: 'rx' };
      return [
        {
          segment: 0,
          kind: 'text',
          perms: 'r-x',
          ...shown(request, pages, pageSize),
          fileBytes: flat.textLength,
          request,
        },
      ];
    }
    default:
      return [];
  }
}

function planElf(
  { flags, offset, vaddr, fileSize }: ElfSegment,
  length: number,
  segment: number,
  path: string,
  pages: number,
  pageSize: number,
): SegmentPlan {
  const prot = `${(flags & PF_R) !== 0 ? 'r' : ''}${(flags & PF_W) !== 0 ? 'w' : ''}${(flags & PF_X) !== 0 ? 'x' : ''}`;
  const perms = ['r', 'w', 'x'].map((letter) => (prot.includes(letter) ? letter : '-')).join('');
  const kind = prot.includes('w') ? 'data' : prot.includes('x') ? 'text' : 'rodata';
  // Where address and offset differ within their page the mapping begins within a page of the file, and mmap() refuses it.
  const within = vaddr % pageSize;
  const request = { path, offset: offset - within, length: length + within, prot };
  return { segment, kind, perms, ...shown(request, pages, pageSize), fileBytes: fileSize, request };
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
