/** Texts that commands read beside images, each field of which is wrong now and then. */
import type { Chance } from './chance.ts';

const PATHS = ['/', '/a', '/b', '/sh', '/lib', '/lib/x.so', '/link', '/etc/a', '/x', '/\u001b[1m'];
const WRONG = [
  '',
  '-1',
  '1e9',
  '0x',
  '4294967296',
  '99999999999999999999',
  'é',
  '\u001b[31m',
  '\u0000',
  '::error::x',
  '%0A',
  '/../..',
];
const NUMBERS = ['0', '1', '4', '4095', '4096', '4097', '65535', '65536', '16777215', '0x10000000'];

/** The writers of texts, by the kind of input. */
export const TEXTS = {
  listing: (chance) => {
    const { field, pick } = chance;
    const image = [
      `endian=${wrong(chance, pick(['little', 'big']))}`,
      `page-size=${wrong(chance, pick(['4096', '8192', '65536']))}`,
      `edition=${wrong(chance, pick(['0', '7', '4294967295']))}`,
      `name=${wrong(chance, 'Compressed')}`,
      `boot-pad=${pick(['no', 'yes'])}`,
      `holes=${pick(['no', 'yes'])}`,
      `extended=${pick(['no', 'yes'])}`,
      `remnants=${pick(['no', 'yes'])}`,
      `full-last-page=${wrong(chance, 'any')}`,
      `deflate=${wrong(chance, pick(['classic-9', 'fast']))}`,
      `direct=${wrong(chance, pick(['none', 'none', 'packed,4096,0,padded', 'inline,4096,0,tight', 'packed,8,4,tight']))}`,
    ].filter(() => field(true, false));
    const entry = (): string => {
      const letter = wrong(chance, pick(['d', 'f', 'f', 'l', 'c', 'b', 'p', 's']));
      const more = {
        f: ['from=/a', 'from=/sh', 'from=/a direct=0-1', 'from=/a unflagged=0'],
        l: ['target=/sh', 'target=a', `target=${wrong(chance, '../b')}`],
        c: ['4 64'],
        b: ['31 0', `${number(chance)} ${number(chance)}`],
      }[letter] ?? [''];
      const extra = field(pick(more), 'from=/a', '4 64', `direct=${number(chance)}`, 'target=');
      const ids = [pick(['0', '1000', '65535', number(chance)]), pick(['0', '100', '255', number(chance)])];
      return [path(chance), letter, wrong(chance, pick(['755', '644', '4755', '0'])), ...ids, extra]
        .join(' ')
        .trimEnd();
    };
    return lines(chance, [wrong(chance, 'cramfs-listing 1'), `image ${image.join(' ')}`, '/ d 755 0 0'], 4, entry);
  },
  'device table': (chance) =>
    lines(chance, ['# device table'], 5, () => {
      const { pick } = chance;
      const numbers = chance.many(0, 7, () =>
        chance.isFault() ? pick([...WRONG, '300']) : pick(['-', '0', '1', '4', '31', '64']),
      );
      return [path(chance), wrong(chance, pick(['d', 'f', 'c', 'b', 'p'])), wrong(chance, '640'), ...numbers].join(
        pick([' ', '\t']),
      );
    }),
  'id map': (chance) =>
    lines(
      chance,
      [],
      4,
      () =>
        `${wrong(chance, chance.pick(['uid', 'gid']))} ${wrong(chance, chance.pick(['*', '0', '0-99', '1000-1999', '9-0']))} ${number(chance)}`,
    ),
  paths: (chance) => lines(chance, [], 5, () => chance.pick([path(chance), 'libx.so', 'x.so.1', '/**', '# c'])),
  insert: (chance) =>
    chance.many(0, 9, () => chance.pick(['', 'text', '\u0000\u0000', 'aaaa'.repeat(chance.random(300))])).join(''),
  policy: (chance) => json(chance, policy(chance)),
  board: (chance) => json(chance, machine(chance)),
  baseline: (chance) =>
    json(chance, {
      version: chance.field<unknown>(1, 2, '1', null),
      findings: chance.many(0, 4, () => ({ id: rule(chance), path: path(chance), fingerprint: '8a181cd5bbdadd47' })),
    }),
  shard: (chance) =>
    chance
      .many(0, 3, (index) =>
        chance.pick([
          json(chance, {
            type: 'run',
            schemaVersion: 1,
            version: '1.0.0',
            images: 1,
            shard: { index: chance.random(3), of: chance.random(3) },
          }),
          json(chance, {
            type: 'image',
            index,
            image: 'a.img',
            counts: { error: 0, warning: 0, note: 0 },
            findings: [],
          }),
          json(chance, { type: 'end', images: index }),
        ]),
      )
      .join('\n'),
  audit: (chance) =>
    json(chance, {
      schemaVersion: 1,
      images: chance.many(0, 2, () => ({
        image: 'a.img',
        findings: [],
        files: [],
        programs: [],
        sizes: {},
        board: machine(chance),
      })),
      totals: {},
    }),
  batch: (chance) =>
    lines(chance, [], 5, () =>
      json(chance, {
        path: path(chance),
        ...(chance.random(2) === 0 ? { offset: whole(chance), length: whole(chance) } : {}),
        prot: chance.field<unknown>(chance.pick(['r', 'rx', 'rw', 'rwx', '']), 'q', 5, null),
        flags: chance
          .many(0, 3, () =>
            chance.pick([
              'shared',
              'private',
              'populate',
              'locked',
              'rdwr',
              'lone',
              'nbr',
              'fixed',
              'notouch',
              'at=20000',
              'at=zz',
            ]),
          )
          .join(','),
        ...(chance.random(4) === 0
          ? { acts: chance.pick(['mprotect', 'w@0', 'munmap 0 4096', 'mremap', 'r', '\u001b']) }
          : {}),
        ...(chance.random(6) === 0
          ? {
              kernel: chance.pick<unknown>(['6.1', 'linux-4.15', 'nommu', 'x', 7]),
              addr: chance.pick<unknown>(['0x20000', 4096, -1, 'z']),
            }
          : {}),
        ...(chance.random(6) === 0 ? { mode: 'traced', noexec: true, stackInit: 'zero', physBits: 36 } : {}),
      }),
    ),
  'partition table': (chance) =>
    chance.pick([
      () =>
        lines(chance, ['# Name, Type, SubType, Offset, Size, Flags'], 4, () =>
          [
            chance.pick(['rootfs', 'nvs', 'app']),
            'data',
            '0x40',
            chance.pick(['', '0x10000', size(chance)]),
            chance.pick(['64K', '1M', size(chance)]),
            '',
          ]
            .map((cell) => wrong(chance, cell))
            .join(', '),
        ),
      () =>
        `mtdparts=${wrong(chance, 'flash')}:${chance.many(1, 4, (index) => `${chance.field(chance.pick(['64K', '1M']), size(chance))}${chance.pick(['', '', '@0x1000'])}(${wrong(chance, index === 0 ? 'rootfs' : `p${String(index)}`)})${chance.pick(['', 'ro'])}`).join(',')}`,
      () => deviceTree(chance),
      () => fixedPartitions(chance),
    ])(),
  capture: (chance) =>
    chance.pick([
      () =>
        lines(
          chance,
          [],
          4,
          () =>
            `${hex(chance)}-${hex(chance)} ${wrong(chance, 'r-xp')} ${hex(chance)} ${wrong(chance, '1f:00')} ${number(chance)}    ${path(chance)}\nSize: ${number(chance)} kB\nRss: 4 kB`,
        ),
      () =>
        lines(
          chance,
          ['# tracer: nop'],
          4,
          () =>
            `  sh-132  [000] .....  21.9: ${wrong(chance, chance.pick(['mm_filemap_map_pages', 'mm_filemap_add_to_page_cache', 'mm_filemap_fault']))}: dev=0:2 ino=${number(chance)} ofs=${number(chance)}-${number(chance)}`,
        ),
      () =>
        lines(chance, ['path,first page,pages,uses,first use'], 4, () =>
          [path(chance), ...chance.many(1, 4, () => number(chance))].join(','),
        ),
      () => lines(chance, [], 4, () => `.${path(chance)},${number(chance)},${number(chance)}`),
    ])(),
} satisfies Readonly<Record<string, (chance: Chance) => string>>;

