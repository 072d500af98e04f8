/** blocks: pointers, kinds, places, and the runs that a mapping can use. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { buildRawImage } from './support/rawImage.ts';
import { Folder } from './support/cli.ts';
import { runCommand } from './support/extractHelp.ts';
import { fixture } from './support/fixtures.ts';

interface AdvFile {
  readonly size: number;
  readonly table: number;
  readonly kinds: readonly string[];
  readonly ptrs: readonly string[];
}

interface BlocksJson {
  readonly schemaVersion: number;
  readonly path: string;
  readonly size: number;
  readonly pageSize: number;
  readonly blocks: readonly {
    readonly block: number;
    readonly pointer: string;
    readonly kind: string;
    readonly direct: boolean;
    readonly uncompressed: boolean;
    readonly address: number;
    readonly offset: number | null;
    readonly length: number;
    readonly physAddress?: string;
    readonly bytes: number;
  }[];
  readonly runs: readonly {
    readonly first: number;
    readonly blocks: number;
    readonly offset: number;
    readonly aligned: boolean;
    readonly end: string;
    readonly why: string;
  }[];
  readonly problems: readonly { readonly code: string }[];
}

const folder = new Folder();
afterAll(() => {
  folder.remove();
});

const blocksOf = async (file: string, path: string, ...options: string[]): Promise<BlocksJson> =>
  JSON.parse((await runCommand(['blocks', '--json', file, path, ...options])).stdout) as BlocksJson;

describe.each([
  ['adv', 'images/adv.cramfs.gz', 'adv.json.gz', 4096],
  ['adv16', 'kernels/images/adv16.cramfs.gz', 'kernels/adv16.json.gz', 16384],
])('%s', (_name, imageName, factsName, pageSize) => {
  const file = folder.fixture(imageName);
  const { files } = JSON.parse(Buffer.from(fixture(factsName)).toString()) as { files: Record<string, AdvFile> };

  test('every pointer of every file is told as it was meant', async () => {
    for (const [name, facts] of Object.entries(files)) {
      const told = await blocksOf(file, `/${name}`);
      expect(told.schemaVersion).toBe(1);
      expect({ path: told.path, size: told.size, pageSize: told.pageSize }).toEqual({
        path: `/${name}`,
        size: facts.size,
        pageSize,
      });
      expect(told.blocks.map(({ pointer }) => Number(pointer))).toEqual(facts.ptrs.map(Number));
      for (const block of told.blocks) {
        const pointer = Number(block.pointer);
        expect(block.uncompressed).toBe(pointer >= 2 ** 31);
        expect(block.direct).toBe(Math.floor(pointer / 2 ** 30) % 2 === 1);
        expect(block.address).toBe(block.direct ? (pointer % 2 ** 30) * 4 : pointer % 2 ** 30);
        expect(block.bytes).toBe(Math.min(pageSize, facts.size - block.block * pageSize));
      }
      const direct = told.blocks.filter(({ kind }) => kind === 'direct').length;
      expect(told.runs.reduce((sum, run) => sum + run.blocks, 0)).toBe(direct);
    }
  });
});

describe('runs', () => {
  const page = (fill: number): Uint8Array => new Uint8Array(4096).fill(fill);
  const file = folder.file(
    'runs.cramfs',
    buildRawImage({
      entries: [
        {
          type: 'file',
          name: 'f',
          blocks: [
            { kind: 'direct', data: page(1), at: { alignTo: 4096 } },
            { kind: 'direct', data: page(2), at: { alignTo: 4096 } },
            { kind: 'zlib', data: page(3) },
            { kind: 'direct', data: page(4), at: { alignTo: 4096 } },
            { kind: 'direct', data: page(5), at: { alignTo: 4096, plus: 8 } },
            { kind: 'hole' },
            { kind: 'direct', data: page(6).subarray(0, 100), at: { alignTo: 4096 } },
          ],
        },
        { type: 'file', name: 'none', blocks: [{ kind: 'zlib', data: page(7) }] },
        { type: 'file', name: 'empty', blocks: [] },
        { type: 'symlink', name: 'link', blocks: [{ kind: 'zlib', data: new TextEncoder().encode('f') }] },
      ],
    }),
  );

  test('stop where the layout breaks, and say why', async () => {
    const { runs } = await blocksOf(file, '/f');
    expect(runs.map(({ first, blocks, end }) => [first, blocks, end])).toEqual([
      [0, 2, 'kind'],
      [3, 1, 'elsewhere'],
      [4, 1, 'kind'],
      [6, 1, 'file'],
    ]);
    expect(runs.map(({ aligned }) => aligned)).toEqual([true, true, false, true]);
    expect(runs.map(({ why }) => why)).toEqual([
      'it stops because block 2 is compressed',
      expect.stringMatching(/^it stops because block 4 is at 0x[0-9a-f]+, not at 0x[0-9a-f]+$/),
      'it stops because block 5 is a hole',
      'it goes to the end of the file',
    ]);
  });

  test('have physical addresses where the image has one, and alignment there', async () => {
    const at = await blocksOf(file, '/f', '--phys', '0x10000ff8');
    const plain = await blocksOf(file, '/f');
    expect(at.runs.map(({ aligned }) => aligned)).toEqual([false, false, true, false]);
    for (const [index, block] of at.blocks.entries()) {
      const offset = plain.blocks[index]?.offset ?? null;
      expect(block.physAddress).toBe(offset === null ? undefined : `0x${(0x10000ff8 + offset).toString(16)}`);
    }
  });

  test('as text', async () => {
    const { stdout, code } = await runCommand(['blocks', file, '/link']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\/f\n {2}24676 bytes in 7 blocks of 4 KiB, table of block pointers at 0x/);
    expect(stdout).toMatch(/\n {6}2 {2}0x[0-9a-f]{8} {2}zlib {9}0x/);
    expect(stdout).toContain('run 1: blocks 0-1 from 0x');
    expect((await runCommand(['blocks', file, '/none'])).stdout).toContain('no direct blocks');
    expect((await runCommand(['blocks', file, '/empty'])).stdout).toContain('the file is empty');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});

describe('damage', () => {
  test.each([
    ['095-ptr-decreasing', 'BAD_BLOCK'],
    ['098-block-9000', 'BAD_BLOCK'],
    ['124-ext-past-end', 'BAD_BLOCK'],
    ['091-file-off-end', 'OUTSIDE_IMAGE'],
    ['127-ext-uncomp-5000', 'BAD_BLOCK'],
  ])('of %s is told with exit code 3', async (name, problem) => {
    const file = folder.fixture(`malformed/${name}.img`);
    const { stdout } = await runCommand(['ls', '--json', file]);
    const [entry] = (JSON.parse(stdout) as { entries: { path: string; type: string }[] }).entries.filter(
      ({ type }) => type === 'file',
    );
    const { code, stdout: json } = await runCommand(['blocks', '--json', file, entry?.path ?? '/f']);
    expect(code).toBe(3);
    expect((JSON.parse(json) as BlocksJson).problems[0]?.code).toBe(problem);
  });

  test('directories have no blocks', async () => {
    expect((await runCommand(['blocks', folder.fixture('images/adv.cramfs.gz'), '/'])).code).toBe(2);
  });
});
