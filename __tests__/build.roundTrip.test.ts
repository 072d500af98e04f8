import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Volume } from 'memfs';
import { compatibleDirectBlocks } from '../lib/mkfs/compatibleXip.ts';
import { classicDeflate } from '../lib/mkfs/deflate.ts';
import { newDeflate } from '../lib/mkfs/deflate.node.ts';
import { directCompressor } from '../lib/mkfs/encodeFile.ts';
import { type BuildOptions, buildImage } from '../lib/mkfs/mkfs.ts';
import { fromSyncFs, fsTree } from '../lib/mkfs/source/fsTree.ts';
import { imageTree } from '../lib/mkfs/source/imageTree.ts';
import {
  type DirectoryEntry,
  findEntry,
  newDirectory,
  putEntry,
  type SourceEntry,
  walkEntries,
} from '../lib/mkfs/sourceTree.ts';
import { choiceOf } from '../lib/mkfs/xip/choice.ts';
import { planXip } from '../lib/mkfs/xip/plan.ts';
import { proveXip } from '../lib/mkfs/xip/prove.ts';
import { checkImage } from '../lib/check/checkImage.ts';
import { CramfsImage } from '../lib/image/image.ts';

/** Entries as plain data, to compare. */
function describeTree(root: DirectoryEntry): unknown[] {
  return [...walkEntries(root)].map(({ path, entry }) => {
    const common = [path, entry.type, entry.mode, entry.uid, entry.gid];
    switch (entry.type) {
      case 'file':
        return [...common, Buffer.from(entry.content.read()).toString('latin1')];
      case 'symlink':
        return [...common, Buffer.from(entry.target).toString('latin1')];
      case 'chardev':
      case 'blockdev':
        return [...common, entry.major, entry.minor];
      default:
        return common;
    }
  });
}

const name = fc
  .string({ unit: fc.constantFrom('a', 'b', 'Z', '.', '-', ' ', 'é', '日', '\udc80'), minLength: 1, maxLength: 12 })
  .filter((text) => text !== '.' && text !== '..');
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc
    .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 20_000 }))
    .map(([byte, length]) => new Uint8Array(length).fill(byte)),
  fc
    .tuple(fc.integer({ min: 1, max: 2 ** 31 }), fc.constantFrom(4095, 4096, 4097, 8192, 12_288, 9999))
    .map(([seed, length]) => {
      let state = seed;
      return Uint8Array.from({ length }, () => (state = Math.imul(state, 1103515245) + 12345) >>> 24);
    }),
);
const owner = {
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: fc.integer({ min: 0, max: 65535 }),
  gid: fc.integer({ min: 0, max: 255 }),
};
const leaf: fc.Arbitrary<SourceEntry> = fc.oneof(
  fc.record({
    type: fc.constant('file' as const),
    ...owner,
    content: bytes.map((data) => ({ size: data.length, read: () => data })),
  }),
  fc.record({
    type: fc.constant('symlink' as const),
    ...owner,
    target: fc.uint8Array({ minLength: 1, maxLength: 300, min: 1 }),
  }),
  fc.record({
    type: fc.constantFrom('chardev' as const, 'blockdev' as const),
    ...owner,
    major: fc.integer({ min: 0, max: 255 }),
    minor: fc.integer({ min: 0, max: 255 }),
  }),
  fc.record({ type: fc.constantFrom('fifo' as const, 'socket' as const), ...owner }),
  fc.record({
    type: fc.constant('directory' as const),
    ...owner,
    children: fc.constant(null).map(() => new Map<string, SourceEntry>()),
  }),
);
const trees = fc
  .array(fc.tuple(fc.array(name, { minLength: 1, maxLength: 4 }), leaf), { maxLength: 14 })
  .map((items) => {
    const root = newDirectory();
    for (const [path, entry] of items) {
      let blocked = false;
      for (let depth = 1; depth < path.length; depth++) {
        const above = findEntry(root, path.slice(0, depth).join('/'));
        blocked ||= above !== null && above.type !== 'directory';
      }
      if (!blocked) putEntry(root, path.join('/'), entry);
    }
    return root;
  });

const classic = directCompressor(classicDeflate(9));
const fast = directCompressor(newDeflate({ kind: 'fast' }));
const options: fc.Arbitrary<BuildOptions> = fc
  .record({
    littleEndian: fc.boolean(),
    pageSize: fc.constantFrom(4096, 16384, 65536),
    bootPad: fc.boolean(),
    holes: fc.boolean(),
    storeIncompressible: fc.boolean(),
    keepRemnants: fc.boolean(),
    compressor: fc.constantFrom(classic, fast),
    edition: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    name: fc.string({ maxLength: 20 }),
    insert: fc.uint8Array({ maxLength: 50 }),
    xip: fc.constantFrom(0, 8, 4096),
  })
  .map(({ xip, ...rest }) =>
    xip === 0
      ? rest
      : {
          ...rest,
          storeIncompressible: true,
          chooseDirect: (data) => compatibleDirectBlocks(data, rest.pageSize),
          direct: { alignment: Math.max(xip, 8), base: 0, layout: 'inline' },
        },
  );

test('what goes into an image comes out of it, and the check finds nothing', async () => {
  await fc.assert(
    fc.asyncProperty(trees, options, async (root, buildOptions) => {
      const before = describeTree(root);
      const { bytes: image } = await buildImage(root, buildOptions);
      const { pageSize = 4096 } = buildOptions;
      const opened = CramfsImage.open(image, { pageSize });
      expect(describeTree(imageTree(opened))).toEqual(before);
      expect(checkImage(opened).findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    }),
    { numRuns: 150 },
  );
}, 60_000);

test('what goes into a packed image with everything direct comes out of it', async () => {
  await fc.assert(
    fc.asyncProperty(
      trees,
      fc.constantFrom('mmu', 'nommu'),
      fc.constantFrom('packed', 'inline'),
      fc.boolean(),
      async (root, mode, layout, holes) => {
        const before = describeTree(root);
        const choice = choiceOf(['*a*'], new Set());
        const spec = {
          mode,
          layout,
          choice,
          physBase: 0x800,
          profile: null,
          avoidLastPageDefect: true,
          flashBudget: null,
        } as const;
        const plan = await planXip(root, spec, { compressor: classic, holes });
        proveXip(plan);
        const opened = CramfsImage.open(plan.image.bytes);
        expect(describeTree(imageTree(opened))).toEqual(before);
        expect(checkImage(opened).findings.filter(({ severity }) => severity === 'error')).toEqual([]);
      },
    ),
    { numRuns: 80 },
  );
}, 60_000);

test('a memfs volume is a source, and the order of its entries does not matter', async () => {
  const files = { '/b/z.txt': 'zett', '/b/a.txt': 'ah', '/a': 'x'.repeat(9000) };
  const build = async (entries: Record<string, string>): Promise<Uint8Array> => {
    const volume = Volume.fromJSON(entries);
    volume.symlinkSync('b/z.txt', '/link');
    const root = fsTree(fromSyncFs(volume), '/');
    for (const { entry } of walkEntries(root)) Object.assign(entry, { uid: 0, gid: 0 });
    Object.assign(root, { uid: 0, gid: 0 });
    return (await buildImage(root, { compressor: classic })).bytes;
  };
  const image = await build(files);
  expect(await build(Object.fromEntries(Object.entries(files).reverse()))).toEqual(image);
  const tree = imageTree(CramfsImage.open(image));
  expect(describeTree(tree).map((entry) => (entry as unknown[]).at(0))).toEqual([
    '/a',
    '/b',
    '/b/a.txt',
    '/b/z.txt',
    '/link',
  ]);
});
