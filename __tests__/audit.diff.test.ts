/** What changed between two images. */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { diffImages } from '../lib/diff/diff.ts';
import type { ImageDiff } from '../lib/diff/diffResult.ts';
import { buildRawImage, type RawBlock, type RawEntry, type RawImageSpec } from './support/rawImage.ts';
import { openDetected } from '../lib/inspect/openDetected.ts';
import { Board, type BoardOptions } from '../lib/verdict/board.ts';
import { diffText } from '../lib/report/diffText.ts';
import { NO_COLOURS } from '../lib/report/style.ts';
import { directory, staticProgram, stored } from './support/auditCases.ts';
import { cramfs } from './support/auditHelp.ts';
import { Folder } from './support/cli.ts';
import { fixture, fixtureNames } from './support/fixtures.ts';

const PAGE = 4096;

function board(image: Uint8Array | RawImageSpec, options: BoardOptions & { readonly pageSize?: number } = {}): Board {
  const { pageSize, ...rest } = options;
  const bytes = image instanceof Uint8Array ? image : buildRawImage(image);
  return new Board(openDetected(bytes, { pageSize }), rest);
}

const diff = (a: Board, b: Board, content = true): ImageDiff =>
  diffImages(a, b, { names: { a: 'a', b: 'b' }, content });
const ofEntries = (a: readonly RawEntry[], b: readonly RawEntry[]): ImageDiff =>
  diff(board({ entries: a }), board({ entries: b }));

const bytes = (length: number, seed = 0): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7 + seed) % 251);
const file = (name: string, content: Uint8Array, kind: RawBlock['kind'] = 'zlib', more: object = {}): RawEntry => ({
  ...stored(name, content, { kind }),
  ...more,
});
const link = (name: string, target: string): RawEntry => ({
  type: 'symlink',
  name,
  blocks: [{ kind: 'zlib', data: Buffer.from(target) }],
});
const device = (name: string, mode: number, size: number): RawEntry => ({ type: 'node', name, mode, size });

