/**
 * The advice on a mapping in words: why it is what it is, and what would change it.
 */
import { hex } from '../base/hex.ts';
import { LENGTHEN, plural, size } from '../base/words.ts';
import type { FixPlace } from '../findings/definition.ts';
import type { MapAdvice, MapCause, MapRemedy } from '../verdict/advice.ts';
import type { MapVerdict } from '../verdict/mapVerdict.ts';
import { fixPlace } from './fixPlace.ts';

/** Sentences without full stops. */
export interface AdviceWords {
  readonly why: string;
  /** Null where nothing helps. */
  readonly fix: string | null;
}

const KINDS = {
  hole: 'a hole (zeros that are not stored)',
  zlib: 'compressed',
  stored: 'stored verbatim, but with a pointer that Linux does not map',
  direct: 'direct, but elsewhere',
  'direct-zlib': 'compressed',
} as const;

/** The advice on a mapping in words. */
export function adviceWords({ cause, remedies }: MapAdvice, place: RemedyPlace): AdviceWords {
  const fixes = remedies.map((remedy) => remedyWords(remedy, place));
  return { why: causeWords(cause), fix: fixes.length === 0 ? null : fixes.join('; or ') };
}

/** Why a mapping is what it is, in words. */
export const adviceCause = ({ cause }: MapAdvice): string => causeWords(cause);

/** What was mapped, for commands. */
export interface RemedyPlace {
  /** The image as the user named it. */
  readonly image: string;
  readonly imageOffset?: number | undefined;
  readonly imageNumber?: number | undefined;
  readonly verdict: Pick<MapVerdict, 'path' | 'machine' | 'file' | 'offset' | 'length'>;
}

function causeWords(cause: MapCause): string {
  switch (cause.kind) {
    case 'pointer-outside':
      return 'a block pointer of the file leads past the memory that holds the image, and Linux follows it unchecked';
    case 'extensions-missing':
      return 'the image has no extended block pointers (flag 0x800), so Linux cannot map any of it directly';
    case 'no-address':
      return 'the image has no physical address (base 0), so there is nothing that a page table could point to';
    case 'writable':
      return 'the mapping is writable, and Linux maps only read-only ones directly';
    case 'past-end':
      return `the file has ${plural(cause.size, 'byte')}, and the mapping starts past its end`;
    case 'unaligned':
      return `the data is at physical address ${hex(cause.address)}, ${plural(cause.past, 'byte')} past a page boundary`;
    case 'end-of-file':
      return 'the mapping goes on past the end of the file; nothing there can be direct, and accessing it raises SIGBUS';
    case 'shared-tail':
      return `the file's last page (block ${String(cause.block)}) also holds other data past the end of the file`;
    case 'layout':
      return (
        `block ${String(cause.block)} is ${KINDS[cause.stored]}; a direct block at image offset ` +
        `${hex(cause.expectedOffset)} would have continued the run`
      );
    case 'first-block':
      return `block ${String(cause.block)}, the first one to map, is ${KINDS[cause.stored]}`;
    case 'zero-offset':
      return `block ${String(cause.block)} points at image offset 0, which Linux takes for no block at all`;
    case 'traced':
      return 'the process is being traced, and breakpoints must not be set for others';
    case 'not-contiguous': {
      const where =
        cause.block === null
          ? 'it begins at image offset 0, which Linux takes for no block at all'
          : `block ${String(cause.block)} is compressed, or elsewhere`;
      return `the range is not contiguous and uncompressed in flash: ${where}`;
    }
    case 'tail-shows-image':
      return 'the range is contiguous in flash; past the end of the file its last page shows whatever follows in the image';
    default:
      return failureWords(cause);
  }
}

