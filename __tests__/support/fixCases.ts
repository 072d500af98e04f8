/** Every fix that findings print, with an image that gets it and what following it means. */
import type { OpenOptions } from '../../lib/image/image.ts';
import { kernelModel } from '../../lib/driver/models/index.ts';
import { bytesContent, type DirectoryEntry, findEntry, type SourceEntry } from '../../lib/mkfs/sourceTree.ts';
import type { BoardOptions } from '../../lib/verdict/board.ts';
import { AUDIT_CASES, directory, staticProgram, stored } from './auditCases.ts';
import { CHECK_CASES, SOUND } from './checkCases.ts';
import { dynamicObject } from './elfFile.ts';
import { fixture } from './fixtures.ts';
import { buildRawImage, type RawEntry, type RawImageSpec } from './rawImage.ts';
import { imageOf, LZMA_BLOCKS, TEXT } from './vendorImage.ts';
import { vendorImage } from './vendorFormatImage.ts';

/** What following a fix means. `words`: the part of the fix that is followed. */
export type Follow =
  /** Each command of the fix is run; `before` is what the fix asks for first. None of the images made has the finding. */
  | { readonly by: 'commands'; readonly before?: (tree: DirectoryEntry) => void }
  /** Each command is run and shows what the fix says. */
  | { readonly by: 'look'; readonly shows: RegExp }
  /** What can be read is extracted, and an image built of that. */
  | { readonly by: 'source' }
  /** The tree is changed, and an image built of it. */
  | {
      readonly by: 'tree';
      readonly words: string;
      readonly change: (tree: DirectoryEntry) => void;
      /** Whether building the image again is enough: the tool that built it was another one. */
      readonly buildingHelps?: true;
    }
  /** The image is built of another tree. */
  | { readonly by: 'image'; readonly words: string; readonly image: () => Uint8Array }
  /** Bytes of the image are changed. */
  | { readonly by: 'bytes'; readonly words: string; readonly change: (image: Uint8Array) => void }
  /** The image is audited on another machine, or read in another way. */
  | { readonly by: 'machine'; readonly words: string; readonly board?: BoardOptions; readonly open?: OpenOptions }
  /** The policy is changed. */
  | { readonly by: 'policy'; readonly words: string; readonly policy: string }
  /** There is nothing to do: the finding is true of a sound image. */
  | { readonly by: 'nothing'; readonly words: string }
  /** No program can do it: why. */
  | { readonly by: 'hand'; readonly words: string; readonly why: string };

/** An image with a finding, and how to follow its fix. */
export interface FixCase {
  readonly id: string;
  /** What of the finding's fixes it is; "" where the finding has one. */
  readonly variant: string;
  readonly image: () => Uint8Array;
  readonly board?: BoardOptions | undefined;
  readonly open?: OpenOptions | undefined;
  /** Policy text without its version. */
  readonly policy?: string | undefined;
  readonly follow: readonly Follow[];
}

const PAGE = 4096;
const DIRECT = { kind: 'direct' } as const;
const ZLIB = { kind: 'zlib' } as const;
const COMMANDS: readonly Follow[] = [{ by: 'commands' }];
const SOURCE: readonly Follow[] = [{ by: 'source' }];

const text = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => 0x41 + ((i * 7) % 23));
const image = (...entries: RawEntry[]): (() => Uint8Array) => {
  return () => buildRawImage({ entries });
};
const built = (spec: RawImageSpec | Uint8Array): Uint8Array =>
  spec instanceof Uint8Array ? spec : buildRawImage(spec);

/** The entry at a path that is there. */
function entryAt(tree: DirectoryEntry, path: string): SourceEntry {
  const entry = findEntry(tree, path);
  if (entry === null) throw new Error(`no ${path}`);
  return entry;
}

const chmod = (path: string, mode: number) => {
  return (tree: DirectoryEntry): void => {
    entryAt(tree, path).mode = mode;
  };
};

