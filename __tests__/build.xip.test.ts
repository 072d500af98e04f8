import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { classicDeflate } from '../lib/mkfs/deflate.ts';
import { newDeflate } from '../lib/mkfs/deflate.node.ts';
import { sha256Hash } from '../lib/mkfs/contentHash.node.ts';
import { directCompressor } from '../lib/mkfs/encodeFile.ts';
import { rememberingCompressor } from '../lib/mkfs/rememberingCompressor.ts';
import { imageTree } from '../lib/mkfs/source/imageTree.ts';
import { tarTree } from '../lib/mkfs/source/tar.ts';
import { bytesContent, type DirectoryEntry, newDirectory, putEntry } from '../lib/mkfs/sourceTree.ts';
import { treeIndex } from '../lib/mkfs/treeIndex.ts';
import { choiceOf } from '../lib/mkfs/xip/choice.ts';
import { xipPlanText } from '../lib/report/xipPlan.ts';
import { flashCurve, type Group, selectWithin } from '../lib/mkfs/xip/knapsack.ts';
import { planXip, type XipSpec } from '../lib/mkfs/xip/plan.ts';
import { proveXip } from '../lib/mkfs/xip/prove.ts';
import { readCaptures } from '../lib/profile/readCaptures.ts';
import type { UseProfile } from '../lib/profile/useProfile.ts';
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
/** The programs of the tree "root" by name: of their own accord none would be direct without an MMU, where they are copied. */
const NAMED = choiceOf(['/bin/counter', '/bin/hello', '/bin/init', '/bin/old', '/bin/table', '/lib/*'], new Set());
/** A profile from CSV. */
const used = (root: DirectoryEntry, ...rows: string[]): UseProfile =>
  readCaptures([{ name: 'used.csv', bytes: Buffer.from(`${rows.join('\n')}\n`) }], treeIndex(root, 4096)).profile;
const tree = (name: string): DirectoryEntry => tarTree(fixture(`trees/${name}.tar.gz`));

