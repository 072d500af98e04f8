/** Images on boards, and which of its own findings the audit has for them. */
import type { RawBlock, RawEntry, RawImageSpec } from './rawImage.ts';
import { buildRawImage, layOutRawImage } from './rawImage.ts';
import { kernelModel } from '../../lib/driver/models/named.ts';
import { openDetected } from '../../lib/inspect/openDetected.ts';
import { Board, type BoardOptions } from '../../lib/verdict/board.ts';
import { dynamicObject, elfFile, type ElfSpec } from './elfFile.ts';
import { fixture } from './fixtures.ts';

const PAGE = 4096;

/** A board with an image that the audit has something to say about, or nothing. */
export interface AuditCase {
  readonly name: string;
  /** A fixture, or the description of an image. */
  readonly image: string | (() => RawImageSpec);
  readonly kernel?: string;
  readonly board?: BoardOptions;
  /** The ids that are not those of a check, in the order of reports. */
  readonly ids: readonly string[];
}

/** The board of a case. */
export function caseBoard({ image, kernel, board = {} }: AuditCase): Board {
  const bytes = typeof image === 'string' ? fixture(image) : buildRawImage(image());
  return new Board(openDetected(bytes), {
    ...board,
    ...(kernel === undefined ? {} : { kernel: kernelModel(kernel) }),
  });
}

const text = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => 0x41 + ((i * 7) % 23));

/** A file whose blocks are stored as `kinds` says, block by block; the last kind holds on. */
export function stored(name: string, bytes: Uint8Array, ...kinds: readonly Omit<RawBlock, 'data'>[]): RawEntry {
  const blocks: RawBlock[] = [];
  for (let at = 0; at < bytes.length; at += PAGE) {
    const kind = kinds[Math.min(blocks.length, kinds.length - 1)] ?? { kind: 'direct' };
    // What has a place of its own that is there already is not written again.
    const data = typeof kind.at === 'number' ? undefined : bytes.subarray(at, at + PAGE);
    blocks.push({ ...kind, data });
  }
  return { type: 'file', name, mode: 0o755, size: bytes.length, blocks };
}

export const directory = (name: string, ...entries: RawEntry[]): RawEntry => ({ type: 'directory', name, entries });
const only = (...entries: RawEntry[]): RawImageSpec => ({ entries });
const node = (name: string, mode: number, size = 0): RawEntry => ({ type: 'node', name, mode, size });

/** A program without libraries: a page of text for each of `pages`, and a byte more so that its last page is not whole. */
export function staticProgram(pages: number, more: Partial<ElfSpec> = {}): Uint8Array {
  const size = (pages - 1) * PAGE + 3001;
  return elfFile({
    type: 2,
    entry: 0x10100,
    size,
    segments: [{ type: 1, vaddr: 0x10000, fileSize: size, flags: 5 }],
    contents: [[0x100, text(size - 0x100)]],
    ...more,
  });
}

/** A library of a page of headers, one of text, one of constants and one of data. */
export function fourSegments(): Uint8Array {
  const segment = (page: number, flags: number) => ({
    type: 1,
    offset: page * PAGE,
    vaddr: page * PAGE,
    fileSize: PAGE,
    flags,
  });
  return elfFile({
    type: 3,
    size: 4 * PAGE,
    segments: [segment(0, 4), segment(1, 5), segment(2, 4), segment(3, 6)],
    contents: [[PAGE, text(3 * PAGE)]],
  });
}

const MUSL = '/lib/ld-musl-i386.so.1';
const LIBRARIES = directory('lib', stored('ld-musl-i386.so.1', dynamicObject(), { kind: 'direct' }));
const DIRECT = { kind: 'direct' } as const;
const ZLIB = { kind: 'zlib' } as const;

