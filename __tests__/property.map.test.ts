/** For any valid image and any request: what a process sees is the file. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { layOutRawImage, type RawBlock, type RawEntry } from './support/rawImage.ts';
import { crc32, crcHex } from '../lib/format/crc32.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { mapJson } from '../lib/report/mapJson.ts';
import { Board } from '../lib/verdict/board.ts';
import { checkInvariants } from '../lib/verdict/invariants.ts';
import type { MapRequest } from '../lib/verdict/request.ts';

type Kind = 'zlib' | 'stored' | 'hole' | 'direct' | 'unaligned' | 'direct-zlib' | 'borrowed';

/** A block as drawn: how it is stored, and a seed for its bytes. */
interface DrawnBlock {
  readonly kind: Kind;
  readonly seed: number;
}

interface DrawnFile {
  readonly blocks: readonly DrawnBlock[];
  /** Bytes in the last block, as a share of a page. */
  readonly rest: number;
  /** Whether something else stands behind the end of the file in its last page. */
  readonly tail: boolean;
}

interface DrawnImage {
  readonly files: readonly DrawnFile[];
  readonly littleEndian: boolean;
  readonly bootPad: boolean;
  readonly pageSize: number;
}

/** Weighted so that runs of direct blocks are common, whole and broken. */
const kinds = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Kind>('direct') },
  { weight: 3, arbitrary: fc.constantFrom<Kind>('zlib', 'stored', 'hole', 'borrowed') },
  { weight: 1, arbitrary: fc.constantFrom<Kind>('unaligned', 'direct-zlib') },
);
const files = fc.record({
  blocks: fc.array(fc.record({ kind: kinds, seed: fc.nat(255) }), { maxLength: 7 }),
  rest: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
  tail: fc.boolean(),
});
const images: fc.Arbitrary<DrawnImage> = fc.record({
  files: fc.array(files, { minLength: 1, maxLength: 5 }),
  littleEndian: fc.boolean(),
  bootPad: fc.boolean(),
  pageSize: fc.constantFrom(4096, 4096, 16384),
});

/** Bytes that differ from block to block and compress. */
function bytesOf(seed: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => ((index * (seed + 3)) >> 4) ^ (seed + 1));
}

/** The image, and what each file holds by the drawing alone. */
function make({ files: drawn, littleEndian, bootPad, pageSize }: DrawnImage): {
  bytes: Uint8Array;
  contents: Map<string, Uint8Array>;
  lastIsDirect: Map<string, boolean>;
} {
  const contents = new Map<string, Uint8Array>();
  const lastIsDirect = new Map<string, boolean>();
  /** Whole pages of earlier files, which later ones may point to. */
  const lendable: { place: readonly [string, number]; page: Uint8Array }[] = [];
  const entries = drawn.map((file, index): RawEntry => {
    const name = `f${String(index)}`;
    const last = file.blocks.length - 1;
    const size = last < 0 ? 0 : last * pageSize + Math.max(1, Math.round(file.rest * pageSize));
    const content = new Uint8Array(size);
    // A block that is addressed by its end would be written over what stands behind a borrowed one.
    let afterBorrowed = false;
    const own: typeof lendable = [];
    const blocks = file.blocks.map((block, at): RawBlock => {
      const length = Math.min(pageSize, size - at * pageSize);
      const data = bytesOf(block.seed, length);
      const lender = lendable[block.seed % Math.max(1, lendable.length)];
      let { kind } = block;
      if (kind === 'borrowed' && lender === undefined) kind = 'direct';
      if (afterBorrowed && (kind === 'zlib' || kind === 'stored')) kind = 'direct-zlib';
      if (at === last) lastIsDirect.set(`/${name}`, kind === 'direct' || kind === 'unaligned' || kind === 'borrowed');
      if (kind === 'hole') return { kind };
      if (kind === 'borrowed' && lender !== undefined) {
        afterBorrowed = true;
        content.set(lender.page.subarray(0, length), at * pageSize);
        return { kind: 'direct', at: { sameAs: lender.place } };
      }
      content.set(data, at * pageSize);
      if (kind === 'zlib' || kind === 'stored') return { kind, data };
      afterBorrowed = false;
      if (kind === 'direct-zlib') return { kind, data };
      const tail =
        at === last && file.tail && length < pageSize ? bytesOf(77, Math.min(9, pageSize - length)) : undefined;
      const page = new Uint8Array(pageSize);
      page.set(data);
      if (tail !== undefined) page.set(tail, length);
      own.push({ place: [name, at], page });
      return { kind: 'direct', data, tail, at: { alignTo: pageSize, plus: kind === 'unaligned' ? 8 : 0 } };
    });
    contents.set(`/${name}`, content);
    lendable.push(...own);
    return { type: 'file', name, blocks, size };
  });
  return { bytes: layOutRawImage({ entries, littleEndian, bootPad, pageSize }).bytes, contents, lastIsDirect };
}

