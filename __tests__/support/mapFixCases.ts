/** Every remedy that the advice on a mapping names, with a mapping that gets it. */
import type { MapRemedy } from '../../lib/verdict/advice.ts';
import type { BoardOptions } from '../../lib/verdict/board.ts';
import type { MapRequest } from '../../lib/verdict/request.ts';
import { staticProgram, stored } from './auditCases.ts';
import { buildRawImage, type RawBlock, type RawEntry } from './rawImage.ts';

/** A mapping and its image. The path is /f. */
export interface MapFixCase {
  readonly image: () => Uint8Array;
  readonly board?: BoardOptions;
  readonly request?: Omit<MapRequest, 'path'>;
  /** Bytes of a page of the CPU. Default 4096. */
  readonly pageSize?: number;
  /** What following it means: the printed command is run, or the option that is named is given. */
  readonly by: 'command' | 'option';
}

const PAGE = 4096;
const text = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => 0x41 + ((i * 11) % 29));
const DIRECT = { kind: 'direct' } as const;
const ZLIB = { kind: 'zlib' } as const;
const UNALIGNED = { kind: 'direct', at: { alignTo: PAGE, plus: 8 } } as const;
const imageOf = (entry: RawEntry, flags?: number) => (): Uint8Array => buildRawImage({ entries: [entry], flags });
/** A file of two pages and a bit. */
const data = (...kinds: readonly Omit<RawBlock, 'data'>[]): RawEntry => stored('f', text(2 * PAGE + 9), ...kinds);

/** A case for each kind of remedy. */
export const MAP_FIX_CASES: Readonly<Record<MapRemedy['kind'], MapFixCase>> = {
  'rebuild-for-page-size': {
    image: () =>
      buildRawImage({
        pageSize: 4 * PAGE,
        entries: [
          {
            type: 'file',
            name: 'f',
            blocks: [0, 1].map((index) => ({
              kind: 'direct',
              data: text(4 * PAGE - 9 * index),
              at: (1 + index) * 4 * PAGE,
            })),
          },
        ],
      }),
    by: 'command',
  },
  'fix-pointer': {
    image: imageOf(stored('f', text(9), { kind: 'direct', at: { fromEnd: -(1 << 20) } })),
    by: 'option',
  },
  'build-direct': { image: imageOf(data(ZLIB), 0x103), by: 'command' },
  'place-image': { image: imageOf(data(DIRECT)), board: { physBase: 0 }, by: 'option' },
  'read-only': { image: imageOf(data(DIRECT)), request: { prot: 'rw' }, by: 'option' },
  'move-image': { image: imageOf(data(DIRECT)), board: { physBase: 0x10000800 }, by: 'option' },
  'align-blocks': { image: imageOf(data(UNALIGNED)), by: 'command' },
  'clear-tail': { image: imageOf(data(DIRECT, DIRECT, { kind: 'direct', tail: text(9) })), by: 'command' },
  'store-direct': { image: imageOf(data(DIRECT, ZLIB)), by: 'command' },
  'store-file-direct': { image: imageOf(data(ZLIB)), by: 'command' },
  shorter: { image: imageOf(data(DIRECT, ZLIB)), by: 'option' },
  'start-at': { image: imageOf(data(ZLIB, DIRECT, DIRECT)), by: 'option' },
};

/** A program, of which the commands place the segments: --segment text is then direct. */
export const PROGRAM_FIX: MapFixCase = {
  image: imageOf(stored('f', staticProgram(3, { bits: 64 }), ZLIB)),
  by: 'command',
};

/** A file that ends at a page boundary, which is to be made longer first. */
export const WHOLE_PAGES_FIX: MapFixCase = { image: imageOf(stored('f', text(2 * PAGE), ZLIB)), by: 'command' };