describe('an image whose programs run in place', () => {
  for (const mode of ['mmu', 'nommu'] as const) {
    for (const layout of ['packed', 'inline'] as const) {
      for (const physBase of [0x1000_0000, 0x1000_0804]) {
        test(`keeps its plan: ${mode}, ${layout}, at 0x${physBase.toString(16)}`, async () => {
          const spec = { ...SPEC, mode, layout, physBase, choice: NAMED };
          const plan = await planXip(tree('root'), spec, { compressor, hash });
          const proof = proveXip(plan);
          expect(proof).toEqual({ segments: 19, whole: 19, partly: 0 });
        });
      }
    }
  }

  test('leaves out what a kernel without an MMU copies to RAM, unless it is named', async () => {
    const plan = await planXip(tree('root'), { ...SPEC, mode: 'nommu' }, { compressor, hash });
    expect(new Set(plan.items.map((item) => item.leftOut))).toEqual(new Set(['copied']));
    expect(plan.image.directBytes).toBe(0);
    expect(xipPlanText(plan)).toContain('/bin/counter  (without an MMU its loader copies it to RAM)');
  });

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
    const profile = used(tree('root'), 'path,first page,pages', '/bin/table,3,2', '/bin/init,0,1');
    const choice = choiceOf([], new Set(profile.paths));
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

describe('a profile', () => {
  const placed = async (budget: number, ...rows: string[]): Promise<[string | undefined, number, number][]> => {
    const root = tree('root');
    const profile = used(root, ...rows);
    const spec = { ...SPEC, profile, choice: choiceOf([], new Set(profile.paths)), flashBudget: 487_424 + budget };
    const plan = await planXip(root, spec, { compressor, hash });
    proveXip(plan);
    return plan.items
      .filter(({ leftOut }) => leftOut === null)
      .map(({ paths, first, end }) => [paths[0], first, end] as const)
      .map(([path, first, end]) => [path, first, end]);
  };

  test('changes what a budget places by how often pages are used', async () => {
    const root = newDirectory();
    const libc = (tree('root').children.get('lib') as DirectoryEntry).children.get('ld-musl-i386.so.1');
    if (libc?.type !== 'file') throw new Error('no library');
    for (const name of ['a', 'b']) {
      const bytes = libc.content.read().slice();
      bytes[bytes.length - 1] = name.charCodeAt(0); // so that they do not share their data
      putEntry(root, `/${name}`, { ...libc, content: bytesContent(bytes) });
    }
    const place = async (uses: readonly [number, number], flashBudget: number | null): Promise<[string, number][]> => {
      const profile = used(root, `/a,21,20,${String(uses[0])}`, `/b,21,20,${String(uses[1])}`);
      const plan = await planXip(root, { ...SPEC, profile, flashBudget }, { compressor, hash });
      proveXip(plan);
      size = plan.plainSize;
      return plan.items
        .filter(({ leftOut }) => leftOut === null)
        .map(({ paths, flashBytes }) => [paths[0] ?? '', flashBytes]);
    };
    let size = 0;
    const both = await place([1, 1], null);
    expect(both.map(([path]) => path)).toEqual(['/a', '/b']);
    // Room for one of them, and a page for alignment.
    const budget = size + (both[0]?.[1] ?? 0) + 8192;
    expect((await place([5, 1], budget))[0]?.[0]).toBe('/a');
    const [first, second] = await place([1, 5], budget);
    const bytes = new Map([first, second].flatMap((each) => (each === undefined ? [] : [each])));
    expect(bytes.get('/b')).toBe(both[1]?.[1]);
    expect(bytes.get('/a') ?? 0).toBeLessThan(both[0]?.[1] ?? 0);
  });

  test('places the beginning of a segment where the budget ends', async () => {
    const rows = ['/lib/ld-musl-i386.so.1,21,2,9', '/lib/ld-musl-i386.so.1,60,1,1'];
    const [first] = await placed(12_000, ...rows);
    expect(first?.[0]).toBe('/lib/ld-musl-i386.so.1');
    expect(first?.[2]).toBeLessThan(60);
  });

  test('makes the first page of a library direct with a segment that would merge with the rest of it', async () => {
    const root = imageTree(CramfsImage.open(fixture('exec/exec64.cramfs.gz')));
    const profile = used(root, '/opt/lib/libone.so.1.2,2,1');
    const spec = { ...SPEC, profile, choice: choiceOf([], new Set(profile.paths)) };
    const fast = directCompressor(newDeflate({ kind: 'fast' }));
    const plan = await planXip(root, spec, { compressor: fast, hash });
    expect(plan.items.filter(({ leftOut }) => leftOut === null).map(({ first, end }) => [first, end])).toEqual([
      [2, 3],
    ]);
    // The page itself, and page 0.
    expect(plan.image.directBlocks).toBe(2);
    expect(proveXip(plan)).toMatchObject({ segments: 1, whole: 1 });
  });

  test('gives way to what is pinned, which has to fit', async () => {
    const root = tree('root');
    const profile = used(root, '/bin/table,1,1,5');
    const pin = (path: string): boolean => path === '/bin/init';
    const spec = { ...SPEC, profile, pin, choice: choiceOf([], new Set(profile.paths)) };
    const plan = await planXip(root, { ...spec, flashBudget: 487_424 + 16_384 }, { compressor, hash });
    proveXip(plan);
    const init = plan.items.filter(({ paths }) => paths[0] === '/bin/init');
    expect(init.map(({ pinned, leftOut }) => [pinned, leftOut])).toEqual(init.map(() => [true, null]));
    expect(plan.curve[0]).toMatchObject({ paths: ['/bin/init'], pinned: true });
    await expect(planXip(root, { ...spec, flashBudget: 488_000 }, { compressor, hash })).rejects.toMatchObject({
      code: 'UNFIT',
    });
  });
});

describe('the selection within a budget', () => {
  const option = fc.record({ cost: fc.integer({ min: 0, max: 500 }), value: fc.integer({ min: 0, max: 9 }) });
  /** Groups of one option, as segments are; and of several, as the beginnings of segments are. */
  const groups = fc.array(fc.array(option, { minLength: 1, maxLength: 3 }), { maxLength: 6 });

  /** Cost and value of every selection. */
  function* selections(all: readonly Group[], at = 0): Generator<{ cost: number; value: number }, void> {
    const group = all[at];
    if (group === undefined) {
      yield { cost: 0, value: 0 };
      return;
    }
    for (const rest of selections(all, at + 1)) {
      yield rest;
      for (const { cost, value } of group) yield { cost: rest.cost + cost, value: rest.value + value };
    }
  }

  const best = (all: readonly Group[], budget: number): number =>
    Math.max(0, ...[...selections(all)].filter(({ cost }) => cost <= budget).map(({ value }) => value));

  test('is the best there is', () => {
    fc.assert(
      fc.property(groups, fc.integer({ min: 0, max: 1500 }), (all, budget) => {
        const selection = selectWithin(all, budget);
        const taken = selection.taken.flatMap((index, group) => (index === null ? [] : [all[group]?.[index]]));
        expect(selection.value).toBe(best(all, budget));
        expect(selection.bound).toBe(selection.value);
        expect(taken.reduce((sum, item) => sum + (item?.cost ?? 0), 0)).toBe(selection.cost);
        expect(taken.reduce((sum, item) => sum + (item?.value ?? 0), 0)).toBe(selection.value);
        expect(selection.cost).toBeLessThanOrEqual(budget);
      }),
    );
  });

  test('beyond the exact method knows how far from the best it may be', () => {
    const large = fc.array(
      fc.array(fc.record({ cost: fc.integer({ min: 1, max: 500 }), value: fc.integer({ min: 3e8, max: 9e8 }) }), {
        minLength: 1,
        maxLength: 3,
      }),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(large, fc.integer({ min: 0, max: 1500 }), (all, budget) => {
        const { value, bound, cost } = selectWithin(all, budget);
        const most = best(all, budget);
        expect(cost).toBeLessThanOrEqual(budget);
        expect(value).toBeLessThanOrEqual(most);
        expect(bound).toBeGreaterThanOrEqual(most);
      }),
    );
  });

  test('has a curve each of whose steps is the best for its cost', () => {
    fc.assert(
      fc.property(groups, (all) => {
        let before = { cost: 0, value: 0 };
        const taken = new Map<number, number>();
        const curve = flashCurve(all);
        for (const [index, step] of curve.entries()) {
          // What costs nothing comes first, one after the other.
          const isFree = (curve[index + 1]?.cost ?? Infinity) <= step.cost;
          if (!isFree) expect(step.value).toBe(best(all, step.cost));
          expect(step.value).toBeGreaterThan(before.value);
          expect(step.before).toBe(taken.get(step.group) ?? null);
          taken.set(step.group, step.option);
          const sum = [...taken].map(([group, index]) => all[group]?.[index]);
          expect(sum.reduce((total, item) => total + (item?.cost ?? 0), 0)).toBe(step.cost);
          before = step;
        }
        expect(before.value).toBe(best(all, Infinity));
      }),
    );
  });
});