/** A request for one of the files, in pages. */
const requests = fc.array(
  fc.record({
    file: fc.nat(4),
    pgoff: fc.nat(8),
    length: fc.oneof(fc.constant(undefined), fc.integer({ min: 1, max: 40000 })),
    prot: fc.constantFrom('r', 'r', 'rx', 'rw', '-', 'x'),
    shared: fc.boolean(),
    populate: fc.boolean(),
  }),
  { minLength: 1, maxLength: 8 },
);

const counts = { pfnmap: 0, mixedmap: 0, none: 0, errno: 0, pages: 0, defects: 0 };

/** Holds one verdict against the drawing. */
function judge(board: Board, request: MapRequest, content: Uint8Array, lastIsDirect: boolean): void {
  const { pageSize } = board.cpu;
  const { base } = board.memory;
  const detail = { pages: true, crc: true, trace: true };
  const verdict = board.map(request, detail);
  const json = mapJson(verdict, detail);
  if (request.prot === 'rw' && request.shared === true) {
    expect(verdict.errno).toBe('EACCES');
    counts.errno++;
    return;
  }
  expect({ errno: verdict.errno, bug: verdict.bug }).toEqual({ errno: null, bug: null });
  const pages = verdict.vmaPages ?? 0;
  const pgoff = (request.offset ?? 0) / pageSize;
  const filePages = Math.ceil(content.length / pageSize);
  const hasDefect = lastIsDirect && content.length > 0 && content.length % pageSize === 0;
  const direct = new Set<number>();
  for (const run of verdict.direct) {
    for (let page = run.page; page < run.page + run.pages; page++) direct.add(page);
    expect(Number.isInteger(run.pfn)).toBe(true);
    const offset = run.pfn * pageSize - base;
    expect(offset).toBeGreaterThan(0);
    expect(offset + run.pages * pageSize).toBeLessThanOrEqual(board.image.size);
  }
  // The state says how many.
  const { state } = verdict;
  if (state === null) throw new Error('a mapping without a state');
  counts[state]++;
  expect(state).toBe(direct.size === 0 ? 'none' : direct.size === pages ? 'pfnmap' : 'mixedmap');
  expect([...direct]).toEqual([...direct.keys()].map((_, index) => index)); // a prefix
  const cow = request.shared !== true && state === 'pfnmap';
  expect(verdict.mapsOffset).toBe(cow ? verdict.physAddress : request.offset);
  // Each page is the file's, but for the one that Linux loses.
  const readable = request.prot !== '-' && (request.prot !== 'x' || board.cpu.execOnlyReadable);
  for (let page = 0; page < pages; page++) {
    counts.pages++;
    const index = pgoff + page;
    const touch = (json.touch as string)[page];
    const crc = (json.crc32 as (string | null)[])[page];
    if (!readable) expect([touch, crc]).toEqual(['S', null]);
    else if (index >= filePages) expect([touch, crc]).toEqual(['B', null]);
    else {
      const expected = new Uint8Array(pageSize);
      const lost = hasDefect && index === filePages - 1 && !direct.has(page);
      if (lost) counts.defects++;
      else expected.set(content.subarray(index * pageSize, (index + 1) * pageSize));
      expect({ request, page, touch, crc }).toEqual({ request, page, touch: 'o', crc: crcHex(crc32(expected)) });
    }
  }
  const losing = hasDefect && pgoff < filePages && pgoff + pages >= filePages && !direct.has(filePages - 1 - pgoff);
  expect(verdict.warnings.map(({ code }) => code).filter((code) => code !== 'page-size')).toEqual(
    losing ? ['last-page-zeros'] : [],
  );
  // The invariants of the library find the same, and nothing else.
  for (const { code, pages: where } of checkInvariants(verdict, board)) {
    expect({ request, code, hasDefect }).toEqual({
      request,
      code: expect.stringMatching(/^(read-differs|wrong-content)$/),
      hasDefect: true,
    });
    expect(where).toEqual({ first: filePages - 1 - pgoff, count: 1 });
  }
}

describe('linux-6.18', () => {
  test('shows each byte of a file, zeros behind its end, and nothing else, but for the last-page defect', () => {
    fc.assert(
      fc.property(
        images,
        requests,
        fc.constantFrom(0x1000_0000, 0x1000_0000, 0x1000_0008),
        (drawn, asked, physBase) => {
          const { bytes, contents, lastIsDirect } = make(drawn);
          const { pageSize } = drawn;
          const board = new Board(CramfsImage.open(bytes, { pageSize }), { physBase, fill: 0xff });
          for (const { file, pgoff, length, ...rest } of asked) {
            const path = `/f${String(file % drawn.files.length)}`;
            const content = contents.get(path);
            if (content === undefined) throw new Error(`${path} was not drawn`);
            const request = { ...rest, path, offset: pgoff * pageSize, length };
            judge(board, request, content, lastIsDirect.get(path) === true);
          }
        },
      ),
      { numRuns: 150 },
    );
    // What was drawn must have been worth it.
    for (const [outcome, count] of Object.entries(counts)) expect([outcome, count > 10]).toEqual([outcome, true]);
  });
});
