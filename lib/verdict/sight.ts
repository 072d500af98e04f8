/**
 * What a page shows, held against what the file has there. Nothing here knows what can go wrong in a kernel.
 */
import { sameBytes } from '../base/bytes.ts';
import { CramfsError } from '../base/errors.ts';
import { filePages } from '../driver/inode.ts';
import { fileBlock } from '../image/blocks.ts';
import { readBlock } from '../image/content.ts';
import type { PageView } from '../mm/addressSpace.ts';
import { padded } from './contentIndex.ts';
import type { Sight } from './mapVerdict.ts';
import type { MappedProcess } from './process.ts';

/** The part of a mapping that matters here. */
type Opened = Pick<MappedProcess, 'board' | 'file'>;

/**
 * Judges one page.
 *
 * @param index page of the file that should be seen
 * @param phys physical address of a direct page, or null
 * @throws CramfsError IO when the image's source fails
 */
export function sightOf(mapped: Opened, index: number, view: PageView, phys: number | null): Sight {
  const { board, file } = mapped;
  const { pageSize } = board.cpu;
  const withinFile = index < filePages(board.mounted(), file.inode);
  if (view.touch !== 'ok')
    return { shows: view.touch === 'SIGBUS' ? (withinFile ? 'sigbus' : 'sigbus-behind') : UNSEEN[view.touch] };
  const { bytes } = view;
  if (bytes === null) return { shows: 'foreign' };
  if (withinFile) {
    const content = storedContent(mapped, index);
    // What cannot be read at all has no right content to hold the page against.
    if (content === null || sameBytes(bytes, padded(content, pageSize))) return { shows: 'ok' };
    if (content.length < pageSize && sameBytes(bytes.subarray(0, content.length), content)) return { shows: 'tail' };
  }
  if (bytes.every((byte) => byte === 0)) return { shows: 'zeros' };
  return identify(mapped, bytes, phys);
}

const UNSEEN = { SIGSEGV: 'sigsegv', killed: 'killed' } as const;

/**
 * The file's bytes of one page as stored, or null where they are damaged. A direct block behind the image's end has what
 * the memory holds there.
 */
function storedContent({ board, file }: Opened, index: number): Uint8Array | null {
  const { image, memory } = board;
  try {
    const block = fileBlock(image, file.inode, index);
    const { kind, start, length } = block;
    if (kind === 'direct' && start + length > image.source.size) return memory.read(memory.base + start, length);
    return readBlock(image, block);
  } catch (error) {
    if (error instanceof CramfsError && error.code !== 'IO') return null;
    throw error;
  }
}

/** Names what stands in a page: a page of the file itself, of another file, or a part of the image. */
function identify({ board, file }: Opened, bytes: Uint8Array, phys: number | null): Sight {
  const { contentIndex, memory } = board;
  // A page whose tail is not zero is not found by its bytes, but the block is there.
  const own =
    contentIndex.ownPage(file.inode, bytes) ??
    (phys === null ? null : contentIndex.ownBlockAt(file.inode, phys - memory.base));
  if (own !== null) return { shows: 'file', path: file.resolved.path, page: own };
  const other = contentIndex.find(bytes);
  if (other !== null) return { shows: 'file', ...other };
  return phys === null ? { shows: 'foreign' } : { shows: 'image', offset: phys - memory.base };
}