describe('two images', () => {
  const images = fixtureNames('images').map((name) => `images/${name}`);
  test.each(images)('do not differ where they are the same: %s', (name) => {
    const result = diff(board(fixture(name)), board(fixture(name)));
    expect(result).toMatchObject({
      superblock: [],
      removed: [],
      added: [],
      changed: [],
      xip: [],
      programs: [],
      differs: false,
    });
  });

  test.each([
    ['content', file('f', bytes(9000)), file('f', bytes(9000, 1)), { what: 'content', a: 9000, b: 9000 }],
    ['size', file('f', bytes(9000)), file('f', bytes(9001)), { what: 'content', a: 9000, b: 9001 }],
    ['mode', file('f', bytes(9), 'zlib', { mode: 0o4755 }), file('f', bytes(9)), { what: 'mode', a: 0o4755, b: 0o755 }],
    [
      'owner',
      file('f', bytes(9), 'zlib', { uid: 7, gid: 8 }),
      file('f', bytes(9)),
      { what: 'owner', a: { uid: 7, gid: 8 }, b: { uid: 0, gid: 0 } },
    ],
    [
      'device number',
      device('f', 0o020600, 0x103),
      device('f', 0o020600, 0x501),
      { what: 'device', a: { major: 1, minor: 3 }, b: { major: 5, minor: 1 } },
    ],
    ['target', link('f', 'a'), link('f', 'b'), { what: 'target', a: 'a', b: 'b' }],
    [
      'layout',
      file('f', bytes(9000), 'direct'),
      file('f', bytes(9000)),
      {
        what: 'layout',
        a: { blocks: 3, runs: [{ kind: 'direct', blocks: 3, past: 0 }] },
        b: { blocks: 3, runs: [{ kind: 'zlib', blocks: 3, past: null }] },
      },
    ],
  ] as const)('differ in the %s of a file', (_what, a, b, change) => {
    expect(ofEntries([a], [b]).changed).toEqual([{ path: '/f', from: null, changes: [change] }]);
    expect(ofEntries([a], [a]).changed).toEqual([]);
  });

  test('differ in the type of a file, and in what is below it', () => {
    const result = ofEntries([directory('f', file('g', bytes(9)))], [link('f', 'x')]);
    expect(result.changed).toMatchObject([
      { path: '/f', changes: [{ what: 'type', a: 'directory', b: 'symlink' }, { what: 'mode' }] },
    ]);
    expect(result.removed).toEqual([{ path: '/f/g', type: 'file', size: 9 }]);
  });

  test('have files that the other has not, each below a directory told of', () => {
    const result = ofEntries([file('a', bytes(3))], [directory('d', directory('e', file('f', bytes(4))))]);
    expect(result.removed.map(({ path }) => path)).toEqual(['/a']);
    expect(result.added.map(({ path }) => path)).toEqual(['/d', '/d/e', '/d/e/f']);
  });

  test('have a file under another name, wherever its content is the same', () => {
    const a = [file('a', bytes(9000), 'direct'), file('x', bytes(9, 1)), file('empty', bytes(0))];
    const b = [file('b', bytes(9000)), file('y', bytes(9, 2)), file('void', bytes(0))];
    const result = ofEntries(a, b);
    expect(result.changed).toMatchObject([{ path: '/b', from: '/a', changes: [{ what: 'layout' }] }]);
    expect(result.removed.map(({ path }) => path)).toEqual(['/empty', '/x']);
    expect(result.added.map(({ path }) => path)).toEqual(['/void', '/y']);
  });

  test('have the same contents in whatever byte order, block size and kind of block', () => {
    const entries = (kind: RawBlock['kind']): RawEntry[] => [file('f', bytes(70000), kind), file('g', bytes(9), kind)];
    const big = (spec: RawImageSpec): RawImageSpec => ({ ...spec, littleEndian: false });
    for (const kind of ['zlib', 'stored', 'direct', 'direct-zlib'] as const) {
      const result = diff(board({ entries: entries('zlib') }), board(big({ entries: entries(kind) })));
      expect(result.changed.flatMap(({ changes }) => changes).filter(({ what }) => what !== 'layout')).toEqual([]);
      expect(result.superblock).toContainEqual({ what: 'endian', a: 'little', b: 'big' });
    }
    const blocks: RawBlock[] = [0, 1].map((i) => ({
      kind: 'zlib',
      data: bytes(70000).subarray(i << 16, (i + 1) << 16),
    }));
    const large = { pageSize: 65536, entries: [{ type: 'file' as const, name: 'f', blocks }, file('g', bytes(9))] };
    const result = diff(board({ entries: entries('stored') }), board(large, { pageSize: 65536 }));
    expect(result.changed).toEqual([]);
    expect(result.superblock).toContainEqual({ what: 'page-size', a: 4096, b: 65536 });
    const other = { ...large, entries: [file('f', bytes(70000, 1)), file('g', bytes(9))] };
    expect(diff(board({ entries: entries('zlib') }), board(other)).changed).toMatchObject([{ path: '/f' }]);
  });

  test('differ in their superblocks', () => {
    const entries = [file('f', bytes(9))];
    const a = { entries, superblock: { edition: 3, name: Buffer.from('one') } };
    const b = { entries, flags: 3, bootPad: true, superblock: { edition: 4, name: Buffer.from('two') } };
    expect(diff(board(a), board(b)).superblock).toEqual([
      { what: 'position', a: 0, b: 512 },
      { what: 'flags', a: 0x903, b: 3 },
      { what: 'edition', a: 3, b: 4 },
      { what: 'name', a: 'one', b: 'two' },
    ]);
  });

  test('without contents differ in sizes only', () => {
    const a = board({ entries: [file('f', bytes(9000)), file('g', bytes(5))] });
    const b = board({ entries: [file('f', bytes(9000, 1)), file('g', bytes(6))] });
    expect(diff(a, b, false).changed.map(({ path }) => path)).toEqual(['/g']);
  });
});

describe('what is mapped', () => {
  const app = (kind: RawBlock['kind'], last = kind): RawEntry[] => [
    directory(
      'bin',
      stored('app', staticProgram(9), ...Array<{ kind: RawBlock['kind'] }>(8).fill({ kind }), { kind: last }),
    ),
  ];

  test('is told of each segment, with the RAM that it costs', () => {
    const result = ofEntries(app('direct'), app('direct', 'zlib'));
    expect(result.xip).toEqual([
      {
        path: '/bin/app',
        segment: { kind: 'text', number: 0 },
        lost: true,
        a: { state: 'pfnmap', ramBytes: 0 },
        b: { state: 'mixedmap', ramBytes: PAGE },
      },
    ]);
    expect(diffText(result, NO_COLOURS, 80)).toContain('  /bin/app text: pfnmap → mixedmap, +4 KiB RAM\n');
    expect(diffText(ofEntries(app('zlib'), app('direct')), NO_COLOURS, 80)).toContain(
      '  /bin/app text: paged → pfnmap, -36 KiB RAM\n',
    );
  });

  test('is told of files without segments', () => {
    const result = ofEntries([file('font', bytes(9000), 'direct')], [file('font', bytes(9000))]);
    expect(result.xip).toEqual([
      {
        path: '/font',
        segment: null,
        lost: true,
        a: { state: 'pfnmap', ramBytes: 0 },
        b: { state: 'none', ramBytes: 3 * PAGE },
      },
    ]);
  });

  test('is the same where a file only grew', () => {
    expect(ofEntries([file('f', bytes(9000))], [file('f', bytes(19000))]).xip).toEqual([]);
  });
});

