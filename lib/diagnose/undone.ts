/** What had to be undone before an image could be read, and what else became of it. */
import type { ByteOrder } from './byteOrder.ts';
import type { SpareGeometry } from './spareBytes.ts';
import type { TextFormat } from './textLines.ts';
import type { TextChange } from './textChange.ts';

/** A change of a dump that was undone. */
export type Undone =
  | ({ readonly kind: 'order' } & ByteOrder)
  | ({ readonly kind: 'spare' } & SpareGeometry)
  /** Erased blocks of so many bytes that were left in, and where they lie in the dump. */
  | { readonly kind: 'bad-blocks'; readonly bytes: number; readonly blocks: readonly number[] }
  /** Each byte comes twice, or with a zero after it. */
  | { readonly kind: 'doubled'; readonly filler: 'same' | 'zero' }
  | { readonly kind: 'text'; readonly change: TextChange }
  /** The magic number was put right. `found`: its four bytes as they are; `covered`: the CRC is right with those. */
  | { readonly kind: 'magic'; readonly found: Uint8Array; readonly covered: boolean };

/** Where an image's bytes come from inside a larger file. */
export interface Member {
  readonly format: 'gzip' | 'zip' | 'ubi' | 'android-sparse' | TextFormat;
  /** Byte offset of its header in what it lies in. */
  readonly offset: number;
  /** The name that the header gives. */
  readonly name: string | null;
  /** Bytes once unpacked. */
  readonly size: number;
}