export const AUDIT_CASES: readonly AuditCase[] = [
  { name: 'an image of one page', image: () => only(stored('a', text(100), ZLIB)), ids: [] },
  {
    name: 'a program that is wholly direct',
    image: () => only(stored('app', staticProgram(3), DIRECT)),
    // The gap before the text and the one behind it.
    ids: ['image/alignment-padding'],
  },
  {
    name: 'RISC-V programs in flash without a struct page',
    image: 'riscv/images/rv32-a.cramfs.gz',
    board: { physBase: 0x42000000 },
    ids: ['xip/compressed', 'xip/program-fails', 'xip/riscv-icache', 'image/alignment-padding'],
  },
  {
    name: 'a root file system that runs in place',
    image: 'images/root-XX.cramfs.gz',
    ids: ['xip/program-fails', 'image/alignment-padding', 'security/device-node'],
  },
  {
    name: 'the same beside a page boundary',
    image: 'images/root-XX.cramfs.gz',
    board: { physBase: 0x10000800 },
    ids: ['xip/physical-base', 'xip/program-fails', 'image/alignment-padding', 'security/device-node'],
  },
  {
    name: 'the same without an address',
    image: 'images/root-XX.cramfs.gz',
    board: { physBase: 0 },
    ids: ['xip/physical-base', 'xip/program-fails', 'image/alignment-padding', 'security/device-node'],
  },
  {
    name: 'the same on a CPU of the other byte order',
    image: 'images/root-XX.cramfs.gz',
    board: { littleEndian: false },
    ids: ['xip/mount-refused', 'image/alignment-padding', 'security/device-node'],
  },
  {
    name: 'the same under the posted patch',
    image: 'images/root-XX.cramfs.gz',
    kernel: 'patch-v1',
    ids: ['xip/program-fails', 'xip/kernel-hazard', 'image/alignment-padding', 'security/device-node'],
  },
  {
    name: 'the same under the second version of the patch',
    image: 'images/root-XX.cramfs.gz',
    kernel: 'patch-v2-fixed',
    ids: ['xip/program-fails', 'image/alignment-padding', 'security/device-node'],
  },
  {
    name: 'many kinds of programs by mkcramfs -X -X',
    image: 'images/mini-XX.cramfs.gz',
    ids: [
      'xip/compressed',
      'xip/shared-tail',
      'xip/elf-ignored',
      'xip/unmappable-direct',
      'xip/program-fails',
      'image/alignment-padding',
      'security/shared-inode',
      'security/setuid',
      'security/setgid',
      'security/world-writable',
      'security/device-node',
    ],
  },
  {
    name: 'the same by mkcramfs -X',
    image: 'images/mini-X.cramfs.gz',
    ids: [
      'xip/compressed',
      'xip/misaligned',
      'xip/elf-ignored',
      'xip/unmappable-direct',
      'xip/program-fails',
      'security/shared-inode',
      'security/setuid',
      'security/setgid',
      'security/world-writable',
      'security/device-node',
    ],
  },
  {
    name: 'the same compressed',
    image: 'images/mini-plain.cramfs.gz',
    ids: [
      'xip/extensions-missing',
      'xip/program-fails',
      'security/shared-inode',
      'security/setuid',
      'security/setgid',
      'security/world-writable',
      'security/device-node',
    ],
  },
  {
    name: 'a library whose constants are direct and whose first segment is not',
    image: () => only(stored('lib.so', fourSegments(), ZLIB, DIRECT, DIRECT, ZLIB)),
    ids: ['xip/compressed', 'xip/merged', 'image/alignment-padding'],
  },
  {
    name: 'the same with a direct first segment',
    image: () => only(stored('lib.so', fourSegments(), DIRECT, DIRECT, DIRECT, ZLIB)),
    ids: ['image/alignment-padding'],
  },
  {
    name: 'a library whose constants are direct and whose first segment is not, on a kernel that prepares mappings first',
    image: () => only(stored('lib.so', fourSegments(), ZLIB, DIRECT, DIRECT, ZLIB)),
    kernel: 'patch-v2-fixed',
    ids: ['xip/compressed', 'image/alignment-padding'],
  },
  {
    name: 'odd layouts and hostile pointers',
    image: 'images/adv.cramfs.gz',
    ids: ['xip/unmappable-direct', 'xip/kernel-hazard', 'image/alignment-padding', 'security/pointer-outside'],
  },
  {
    name: 'the same without an MMU, where nobody looks at what is behind the end of a file',
    image: 'images/adv.cramfs.gz',
    kernel: 'nommu',
    ids: [
      'xip/unmappable-direct',
      'xip/kernel-hazard',
      'image/alignment-padding',
      'security/pointer-outside',
      'security/other-file-visible',
    ],
  },
  {
    name: 'files side by side where the patch walks on with what is on its stack',
    image: 'patch/adj.cramfs.gz',
    kernel: 'patch-v1-pfn-fixed',
    board: { stackInit: 0xfefefefe },
    ids: ['xip/kernel-hazard'],
  },
  {
    name: 'flat programs without an MMU',
    image: 'nommu/images/flat.cramfs.gz',
    kernel: 'nommu',
    board: { physBase: 0x22000000 },
    ids: ['xip/layout-break', 'xip/compressed', 'xip/program-fails', 'image/duplicate-data', 'image/alignment-padding'],
  },
  {
    name: 'flat programs with an MMU',
    image: 'nommu/images/flat.cramfs.gz',
    ids: ['xip/nommu-programs', 'image/duplicate-data', 'image/alignment-padding'],
  },
  {
    name: 'a program that is compressed from its second page on',
    image: () => only(stored('app', staticProgram(3), DIRECT, ZLIB)),
    ids: ['xip/layout-break', 'image/alignment-padding'],
  },
  {
    name: 'a program with a page made of the superblock',
    image: () => only(stored('app', twoSegments(), DIRECT, { kind: 'direct', at: 0 })),
    ids: ['xip/zero-offset', 'xip/unmappable-direct'],
  },
  {
    name: 'a program with a library too few',
    image: () => only(LIBRARIES, stored('app', dynamicObject({ interpreter: MUSL, needed: ['libx.so.1'] }), DIRECT)),
    ids: ['xip/library-missing', 'image/alignment-padding'],
  },
  {
    name: 'a program whose interpreter is missing',
    image: () => only(stored('app', dynamicObject({ interpreter: MUSL }), DIRECT)),
    ids: ['xip/program-fails', 'image/alignment-padding'],
  },
  {
    name: 'a file twice',
    image: () => only(stored('a', text(5000), ZLIB), stored('b', text(5000), ZLIB), stored('c', text(5001), ZLIB)),
    ids: ['image/duplicate-data'],
  },
  {
    name: 'a file that begins at a page boundary',
    image: () =>
      only(stored('a', text(100), DIRECT), stored('b', text(200), { kind: 'direct', at: { alignTo: 8192 } })),
    ids: ['image/alignment-padding'],
  },
  {
    name: 'a file, and one with other owner and mode whose data is the same',
    image: () => {
      const first = stored('first', text(100), ZLIB);
      const offset = layOutRawImage(only(first)).placed.get('first')?.offset ?? 0;
      // A second entry moves the data by what its inode and its name take: 12 and 8 bytes.
      const second: RawEntry = {
        type: 'file',
        name: 'second',
        mode: 0o4755,
        uid: 1,
        blocks: [],
        size: 100,
        inode: { offset: offset + 20 },
      };
      return only(first, second);
    },
    ids: ['security/shared-inode', 'security/setuid'],
  },
  {
    name: 'modes that give much',
    image: () =>
      only(
        { type: 'file', name: 'setuid', mode: 0o4755, blocks: [] },
        { type: 'file', name: 'setgid', mode: 0o2755, blocks: [] },
        { type: 'directory', name: 'open', mode: 0o777, entries: [] },
        { type: 'directory', name: 'inherits', mode: 0o2755, entries: [] },
        { type: 'directory', name: 'tmp', mode: 0o1777, entries: [] },
        { type: 'symlink', name: 'link', mode: 0o777, blocks: [{ kind: 'stored', data: text(3) }] },
      ),
    ids: ['security/setuid', 'security/setgid', 'security/world-writable'],
  },
  {
    name: 'devices, one of them writable by everyone',
    image: () => only(node('null', 0o020666, 0x103), node('mem', 0o020666, 0x101), node('pipe', 0o010600)),
    ids: ['security/world-writable', 'security/device-node'],
  },
];

/** A program of two segments, of one page each. */
function twoSegments(): Uint8Array {
  return elfFile({
    type: 2,
    entry: 0x10100,
    size: 2 * PAGE + 100,
    segments: [
      { type: 1, vaddr: 0x10000, fileSize: PAGE, flags: 5 },
      { type: 1, vaddr: 0x20000, offset: PAGE, fileSize: PAGE, flags: 4 },
    ],
    contents: [[0x100, text(0xf00)]],
  });
}