describe('damaged images', () => {
  test.each([
    ['103-bad-adler.img', '000-control.img', 'BAD_ZLIB'],
    ['040-cycle-self.img', '000-control.img', 'BAD_STRUCTURE'],
    ['013-trunc-half.img', '000-control.img', 'TRUNCATED'],
  ])('%s: the damage is told, and the rest compared', (a, b, code) => {
    const [broken, sound] = [fixture(`malformed/${a}`), fixture(`malformed/${b}`)];
    const { damage } = diff(board(broken), board(sound));
    // A file that the other image does not have is not read.
    if (code !== 'BAD_ZLIB') expect(damage).toMatchObject([{ image: 'a', code }]);
    expect(diff(board(sound), board(broken)).damage).toEqual(damage.map((each) => ({ ...each, image: 'b' })));
  });

  test.each(fixtureNames('malformed').filter((name) => name.endsWith('.img')))('%s against others', (name) => {
    const open = (image: string): Board | null => {
      try {
        return board(fixture(`malformed/${image}`));
      } catch {
        return null;
      }
    };
    const [a, b] = [open(name), open('000-control.img')];
    if (a === null || b === null) return;
    expect(diff(a, a).differs).toBe(false);
    expect(mirrored(diff(a, b))).toEqual(diff(b, a));
  });

  test('damage of a block is told where it keeps contents from being compared', () => {
    const good = file('f', bytes(9000));
    const blocks: RawBlock[] = [{ kind: 'zlib', stored: Buffer.from('no zlib') }, { kind: 'hole' }, { kind: 'hole' }];
    const result = ofEntries(
      [{ type: 'file', name: 'f', mode: 0o755, size: 9000, blocks }],
      [good, file('g', bytes(1))],
    );
    expect(result.damage).toMatchObject([{ image: 'a', code: 'BAD_ZLIB', path: '/f' }]);
    expect(result.changed).toEqual([]);
    expect(result.added.map(({ path }) => path)).toEqual(['/g']);
  });
});

/** The same differences, seen from the other image. */
function mirrored(result: ImageDiff): ImageDiff {
  const swap = <T extends { readonly a: unknown; readonly b: unknown }>(value: T): T => ({
    ...value,
    a: value.b,
    b: value.a,
  });
  const oldPath = new Map(result.changed.map(({ path, from }) => [path, from ?? path]));
  const byPath = <T extends { readonly path: string }>(list: readonly T[]): T[] =>
    [...list].sort((x, y) => Buffer.compare(Buffer.from(x.path), Buffer.from(y.path)));
  const renamed = <T extends { readonly path: string }>(value: T): T => ({
    ...value,
    path: oldPath.get(value.path) ?? value.path,
  });
  return {
    ...result,
    images: result.images,
    boards: swap(result.boards),
    superblock: result.superblock.map(swap),
    removed: result.added,
    added: result.removed,
    changed: byPath(
      result.changed.map(({ path, from, changes }) => ({
        path: from ?? path,
        from: from === null ? null : path,
        changes: changes.map(swap),
      })),
    ),
    // Something that is mapped otherwise is direct to a lesser part on one side or on the other.
    xip: byPath(result.xip.map((change) => ({ ...renamed(swap(change)), lost: !change.lost }))),
    programs: byPath(result.programs.map(swap).map(renamed)),
    numbers: swap(result.numbers),
    damage: result.damage.map((each) => ({ ...each, image: each.image === 'a' ? 'b' : 'a' })),
  };
}

