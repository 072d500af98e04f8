/** Where a path or an address that was typed is. */
import type { FlashPages } from '../../report/flashPages.ts';
import { type Layout, PIECE, piecesIn } from '../layout.ts';
import type { Selection } from './state.ts';

/**
 * The place of an address (physical, or an image offset), or of the next path after `from` that contains the text; null
 * where there is none.
 */
export function findPlace(
  text: string,
  layout: Layout,
  physBase: number,
  { count, pageSize }: FlashPages,
  from: string | null,
): Selection | null {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return null;
  if (/^\+?(0x[0-9a-f]+|\d+)$/.test(wanted)) {
    const value = Number(wanted.replace('+', ''));
    const end = count * pageSize;
    const offset = value >= physBase && value < physBase + end ? value - physBase : value;
    if (offset >= end) return null;
    const [piece] = piecesIn(layout, offset, offset + 1);
    const file = piece === undefined ? undefined : layout.pieces[piece * PIECE + 2];
    return { path: file === undefined ? null : (layout.paths[file] ?? null), offset };
  }
  const { paths } = layout;
  const start = from === null ? 0 : paths.indexOf(from) + 1;
  for (let step = 0; step < paths.length; step++) {
    const path = paths[(start + step) % paths.length] ?? '';
    if (path.toLowerCase().includes(wanted)) return { path, offset: null };
  }
  return null;
}