/** Why open() or mmap() fails. */
function failureWords(cause: Exclude<MapCause, { readonly kind: MappedCause }>): string {
  switch (cause.kind) {
    case 'zero-length':
      return 'the length is 0';
    case 'unaligned-offset':
      return `the offset ${String(cause.offset)} is not a multiple of the page size, ${String(cause.pageSize)}`;
    case 'shared-writable':
      return 'a shared writable mapping needs a file opened for writing, and cramfs is read-only';
    case 'read-only-file-system':
      return 'the file cannot be opened for writing: cramfs is read-only';
    case 'directory-for-writing':
      return 'a directory cannot be opened for writing';
    case 'directory':
      return 'a directory cannot be mapped';
    case 'address-space':
      return 'the mapping does not fit into the address space';
    case 'too-large':
      return 'offset and length together are larger than any file can be';
    case 'noexec':
      return 'the file system is mounted noexec';
    case 'unreadable':
      return 'the first page to be copied cannot be read';
    case 'no-ram':
      return 'there is no contiguous RAM large enough for a copy';
    case 'shared-not-in-flash':
      return 'a shared mapping must be entirely in flash, and this one is not';
    case 'fixed':
      return 'MAP_FIXED is not possible without an MMU';
    case 'map-type':
      return 'it is neither MAP_PRIVATE nor MAP_SHARED';
    case 'past-last-page':
      return `the range ends past the ${plural(cause.pages, 'page')} of the file`;
    case 'refused':
      return 'the call is refused';
  }
}

type MappedCause =
  | 'pointer-outside'
  | 'extensions-missing'
  | 'no-address'
  | 'writable'
  | 'past-end'
  | 'unaligned'
  | 'end-of-file'
  | 'shared-tail'
  | 'layout'
  | 'first-block'
  | 'zero-offset'
  | 'traced'
  | 'not-contiguous'
  | 'tail-shows-image';

function remedyWords(remedy: MapRemedy, at: RemedyPlace): string {
  const { path, machine } = at.verdict;
  const place = fixPlace({ ...at, imageOffset: at.imageOffset ?? 0, board: machine, files: [] }, path);
  switch (remedy.kind) {
    case 'rebuild-for-page-size':
      return (
        `${lengthened(at)}rebuild the image for pages of ${size(remedy.pageSize)}: ` +
        `${direct(place, '--page-size', pages(remedy.pageSize))} ` +
        `(this one looks as if built for --page-size ${pages(remedy.madeFor)})`
      );
    case 'fix-pointer':
      return 'the pointer is wrong; if the region is larger than the image, give its size with --region';
    case 'build-direct':
      return `${lengthened(at)}build the image with direct blocks: ${direct(place)}`;
    case 'place-image':
      return 'put the image into memory-mapped flash, and give its address with --phys';
    case 'read-only':
      return `map it without PROT_WRITE (--prot ${remedy.prot}: ${remedy.state.toUpperCase()}); data that is written is in RAM anyway`;
    case 'move-image':
      return remedy.up === null
        ? `put the image at a page boundary, such as --phys ${hex(remedy.to)}`
        : `move the image up by ${plural(remedy.up, 'byte')} (--phys ${hex(remedy.to)}) to suit this file`;
    case 'align-blocks':
      return `${lengthened(at)}align the blocks to pages: ${direct(place)}`;
    case 'clear-tail':
      return `leave the rest of that page zero in the image: ${direct(place)}`;
    case 'store-direct':
      return (
        `${lengthened(at)}store block ${String(remedy.block)} and those that follow as direct blocks immediately after ` +
        `block ${String(remedy.block - 1)}: ${direct(place)}`
      );
    case 'store-file-direct':
      return `${lengthened(at)}store the file as direct, page-aligned blocks: ${direct(place)}`;
    case 'shorter':
      return `map only ${plural(remedy.pages, 'page')} (--length ${String(remedy.pages)}p: PFNMAP)`;
    case 'start-at': {
      const action = remedy.apart ? 'map what follows separately' : 'start further on';
      return `${action} (--offset ${hex(remedy.offset)}: ${remedy.state.toUpperCase()})`;
    }
  }
}

const pages = (bytes: number): string => `${String(bytes / 1024)}K`;

/** The command that places programs, and this file whatever it is. */
function direct({ path, rebuildDirect }: FixPlace, ...options: readonly string[]): string {
  return rebuildDirect(...options, '--xip-files', 'auto', path ?? 'FILE');
}

/** What comes first where the mapping shows the last page of a file that ends at a page boundary. */
function lengthened({ verdict: { file, machine, offset, length } }: RemedyPlace): string {
  const bytes = file?.size ?? 0;
  const isSeen = bytes % machine.pageSize === 0 && offset + length > bytes - machine.pageSize;
  return isSeen ? `${LENGTHEN}, then ` : '';
}
