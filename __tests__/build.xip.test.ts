import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { classicDeflate } from '../lib/mkfs/deflate.ts';
import { sha256Hash } from '../lib/mkfs/contentHash.node.ts';
import { directCompressor } from '../lib/mkfs/encodeFile.ts';
import { rememberingCompressor } from '../lib/mkfs/rememberingCompressor.ts';
import { tarTree } from '../lib/mkfs/source/tar.ts';
import { bytesContent, type DirectoryEntry, newDirectory, putEntry } from '../lib/mkfs/sourceTree.ts';
import { choiceOf, parseProfile } from '../lib/mkfs/xip/choice.ts';
import { flashCurve, selectWithin } from '../lib/mkfs/xip/knapsack.ts';
import { planXip, type XipSpec } from '../lib/mkfs/xip/plan.ts';
import { proveXip } from '../lib/mkfs/xip/prove.ts';
import { walkerIn } from './support/mounted.ts';
import { readContent } from '../lib/image/content.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { fixture } from './support/fixtures.ts';

const hash = sha256Hash;
/** Remembers across all tests. */
const compressor = rememberingCompressor(directCompressor(classicDeflate(9)), hash);
const SPEC: XipSpec = {
  mode: 'mmu',
  physBase: 0x1000_0000,
  layout: 'packed',
  choice: choiceOf(['auto'], new Set()),
  profile: null,
  avoidLastPageDefect: true,
  flashBudget: null,
};
const tree = (name: string): DirectoryEntry => tarTree(fixture(`trees/${name}.tar.gz`));

describe('an image whose programs run in place', () => {
  for (const mode of ['mmu', 'nommu'] as const) {
    for (const layout of ['packed', 'inline'] as const) {
      for (const physBase of [0x1000_0000, 0x1000_0804]) {
        test(`keeps its plan: ${mode}, ${layout}, at 0x${physBase.toString(16)}`, async () => {
          const plan = await planXip(tree('root'), { ...SPEC, mode, layout, physBase }, { compressor, hash });
          const proof = proveXip(plan);
          expect(proof).toEqual({ segments: 19, whole: 19, partly: 0 });
        });
      }
    }
  }

  test('takes ELF64, and big endian programs for a big endian target', async () => {
    const chosen = async (littleEndian: boolean): Promise<string[]> => {
      const plan = await planXip(tree('mini'), SPEC, { compressor, hash, littleEndian, truncate: true });
      proveXip(plan);
      return plan.items.filter((item) => item.leftOut === null).flatMap((item) => item.paths);
    };
    const little = await chosen(true);
    expect(little).toEqual(expect.arrayContaining(['/foreign/aarch64.elf', '/foreign/arm.elf']));
    expect(little.filter((path) => /version2|phoff_out|short_header/.test(path))).toEqual([]);
    expect(new Set(await chosen(false))).toEqual(new Set(['/foreign/mips.elf', '/foreign/ppc64.elf']));
  });

  test('keeps every file as it was', async () => {
    const root = tree('mini');
    for (const mode of ['mmu', 'nommu'] as const) {
      for (const layout of ['packed', 'inline'] as const) {
        const plan = await planXip(
          root,
          { ...SPEC, mode, layout, avoidLastPageDefect: false },
          { compressor, hash, truncate: true, holes: true },
        );
        proveXip(plan);
        const image = CramfsImage.open(plan.image.bytes);
        const walker = walkerIn(image);
        for (const path of [
          '/elf/zero_text',
          '/elf/gap',
          '/bin/counter',
          '/data/mixed',
          '/elf/text_mid',
          '/sparse/end',
        ]) {
          const entry = path
            .split('/')
            .reduce<unknown>((at, part) => (part === '' ? at : (at as DirectoryEntry).children.get(part)), root) as {
            content: { read(): Uint8Array };
          };
          expect(Buffer.from(readContent(image, walker.resolve(path).inode)).equals(entry.content.read())).toBe(true);
        }
      }
    }
  });

  test('fails when the image does not do what the plan says', async () => {
    const plan = await planXip(tree('root'), SPEC, { compressor, hash });
    const elsewhere = { ...plan, spec: { ...plan.spec, physBase: 0x1000_0800 } };
    expect(() => proveXip(elsewhere)).toThrow(expect.objectContaining({ code: 'BROKEN_PLAN', path: '/bin/counter' }));
  });

  test('stays within a budget, and says what cannot be had', async () => {
    const root = tree('root');
    for (const flashBudget of [488_000, 550_000, 700_000]) {
      const plan = await planXip(root, { ...SPEC, flashBudget }, { compressor, hash });
      expect(plan.image.bytes.length).toBeLessThanOrEqual(flashBudget);
      proveXip(plan);
    }
    await expect(planXip(root, { ...SPEC, flashBudget: 100_000 }, { compressor, hash })).rejects.toMatchObject({
      code: 'UNFIT',
    });
  });

  test('places what a profile saw, up to its last page', async () => {
    const profile = parseProfile('path,first page,pages\n/bin/table,3,2\n/bin/init,0,1\n');
    const choice = choiceOf([], new Set(profile.keys()));
    const plan = await planXip(tree('root'), { ...SPEC, profile, choice }, { compressor, hash });
    expect(
      plan.items.map(({ paths, first, end, ramPages, leftOut }) => [paths[0], first, end, ramPages, leftOut]),
    ).toEqual([
      ['/bin/init', 0, 1, 1, null],
      ['/bin/init', 1, 2, 0, 'unused'],
      ['/bin/init', 2, 3, 0, 'unused'],
      ['/bin/table', 0, 1, 0, 'unused'],
      ['/bin/table', 1, 2, 0, 'unused'],
      ['/bin/table', 2, 5, 2, null],
    ]);
    expect(proveXip(plan)).toEqual({ segments: 2, whole: 1, partly: 1 });
  });

  test('packs a tree of 40 programs with less padding than inline', async () => {
    const root = newDirectory();
    const libgreet = tree('root');
    for (let i = 0; i < 40; i++) {
      const source = ['counter', 'hello', 'init', 'table'][i % 4] ?? '';
      const file = (libgreet.children.get('bin') as DirectoryEntry).children.get(source);
      if (file?.type !== 'file') throw new Error('no program');
      const bytes = file.content.read().slice();
      bytes[bytes.length - 1] = i; // so that no two share their data
      putEntry(root, `/bin/p${String(i)}`, { ...file, content: bytesContent(bytes) });
    }
    const packed = await planXip(root, SPEC, { compressor, hash });
    const inline = await planXip(root, { ...SPEC, layout: 'inline' }, { compressor, hash });
    expect(packed.image.bytes.length).toBeLessThan(inline.image.bytes.length);
    expect(packed.image.paddingBytes).toBeLessThan(4096);
    expect(inline.image.paddingBytes).toBeGreaterThan(40_000);
  });
});