/** Gives a file of the root directory one byte more. */
const lengthen = (name: string) => {
  return (tree: DirectoryEntry): void => {
    const entry = tree.children.get(name);
    if (entry?.type !== 'file') throw new Error(`no ${name}`);
    const bytes = entry.content.read();
    tree.children.set(name, { ...entry, content: bytesContent(Buffer.concat([bytes, Buffer.alloc(1)])) });
  };
};

const put = (path: string, bytes: Uint8Array, mode = 0o755) => {
  return (tree: DirectoryEntry): void => {
    const at = path.lastIndexOf('/');
    const parent = at <= 0 ? tree : entryAt(tree, path.slice(0, at));
    if (parent.type !== 'directory') throw new Error(path);
    parent.children.set(path.slice(at + 1), { type: 'file', mode, uid: 0, gid: 0, content: bytesContent(bytes) });
  };
};

/** Renames what has a name that `from` matches, wherever it is. */
const rename = (from: RegExp, to: string) => {
  return (tree: DirectoryEntry): void => {
    for (const [name, entry] of [...tree.children]) {
      if (entry.type === 'directory') rename(from, to)(entry);
      if (!from.test(name)) continue;
      tree.children.delete(name);
      tree.children.set(to, entry);
    }
  };
};

/** The case of the audit's own with this name. */
function auditCase(name: string): Pick<FixCase, 'image' | 'board'> {
  const found = AUDIT_CASES.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no audit case "${name}"`);
  const { image: of, kernel, board = {} } = found;
  return {
    image: () => (typeof of === 'string' ? fixture(of) : buildRawImage(of())),
    board: { ...board, ...(kernel === undefined ? {} : { kernel: kernelModel(kernel) }) },
  };
}

/** The case of the check with this id. */
function checkCase(id: string, follow: readonly Follow[], variant = ''): FixCase {
  const [, spec, open] = CHECK_CASES.find(([known]) => known === id) ?? [];
  if (spec === undefined) throw new Error(`no check case ${id}`);
  return { id, variant, image: () => built(spec()), open, follow };
}

const MUSL = '/lib/ld-musl-i386.so.1';
const interpreter = (...more: RawEntry[]): RawEntry =>
  directory('lib', stored('ld-musl-i386.so.1', dynamicObject(), DIRECT), ...more);
const needing = (library: string): RawEntry =>
  stored('app', dynamicObject({ interpreter: MUSL, needed: [library] }), DIRECT);
/** A program that ends at a page boundary. */
const wholePages = (pages: number): Uint8Array => {
  const bytes = staticProgram(pages);
  return Buffer.concat([bytes, Buffer.alloc(pages * PAGE - bytes.length)]);
};
const large = (pageSize: number): Uint8Array => {
  const data = new Uint8Array(pageSize).fill(7);
  return buildRawImage({ pageSize, entries: [{ type: 'file', name: 'f', blocks: [{ kind: 'zlib', data }] }] });
};
const appOf = (...kinds: Parameters<typeof stored>[2][]): RawEntry => stored('app', staticProgram(3), ...kinds);
const ELF64 = (littleEndian: boolean, bits: 32 | 64): Uint8Array => staticProgram(3, { bits, littleEndian });

/** Findings of the audit itself. */
const AUDIT_FIXES: readonly FixCase[] = [
  {
    id: 'xip/mount-refused',
    variant: 'byte order',
    image: image(appOf(DIRECT)),
    board: { littleEndian: false },
    follow: COMMANDS,
  },
  {
    id: 'xip/mount-refused',
    variant: 'region',
    image: image(appOf(DIRECT)),
    board: { regionSize: PAGE },
    follow: COMMANDS,
  },
  {
    id: 'xip/mount-refused',
    variant: 'anything else',
    image: () => buildRawImage({ ...SOUND, flags: 0x1903 }),
    follow: [
      {
        by: 'bytes',
        words: 'other findings show what is wrong in the image',
        change: (bytes) => {
          bytes.set([0x03, 0x09], 8);
        },
      },
    ],
  },
  {
    id: 'xip/extensions-missing',
    variant: '',
    image: () => buildRawImage({ entries: [appOf(ZLIB)], flags: 0x103 }),
    follow: COMMANDS,
  },
  {
    id: 'xip/physical-base',
    variant: 'none',
    image: image(appOf(DIRECT)),
    board: { physBase: 0 },
    follow: [{ by: 'machine', words: 'give its address with --phys', board: { physBase: 0x60100000 } }],
  },
  {
    id: 'xip/physical-base',
    variant: 'beside a page boundary',
    image: image(appOf(DIRECT)),
    board: { physBase: 0x10000800 },
    follow: [{ by: 'machine', words: 'such as 0x10000000', board: { physBase: 0x10000000 } }],
  },
  {
    id: 'xip/nommu-programs',
    variant: '',
    image: () => fixture('nommu/images/flat.cramfs.gz'),
    follow: COMMANDS,
  },
  { id: 'xip/layout-break', variant: '', image: image(appOf(DIRECT, ZLIB)), follow: COMMANDS },
  {
    id: 'xip/layout-break',
    variant: 'the last page is whole',
    image: image(stored('app', wholePages(3), DIRECT, DIRECT, ZLIB)),
    follow: [{ by: 'commands', before: lengthen('app') }],
  },
  { id: 'xip/compressed', variant: '', image: image(appOf(ZLIB)), follow: COMMANDS },
  {
    id: 'xip/compressed',
    variant: 'the last page is whole',
    image: image(stored('app', wholePages(1), ZLIB)),
    follow: [{ by: 'commands', before: lengthen('app') }],
  },
  {
    id: 'xip/compressed',
    variant: 'RISC-V',
    image: image(stored('app', staticProgram(3, { machine: 243 }), ZLIB)),
    follow: COMMANDS,
  },
  {
    id: 'xip/misaligned',
    variant: '',
    image: image(
      appOf({ kind: 'direct', at: { alignTo: PAGE, plus: 8 } }, { kind: 'direct', at: { alignTo: PAGE, plus: 8 } }),
    ),
    follow: COMMANDS,
  },
  {
    id: 'xip/shared-tail',
    variant: '',
    image: image(appOf(DIRECT, DIRECT, { kind: 'direct', tail: text(9) })),
    follow: COMMANDS,
  },
  {
    id: 'xip/zero-offset',
    variant: '',
    ...auditCase('a program with a page made of the superblock'),
    follow: COMMANDS,
  },
  {
    id: 'xip/merged',
    variant: '',
    ...auditCase('a library whose constants are direct and whose first segment is not'),
    follow: COMMANDS,
  },
  { id: 'xip/elf-ignored', variant: '64-bit', image: image(stored('app', ELF64(true, 64), ZLIB)), follow: COMMANDS },
  {
    id: 'xip/elf-ignored',
    variant: 'big endian',
    image: image(stored('app', ELF64(false, 32), ZLIB)),
    follow: [
      {
        by: 'tree',
        words: 'leave the file out if it is for another machine',
        buildingHelps: true,
        change: (tree) => {
          tree.children.delete('app');
        },
      },
      { by: 'commands' },
    ],
  },
  {
    id: 'xip/unmappable-direct',
    variant: '',
    ...auditCase('a program with a page made of the superblock'),
    follow: COMMANDS,
  },
  {
    id: 'xip/program-fails',
    variant: '',
    image: image(stored('app', dynamicObject({ interpreter: MUSL }), DIRECT)),
    follow: [
      {
        by: 'tree',
        words: 'fix the cause above',
        change: (tree) => {
          tree.children.set('lib', { type: 'directory', mode: 0o755, uid: 0, gid: 0, children: new Map() });
          put(MUSL, dynamicObject())(tree);
        },
      },
      { by: 'tree', words: 'clear the executable bit', change: chmod('/app', 0o644) },
    ],
  },
  {
    id: 'xip/library-missing',
    variant: '',
    image: image(
      interpreter(),
      directory('opt', stored('libx.so.1', dynamicObject(), DIRECT)),
      needing('libx.so.1'),
      directory('usr', directory('lib')),
    ),
    follow: [
      { by: 'tree', words: 'add libx.so.1 to /usr/lib', change: put('/usr/lib/libx.so.1', dynamicObject()) },
      { by: 'machine', words: 'name its directory (--library-path)', board: { libraryPath: '/opt' } },
    ],
  },
  {
    id: 'xip/library-missing',
    variant: 'named by its path',
    image: image(interpreter(), needing('build/out/libx.so'), directory('usr', directory('lib'))),
    follow: [
      {
        by: 'tree',
        words: 'link the library with a soname (-Wl,-soname,libx.so) and relink the program',
        change: (tree) => {
          put('/app', dynamicObject({ interpreter: MUSL, needed: ['libx.so'] }))(tree);
          put('/lib/libx.so', dynamicObject({ soname: 'libx.so' }))(tree);
        },
      },
    ],
  },
  {
    id: 'xip/kernel-hazard',
    variant: 'of one kernel',
    image: image(appOf(DIRECT, DIRECT, DIRECT)),
    board: { kernel: kernelModel('patch-v1') },
    follow: [
      { by: 'machine', words: 'such as linux-6.18', board: { kernel: kernelModel('linux-6.18') } },
      { by: 'commands' },
    ],
  },
  {
    id: 'xip/kernel-hazard',
    variant: 'of all kernels',
    image: image(stored('app', text(100), { kind: 'direct', tail: text(9) })),
    board: { kernel: kernelModel('nommu') },
    follow: COMMANDS,
  },
  {
    id: 'security/other-file-visible',
    variant: '',
    image: image(
      { type: 'file', name: 'a', blocks: [{ kind: 'direct', data: text(100), at: 2 * PAGE, reserve: 100 }] },
      { type: 'file', name: 'b', blocks: [{ kind: 'direct', data: text(200), at: 2 * PAGE + 100, reserve: 200 }] },
    ),
    board: { kernel: kernelModel('nommu') },
    follow: COMMANDS,
  },
  {
    id: 'security/pointer-outside',
    variant: '',
    image: image(stored('a', text(9), { kind: 'direct', at: { fromEnd: -PAGE } })),
    follow: SOURCE,
  },
  {
    id: 'xip/riscv-icache',
    variant: '',
    image: image(stored('app', staticProgram(3, { machine: 243 }), DIRECT)),
    board: { physBase: 0x42000000 },
    follow: [
      {
        by: 'machine',
        words: 'audit with --riscv-icache fixed',
        board: { physBase: 0x42000000, riscvIcache: 'fixed' },
      },
      {
        by: 'machine',
        words: 'put the image into RAM reserved with no-map (--ram)',
        board: { physBase: 0x42000000, ram: [{ base: 0x40000000, size: 0x8000000 }] },
      },
      { by: 'commands' },
    ],
  },
  {
    id: 'image/duplicate-data',
    variant: '',
    ...auditCase('a file twice'),
    follow: [
      {
        by: 'tree',
        words: 'make it a hard or symbolic link to /a',
        buildingHelps: true,
        change: (tree) => {
          tree.children.set('b', { type: 'symlink', mode: 0o777, uid: 0, gid: 0, target: Buffer.from('a') });
        },
      },
      { by: 'commands' },
    ],
  },
  {
    id: 'image/alignment-padding',
    variant: '',
    ...auditCase('a file that begins at a page boundary'),
    follow: COMMANDS,
  },
  {
    id: 'security/shared-inode',
    variant: '',
    ...auditCase('a file, and one with other owner and mode whose data is the same'),
    follow: [
      {
        by: 'tree',
        words: 'give both files the same mode and owner',
        buildingHelps: true,
        change: (tree) => {
          Object.assign(entryAt(tree, '/second'), { mode: 0o755, uid: 0 });
        },
      },
      { by: 'tree', words: 'make their contents differ in a byte', change: lengthen('second'), buildingHelps: true },
    ],
  },
  {
    id: 'security/setuid',
    variant: '',
    ...auditCase('modes that give much'),
    follow: [
      { by: 'tree', words: 'clear the set-user-ID bit', change: chmod('/setuid', 0o755) },
      {
        by: 'policy',
        words: 'add an exception with the reason for it',
        policy: 'exceptions: [{ rule: security/setuid, reason: Needed. }]',
      },
    ],
  },
  {
    id: 'security/setgid',
    variant: '',
    ...auditCase('modes that give much'),
    follow: [
      { by: 'tree', words: 'clear the set-group-ID bit', change: chmod('/setgid', 0o755) },
      {
        by: 'policy',
        words: 'add an exception with the reason for it',
        policy: 'exceptions: [{ rule: security/setgid, reason: Needed. }]',
      },
    ],
  },
  {
    id: 'security/world-writable',
    variant: '',
    ...auditCase('modes that give much'),
    follow: [
      { by: 'tree', words: 'remove write permission for others', change: chmod('/open', 0o775) },
      { by: 'tree', words: 'set the sticky bit of a directory that needs it', change: chmod('/open', 0o1777) },
    ],
  },
  {
    id: 'security/device-node',
    variant: '',
    ...auditCase('devices, one of them writable by everyone'),
    follow: [
      {
        by: 'tree',
        words: 'let devtmpfs create device nodes',
        change: (tree) => {
          for (const name of ['null', 'mem']) tree.children.delete(name);
        },
      },
      {
        by: 'policy',
        words: 'add an exception for those that are needed before it is mounted',
        policy: 'exceptions: [{ rule: security/device-node, reason: Needed. }]',
      },
    ],
  },
];

const policyCase = (
  id: string,
  variant: string,
  of: () => Uint8Array,
  policy: string,
  ...follow: Follow[]
): FixCase => {
  return { id, variant, image: of, policy, follow };
};
const APP = image(appOf(ZLIB));
const DIRECT_APP = image(appOf(DIRECT));
const DATA_APP = image(
  stored(
    'app',
    staticProgram(3, {
      segments: [
        { type: 1, vaddr: 0x10000, fileSize: PAGE, flags: 5 },
        { type: 1, vaddr: 0x20000, offset: PAGE, fileSize: PAGE, flags: 6 },
      ],
    }),
    DIRECT,
    ZLIB,
  ),
);
const REQUIRED = 'requires: [{ paths: [/app], direct: 100 %, segments: text }]';

/** Findings of policies. */
const POLICY_FIXES: readonly FixCase[] = [
  policyCase('policy/requirement-unmet', '', APP, REQUIRED, { by: 'commands' }),
  policyCase(
    'policy/requirement-unmatched',
    '',
    image(stored('other', text(9), ZLIB)),
    REQUIRED,
    { by: 'tree', words: 'add the files to the image', change: put('/app', staticProgram(3)) },
    { by: 'policy', words: 'remove the requirement from the policy', policy: '' },
  ),
  policyCase('policy/over-budget', 'text', APP, 'budgets: { text: 100 % }', { by: 'commands' }),
  policyCase('policy/over-budget', 'RAM for read-only pages', APP, 'budgets: { ram: 0 }', { by: 'commands' }),
  policyCase(
    'policy/over-budget',
    'RAM for data',
    DATA_APP,
    'budgets: { ram: 0 }',
    { by: 'image', words: '/app needs 4 KiB of data; remove a program', image: image() },
    { by: 'image', words: 'link it so that it has less data', image: DIRECT_APP },
    { by: 'policy', words: 'raise the budget', policy: 'budgets: { ram: 4K }' },
  ),
  policyCase(
    'policy/over-budget',
    'flash',
    DIRECT_APP,
    'budgets: { flash: 8K }',
    { by: 'image', words: 'remove files', image: image() },
    { by: 'policy', words: 'raise the budget', policy: 'budgets: { flash: 1M }' },
    { by: 'commands' },
  ),
  policyCase(
    'policy/over-budget',
    'padding',
    DIRECT_APP,
    'budgets: { padding: 4K }',
    { by: 'policy', words: 'raise the budget', policy: 'budgets: { padding: 1M }' },
    { by: 'commands' },
  ),
  policyCase(
    'policy/region-too-small',
    '',
    DIRECT_APP,
    'region-size: 8K',
    { by: 'image', words: 'remove files', image: image() },
    { by: 'policy', words: 'enlarge the partition', policy: 'region-size: 1M' },
    { by: 'commands' },
  ),
  policyCase(
    'policy/exception-expired',
    '',
    image({ type: 'file', name: 'su', mode: 0o4755, blocks: [] }),
    'exceptions: [{ rule: security/setuid, reason: Why., expires: 2020-01-01 }]',
    { by: 'policy', words: 'fix what it covers', policy: '' },
    {
      by: 'policy',
      words: 'set a new date',
      policy: 'exceptions: [{ rule: security/setuid, reason: Why., expires: 2099-01-01 }]',
    },
  ),
  policyCase(
    'policy/exception-unused',
    '',
    image(stored('a', text(9), ZLIB)),
    'exceptions: [{ rule: security/setuid, reason: Why. }]',
    { by: 'policy', words: 'remove the exception from the policy', policy: '' },
  ),
];

const LOST = 'the bytes are lost, and must come from elsewhere';
const vendorFiles = [
  { name: 'a.txt', data: text(9000) },
  { name: 'prog', data: text(4 * PAGE), raw: true },
];
const plainFiles = vendorFiles.map(({ name, data }) => ({ name, data }));
const vendor = (id: string, of: () => Uint8Array): FixCase => ({ id, variant: '', image: of, follow: COMMANDS });
const lzma = (flags: number): Uint8Array => imageOf({ blocks: LZMA_BLOCKS, size: TEXT.length, flags });
const nothing = (id: string, words = 'nothing to do'): FixCase => checkCase(id, [{ by: 'nothing', words }]);
const otherPages = (id: string, of: () => Uint8Array, pageSize: number, right: number): FixCase => ({
  id,
  variant: '',
  image: of,
  open: { pageSize },
  follow: [
    { by: 'machine', words: 'name the page size that the image is built for (--page-size)', open: { pageSize: right } },
  ],
});

/** Findings of the check whose fix is a command. */
const BY_COMMAND = [
  'image/signature-wrong',
  'image/volume-name-control',
  'image/size-too-small',
  'image/size-unpadded',
  'image/flags-unsupported',
  'image/flags-reserved',
  'image/future-set',
  'image/crc-absent',
  'image/entry-unseen',
  'image/name-unreachable',
  'image/directory-unsorted',
  'image/special-offset',
  'image/special-size',
  'image/empty-with-offset',
  'image/holes-unannounced',
  'image/extensions-unannounced',
  'image/last-page-shared',
  'image/files-zero',
  'image/files-miscounted',
  'image/blocks-miscounted',
] as const;

/** Those that are damage: the image is to be built again from its source files. */
const BY_SOURCE = [
  'image/root-offset',
  'image/directory-offset-zero',
  'image/directory-outside',
  'image/directory-overlap',
  'image/directory-cycle',
  'image/directory-reused',
  'image/entry-cut',
  'image/name-empty',
  'image/name-nul',
  'image/name-slash',
  'image/name-dots',
  'image/name-duplicate',
  'image/type-unknown',
  'image/data-offset-zero',
  'image/symlink-empty',
  'image/symlink-nul',
  'image/symlink-too-long',
  'image/table-outside',
  'image/table-overlap',
  'image/table-shared',
  'image/block-backwards',
  'image/block-outside',
  'image/block-in-metadata',
  'image/direct-in-metadata',
  'image/block-overlap',
  'image/stored-short',
  'image/stored-long',
  'image/zlib-short',
  'image/zlib-long',
  'image/zlib-trailing',
  'image/zlib-second-stream',
] as const;

/** Writes the CRC of the sound image that the case was made of. */
const setCrc = (bytes: Uint8Array): void => {
  bytes.set(buildRawImage(SOUND).subarray(32, 36), 32);
};

/** Findings of the check. */
const CHECK_FIXES: readonly FixCase[] = [
  ...BY_COMMAND.map((id) => checkCase(id, COMMANDS)),
  ...BY_SOURCE.map((id) => checkCase(id, SOURCE)),
  nothing('image/signature-waived'),
  nothing('image/root-empty', 'nothing to do if the image is meant to be empty'),
  nothing('image/inserted-file'),
  nothing('image/trailing-padding'),
  checkCase('image/symlink-leaves-root', [
    { by: 'nothing', words: 'nothing to do on the device' },
    {
      by: 'hand',
      words: 'do not let programs write through links of an extracted tree',
      why: 'it is about other programs',
    },
  ]),
  checkCase('image/image-truncated', [
    { by: 'hand', words: 'get the whole file, or use a partition large enough for the image', why: LOST },
  ]),
  checkCase('image/zlib-damaged', [{ by: 'hand', words: 'get an undamaged copy: the block is lost', why: LOST }]),
  checkCase('image/check-incomplete', [
    { by: 'hand', words: 'do not trust the image', why: 'it is unknown what else is in it' },
  ]),
  checkCase('image/crc-wrong', [
    { by: 'hand', words: 'get an undamaged copy', why: LOST },
    { by: 'bytes', words: 'write 0x532a96fc as its CRC', change: setCrc },
    { by: 'commands' },
  ]),
  checkCase('image/crc-byte-swapped', [
    { by: 'bytes', words: "as the CRC in the image's byte order", change: setCrc },
    { by: 'commands' },
  ]),
  checkCase('image/root-not-directory', [
    {
      by: 'bytes',
      words: 'write the mode of a directory (040755) at byte 64 of the superblock',
      change: (bytes) => {
        bytes.set([0xed, 0x41], 64);
      },
    },
  ]),
  checkCase('image/name-control', [{ by: 'tree', words: 'rename the file', change: rename(/^[^a-z]/, 'renamed') }]),
  checkCase('image/name-not-utf8', [
    { by: 'nothing', words: 'nothing to do on Linux' },
    { by: 'tree', words: 'rename the file', change: rename(/[^a-z]/, 'renamed') },
  ]),
  checkCase('image/name-backslash', [
    { by: 'nothing', words: 'nothing to do on Linux' },
    { by: 'tree', words: 'rename the file', change: rename(/\\/, 'renamed') },
  ]),
  checkCase('image/path-too-long', [
    { by: 'image', words: 'move the file further up', image: image(stored('f', text(9), ZLIB)) },
    {
      by: 'image',
      words: 'use shorter names',
      image: image(directory('x', directory('x', directory('x', stored('f', text(9), ZLIB))))),
    },
  ]),
  checkCase('image/symlink-control', [
    {
      by: 'tree',
      words: 'rename the target of the link',
      change: (tree) => {
        tree.children.set('l', { type: 'symlink', mode: 0o777, uid: 0, gid: 0, target: Buffer.from('ab') });
      },
    },
  ]),
  checkCase('image/last-page-reads-zero', [
    { by: 'commands' },
    { by: 'tree', words: 'make the file one byte longer', change: lengthen('f'), buildingHelps: true },
  ]),
  otherPages('image/block-too-long', () => large(16384), PAGE, 16384),
  { ...checkCase('image/page-size', COMMANDS), open: { pageSize: 16384 } },
  vendor('image/vendor-inodes', () => imageOf({ blocks: [], size: 0, flags: 3, wide: true })),
  vendor('image/vendor-compression', () => lzma(3)),
  vendor('image/vendor-flags', () => lzma(3 | (2 << 11) | (2 << 14))),
  {
    ...vendor('image/vendor-linear-xip', () => vendorImage(vendorFiles)),
    follow: [{ by: 'nothing', words: "nothing to do for the vendor's kernels" }, { by: 'commands' }],
  },
  vendor('image/vendor-stored', () => vendorImage(plainFiles, { stored: true })),
  vendor('image/vendor-tables', () => vendorImage(plainFiles, { extraPointers: 1 })),
  vendor('image/vendor-unreadable', () => vendorImage(plainFiles, { stored: true })),
  checkCase('image/expansion', [{ by: 'look', shows: /more than|at most/ }]),
  checkCase('image/unused-not-zero', [
    { by: 'nothing', words: 'nothing to do' },
    { by: 'look', shows: /padding/ },
  ]),
  checkCase('image/trailing-data', [{ by: 'look', shows: /cramfs/ }]),
];

/** All of them. */
export const FIX_CASES: readonly FixCase[] = [...AUDIT_FIXES, ...POLICY_FIXES, ...CHECK_FIXES];