const wrong = ({ field }: Chance, value: string): string => field(value, ...WRONG);
const path = (chance: Chance): string => wrong(chance, chance.pick(PATHS));
const number = (chance: Chance): string => wrong(chance, chance.pick(NUMBERS));
const size = (chance: Chance): string => wrong(chance, chance.pick(['64K', '1M', '-', '0x1000', '4096', '']));
const hex = (chance: Chance): string => wrong(chance, (chance.random(1 << 20) * 4096).toString(16));
const whole = ({ pick, field }: Chance): unknown =>
  field<unknown>(pick([0, 1, 4096, 8192]), -1, 2 ** 53, 0.5, '4096', null);
const rule = ({ field, pick }: Chance): string =>
  field(pick(['xip/compressed', 'image/*', 'xip/*', 'image/holes-unannounced', 'policy/*']), 'x', '*', '[', '\u001b');

function lines(chance: Chance, head: readonly string[], most: number, make: () => string): string {
  const end = chance.field('\n', '\r\n', '\r', ' \n');
  return [...head, ...chance.many(0, most, make)].join(end) + chance.field(end, '', '\u0000', 'x'.repeat(200));
}

/** JSON, which is YAML too; one value or key of it is wrong now and then. */
function json(chance: Chance, value: unknown): string {
  const spoilt = (each: unknown): unknown => {
    if (chance.random(60) === 0) return chance.pick<unknown>([null, [], {}, -1, 1e300, true, ...WRONG]);
    if (Array.isArray(each)) return each.map(spoilt);
    if (typeof each !== 'object' || each === null) return each;
    return Object.fromEntries(Object.entries(each).map(([key, inner]) => [wrong(chance, key), spoilt(inner)]));
  };
  return chance.field(
    JSON.stringify(spoilt(value)),
    '{',
    '',
    '[[[[',
    '&a [*a]',
    '!!js/function x',
    'a: &a [*a, *a]',
    '- - -',
  );
}

