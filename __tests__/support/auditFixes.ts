/** Fixes that the audit prints. */
import { kernelModel } from '../../lib/driver/models/named.ts';
import { directory, staticProgram, stored } from './auditCases.ts';
import { SOUND } from './checkCases.ts';
import { dynamicObject } from './elfFile.ts';
import { fixture } from './fixtures.ts';
import { buildRawImage } from './rawImage.ts';
import {
  PAGE,
  DIRECT,
  ZLIB,
  COMMANDS,
  SOURCE,
  text,
  image,
  entryAt,
  chmod,
  lengthen,
  put,
  auditCase,
  MUSL,
  interpreter,
  needing,
  wholePages,
  appOf,
  ELF64,
  type FixCase,
} from './fixCase.ts';

/** Findings of the audit itself. */
export const AUDIT_FIXES: readonly FixCase[] = [
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