test('differences seen from the other image are the same ones', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'ä', '\udcff');
  const content = fc.tuple(fc.constantFrom(0, 1, 5000, 8192), fc.nat(2));
  const kind = fc.constantFrom('zlib' as const, 'direct' as const, 'stored' as const);
  const mode = fc.constantFrom(0o644, 0o4755);
  const leaf = fc.oneof(
    fc.record({ content, kind, mode }).map(
      ({ content: [length, seed], kind: how, mode: bits }) =>
        (own: string) =>
          file(own, bytes(length, seed), how, { mode: bits }),
    ),
    fc.constantFrom('x', 'y').map((target) => (own: string) => link(own, target)),
    fc.nat(3).map((size) => (own: string) => device(own, 0o020600, size)),
  );
  const list = <T>(of: fc.Arbitrary<(own: string) => T>): fc.Arbitrary<T[]> =>
    fc.dictionary(name, of, { maxKeys: 4 }).map((made) => Object.entries(made).map(([own, make]) => make(own)));
  const tree = list(
    fc.oneof(
      { weight: 3, arbitrary: leaf },
      list(leaf).map((entries) => (own: string) => directory(own, ...entries)),
    ),
  );
  const image = fc.record({ entries: tree, littleEndian: fc.boolean() });
  fc.assert(
    fc.property(image, image, (a, b) => {
      const result = diff(board(a), board(b));
      expect(mirrored(result)).toEqual(diff(board(b), board(a)));
      expect(diff(board(a), board(a)).differs).toBe(false);
      // What is in neither list of lone files is in both images.
      expect(result.damage).toEqual([]);
    }),
    { numRuns: 30 },
  );
});

describe('cramfs diff', () => {
  const folder = new Folder();
  afterAll(() => {
    folder.remove();
  });
  const xip = folder.fixture('images/mini-XX.cramfs.gz');
  const plain = folder.fixture('images/mini-plain.cramfs.gz');

  test('exits with 0 where nothing differs, with 1 where something does', async () => {
    expect(await cramfs(['diff', xip, xip])).toEqual({ code: 0, stdout: 'no difference\n', stderr: '' });
    const { code, stdout, stderr } = await cramfs(['diff', xip, plain]);
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toContain(
      '  flags: FSID_VERSION_2+SORTED_DIRS+EXT_BLOCK_POINTERS →\n      FSID_VERSION_2+SORTED_DIRS\n',
    );
    expect(stdout).toContain('  ~ /bin/hello: layout 3 direct, 1 zlib → 4 zlib\n');
    expect(stdout).toContain('  /bin/hello text: pfnmap → paged, +4 KiB RAM\n');
  });

  test('prints JSON that its schema describes', async () => {
    const schema = JSON.parse(readFileSync(new URL('../schemas/diff.schema.json', import.meta.url), 'utf8')) as object;
    const validate = new Ajv({ allowUnionTypes: true }).compile(schema);
    const answer = async (a: string, b: string): Promise<Record<string, unknown>> => {
      const value = JSON.parse((await cramfs(['diff', a, b, '--json'])).stdout) as Record<string, unknown>;
      expect([validate(value), validate.errors]).toEqual([true, null]);
      return value;
    };
    const [broken, control] = ['040-cycle-self', '000-control'].map((name) => folder.fixture(`malformed/${name}.img`));
    expect(await answer(xip, plain)).toMatchObject({ differs: true, images: { a: xip, b: plain }, damage: [] });
    expect(await answer(broken ?? '', control ?? '')).toMatchObject({ damage: [{ code: 'BAD_STRUCTURE' }] });
    expect(await answer(xip, folder.fixture('images/root-XX.cramfs.gz'))).toMatchObject({ omitted: 0 });
    expect(await answer(xip, '/nowhere')).toMatchObject({ error: { code: 'IO' } });
    const value = await answer(xip, plain);
    for (const wrong of [
      { differs: 1 },
      { xip: [{}] },
      { damage: undefined },
      { more: 1 },
      { removed: [{ path: '/a' }] },
    ]) {
      expect([wrong, validate({ ...value, ...wrong })]).toEqual([wrong, false]);
    }
  });

  test('names the image that cannot be read', async () => {
    const text = folder.file('text', 'no image');
    expect(await cramfs(['diff', xip, text])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining(`${text}: `),
    });
    expect(await cramfs(['diff', '-', '-'])).toMatchObject({ code: 2 });
    expect(await cramfs(['diff', xip])).toMatchObject({ code: 2 });
  });

  test('exits with 3 where damage keeps something from being compared', async () => {
    const broken = folder.file('broken', fixture('malformed/013-trunc-half.img'));
    const { code, stdout, stderr } = await cramfs(['diff', broken, folder.fixture('malformed/000-control.img')]);
    expect([code, stdout]).toEqual([3, 'no difference in what can be compared\n']);
    expect(stderr).toMatch(/^cramfs diff: .*broken: the image is truncated: .*\n$/);
  });
});