describe('the selection within a budget', () => {
  const choices = fc.array(
    fc.record({ cost: fc.integer({ min: -50, max: 500 }), value: fc.integer({ min: 0, max: 9 }) }),
    {
      maxLength: 9,
    },
  );
  test('is the best there is', () => {
    fc.assert(
      fc.property(choices, fc.integer({ min: 0, max: 1500 }), (items, budget) => {
        let best = 0;
        for (let set = 0; set < 1 << items.length; set++) {
          const inside = items.filter((_, index) => (set >>> index) & 1);
          const cost = inside.reduce((sum, item) => sum + item.cost, 0);
          if (cost <= budget)
            best = Math.max(
              best,
              inside.reduce((sum, item) => sum + item.value, 0),
            );
        }
        const selection = selectWithin(items, budget);
        const chosen = selection.chosen.map((index) => items[index]);
        expect(selection.value).toBe(best);
        expect(chosen.reduce((sum, item) => sum + (item?.cost ?? 0), 0)).toBe(selection.cost);
        expect(chosen.reduce((sum, item) => sum + (item?.value ?? 0), 0)).toBe(best);
        expect(selection.cost).toBeLessThanOrEqual(budget);
      }),
    );
  });

  test('gives a curve that rises', () => {
    fc.assert(
      fc.property(choices, (items) => {
        const curve = flashCurve(items, 5);
        for (let i = 1; i < curve.length; i++) {
          expect(curve[i]?.cost).toBeGreaterThan(curve[i - 1]?.cost ?? -Infinity);
          expect(curve[i]?.value).toBeGreaterThan(curve[i - 1]?.value ?? -Infinity);
        }
      }),
    );
  });
});