function machine(chance: Chance): Record<string, unknown> {
  const { pick, random, field } = chance;
  const all = {
    kernel: field(pick(['6.1', '6.12', 'linux-4.15', 'nommu']), 'x'),
    cpu: field(pick(['arm', 'x86-64', 'riscv32', 'mips']), 'xtensa', 'z'),
    phys: field<unknown>(pick<unknown>([0, '0x10000000']), '0xffffffff000', -1),
    'page-size': field<unknown>(pick<unknown>(['4K', 4096, '64K']), 3),
    'region-size': field<unknown>(pick<unknown>(['4M', 1 << 20]), 0, 4096),
    endian: field(pick(['little', 'big']), 'x'),
    'library-path': '/lib',
    ...field({}, { partition: 'rootfs' }, { 'flash-base': '0x42000000' }),
  };
  return {
    version: field<unknown>(1, 2, 'x'),
    ...Object.fromEntries(Object.entries(all).filter(() => random(3) === 0)),
  };
}

function policy(chance: Chance): Record<string, unknown> {
  const { pick, field, many } = chance;
  const paths = (): unknown =>
    field<unknown>(pick<unknown>(['/**', '/{a,b}/**', '/a', ['/lib/**', '!/x']]), '!/a', '[', '{', '/'.repeat(99));
  const level = (): unknown =>
    pick<unknown>([
      'off',
      'note',
      'warning',
      'error',
      { severity: 'error', paths: paths() },
      [{ severity: 'off' }, 'error'],
    ]);
  return {
    ...machine(chance),
    rules: Object.fromEntries(many(0, 3, () => [rule(chance), level()])),
    requires: many(0, 2, () => ({
      paths: paths(),
      direct: field<unknown>(pick<unknown>(['100 %', 0.5]), '1000 %', -1),
      segments: field(pick(['text', 'all', 'none']), 'x'),
      state: field(pick(['pfnmap', 'mixedmap']), 'x'),
    })),
    exceptions: many(0, 2, () => ({ rule: rule(chance), paths: paths(), reason: 'x' })),
  };
}

/** A device tree with partitions of a flash, as boards have them. */
function fixedPartitions(chance: Chance): string {
  const { pick, field, many } = chance;
  const partitions = many(1, 3, (index) => {
    const at = wrong(chance, (index * 0x10000).toString(16));
    const label = field(index === 0 ? 'rootfs' : `p${String(index)}`, 'rootfs', '\\x1b');
    return `partition@${at} { label = "${label}"; reg = <0x${at} ${wrong(chance, '0x10000')}>; };`;
  });
  const parts = `partitions { compatible = "${field('fixed-partitions', 'x')}"; #address-cells = <${field('1', '2', '0')}>; #size-cells = <1>; ${partitions.join(' ')} };`;
  const flash = `flash@${wrong(chance, '10000000')} { compatible = "cfi-flash"; reg = <${wrong(chance, '0x10000000')} 0x1000000>; ${parts} };`;
  const inner = pick([flash, `bus { #address-cells = <1>; #size-cells = <1>; ${field('ranges;', '')} ${flash} };`]);
  return `/dts-v1/;\n/ { #address-cells = <1>; #size-cells = <1>; ${inner} };`;
}

function deviceTree(chance: Chance): string {
  const { pick, many } = chance;
  const cells = (): string =>
    many(0, 3, () => pick([wrong(chance, '0x1000'), '(1 << 20)', '&a', '1', '(1/0)', '((('])).join(' ');
  const property = (): string =>
    `${wrong(chance, pick(['reg', 'ranges', '#address-cells', '#size-cells', 'compatible', 'label']))} = ${pick([`<${cells()}>`, '"rootfs"', '[00 zz]', '"fixed-partitions"'])};`;
  const node = (depth: number): string =>
    `${pick(['flash@0', 'a: partition@1000', 'partitions'])} { ${many(0, 3, property).join(' ')} ${depth < 3 ? many(0, 2, () => node(depth + 1)).join(' ') : ''} };`;
  return `/dts-v1/;\n/ { ${many(0, 2, property).join(' ')} ${node(0)} };${chance.field('', '/*', '/include/ "x"', '#include <x>', '}')}`;
}
