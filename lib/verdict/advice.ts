/**
 * Why a mapping is what it is, and what would change it: data, for programs and for reports, which have the words.
 */
import type { BlockKind } from '../image/blocks.ts';

/** Why a mapping is not wholly direct, or does not come about. Blocks count from 0, offsets are bytes. */
export type MapCause =
  // Not wholly direct.
  /** A block pointer leads out of the memory that holds the image. */
  | { readonly kind: 'pointer-outside' }
  /** The image has no extended block pointers. */
  | { readonly kind: 'extensions-missing' }
  /** The image has no physical address. */
  | { readonly kind: 'no-address' }
  | { readonly kind: 'writable' }
  /** The mapping starts past the end of the file, which has `size` bytes. */
  | { readonly kind: 'past-end'; readonly size: number }
  /** The data is at a physical address that is not one of a page. */
  | { readonly kind: 'unaligned'; readonly address: number; readonly past: number }
  /** The mapping goes on past the end of the file. */
  | { readonly kind: 'end-of-file' }
  /** Something else is in the last page, past the end of the file. */
  | { readonly kind: 'shared-tail'; readonly block: number }
  /** A block is not stored so that it continues the run: it would have to be direct, at image offset `expectedOffset`. */
  | {
      readonly kind: 'layout';
      readonly block: number;
      readonly stored: BlockKind;
      readonly expectedOffset: number;
    }
  /** The first block to map is not direct. */
  | { readonly kind: 'first-block'; readonly block: number; readonly stored: BlockKind }
  /** The first block points at image offset 0, which Linux takes for no block. */
  | { readonly kind: 'zero-offset'; readonly block: number }
  // Without an MMU: a copy, or what to know of a mapping in flash.
  | { readonly kind: 'traced' }
  /** The range is not contiguous and uncompressed in flash; `block` is the first that is elsewhere, where it is known. */
  | { readonly kind: 'not-contiguous'; readonly block: number | null }
  /** In flash, and the last page shows what follows in the image. */
  | { readonly kind: 'tail-shows-image' }
  // The call fails.
  | { readonly kind: 'zero-length' }
  | { readonly kind: 'unaligned-offset'; readonly offset: number; readonly pageSize: number }
  | { readonly kind: 'shared-writable' }
  | { readonly kind: 'read-only-file-system' }
  | { readonly kind: 'directory-for-writing' }
  | { readonly kind: 'directory' }
  | { readonly kind: 'address-space' }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'noexec' }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'no-ram' }
  | { readonly kind: 'shared-not-in-flash' }
  | { readonly kind: 'fixed' }
  | { readonly kind: 'map-type' }
  | { readonly kind: 'past-last-page'; readonly pages: number }
  | { readonly kind: 'refused' };

/** What would make a mapping more direct. Any one of several helps. What names options has been tried on the board. */
export type MapRemedy =
  /** Build the image for pages of `pageSize` bytes; it looks as if made for pages of `madeFor`. */
  | { readonly kind: 'rebuild-for-page-size'; readonly pageSize: number; readonly madeFor: number }
  /** Fix the pointer, or give the size of the region. */
  | { readonly kind: 'fix-pointer' }
  /** Build the image with direct blocks. */
  | { readonly kind: 'build-direct' }
  /** Give the image a physical address. */
  | { readonly kind: 'place-image' }
  /** Map without PROT_WRITE. */
  | { readonly kind: 'read-only'; readonly prot: string; readonly state: 'pfnmap' | 'mixedmap' }
  /** Place the image at a physical address. `up`: so many bytes further up, to suit this file; else at a page boundary. */
  | { readonly kind: 'move-image'; readonly to: number; readonly up: number | null }
  /** Align the blocks to pages in the image. */
  | { readonly kind: 'align-blocks' }
  /** Leave the rest of the last page zero in the image. */
  | { readonly kind: 'clear-tail'; readonly block: number }
  /** Store a block as a direct one at an image offset, and the blocks that follow after it. */
  | { readonly kind: 'store-direct'; readonly block: number; readonly offset: number }
  /** Store the file as direct, page-aligned blocks. */
  | { readonly kind: 'store-file-direct' }
  /** Map fewer pages: all of them are direct. */
  | { readonly kind: 'shorter'; readonly pages: number }
  /** Map from an offset of the file on, apart from what comes before or in place of it. */
  | {
      readonly kind: 'start-at';
      readonly offset: number;
      readonly state: 'pfnmap' | 'mixedmap';
      /** Whether what comes before has direct pages of its own. */
      readonly apart: boolean;
    };

/** A reason, and what to do about it. */
export interface MapAdvice {
  readonly cause: MapCause;
  readonly remedies: readonly MapRemedy[];
}

/** Direct pages that do not show their own block. */
export interface Misplaced {
  /** They point to memory that is not the image's. */
  readonly outside: number;
  /** They point into the image, but not to their own block. */
  readonly elsewhere: number;
}
