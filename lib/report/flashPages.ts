/**
 * The flash region, page by page: what a page of it holds, and how full it is.
 */
import { ACCOUNT_LABELS, type Account } from '../inspect/account.ts';
import { TONE_OF_LABEL, TONES, toneIndex } from './palette.ts';

/** Pages of a region. */
export interface FlashPages {
  readonly pageSize: number;
  readonly count: number;
  /** Index in TONES of what most of the page's used bytes are; of padding or nothing where none is used. */
  readonly tones: Uint8Array;
  /** Used bytes of the page, 0 to 255 for none to all. */
  readonly fill: Uint8Array;
}

/** Where the ranges of an account begin, and what they are: indices of ACCOUNT_LABELS. */
export interface PackedAccount {
  /** One more than labels: the last is the end. */
  readonly starts: Float64Array;
  readonly labels: Uint8Array;
}

/** The ranges of an account as arrays. */
export function packAccount({ ranges, fileBytes }: Account): PackedAccount {
  return {
    starts: Float64Array.from([...ranges.map(({ start }) => start), fileBytes]),
    labels: Uint8Array.from(ranges, ({ label }) => ACCOUNT_LABELS.indexOf(label)),
  };
}

const EMPTY = toneIndex('empty');
const PADDING = toneIndex('padding');
const DAMAGE = toneIndex('damage');

/**
 * Divides a region into pages.
 *
 * @param regionSize bytes from the image's first byte
 * @param damaged byte offsets of what is wrong with the image
 */
export function flashPages(
  { starts, labels }: PackedAccount,
  regionSize: number,
  pageSize: number,
  damaged: readonly number[] = [],
): FlashPages {
  const end = Math.max(regionSize, starts[labels.length] ?? 0);
  const count = Math.max(1, Math.ceil(end / pageSize));
  const tones = new Uint8Array(count).fill(EMPTY);
  const fill = new Uint8Array(count);
  const bytes = new Float64Array(TONES.length);
  let range = 0;
  for (let page = 0; page < count; page++) {
    const from = page * pageSize;
    const to = from + pageSize;
    bytes.fill(0);
    while (range < labels.length && (starts[range + 1] ?? 0) <= from) range++;
    for (let at = range; at < labels.length && (starts[at] ?? 0) < to; at++) {
      const length = Math.min(to, starts[at + 1] ?? 0) - Math.max(from, starts[at] ?? 0);
      const tone = TONE_OF_LABEL[labels[at] ?? 0] ?? EMPTY;
      bytes[tone] = (bytes[tone] ?? 0) + length;
    }
    let best = -1;
    let used = 0;
    bytes.forEach((length, tone) => {
      if (tone === PADDING || length === 0) return;
      used += length;
      if (best === -1 || length > (bytes[best] ?? 0)) best = tone;
    });
    tones[page] = best !== -1 ? best : (bytes[PADDING] ?? 0) > 0 ? PADDING : EMPTY;
    fill[page] = Math.ceil((used / pageSize) * 255);
  }
  for (const offset of damaged) {
    const page = Math.floor(offset / pageSize);
    if (page < count) tones[page] = DAMAGE;
  }
  return { pageSize, count, tones, fill };
}
