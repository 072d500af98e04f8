/** Partition tables: ESP-IDF (binary and CSV), device trees (source and flattened), mtdparts. */
import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CramfsError } from '../lib/base/errors.ts';
import type { IncludeReader } from '../lib/board/dtsTokens.ts';
import { md5 } from '../lib/board/md5.ts';
import { findPartition, type Partition, type PartitionTable, placeOf } from '../lib/board/partitionTable.ts';
import { readPartitionTable } from '../lib/board/readPartitionTable.ts';

const file = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../fixtures/boards/${name}`, import.meta.url)));
const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const include: IncludeReader = (name) => ({ name, text: new TextDecoder().decode(file(name)) });
const read = (name: string): PartitionTable => readPartitionTable(file(name), name, include);
const parse = (content: string): PartitionTable => readPartitionTable(text(content), 'table');

/** "rootfs 5c0000+900000 at 42000000". */
function line({ name, offset, size, flashBase }: Partition): string {
  const base = flashBase === null ? '' : ` at ${flashBase.toString(16)}`;
  return `${name} ${offset.toString(16)}+${size === null ? 'rest' : size.toString(16)}${base}`;
}
const lines = (table: PartitionTable): string[] => table.partitions.map(line);

/** What is wrong with a table: the message, and for texts the place. */
function fault(bytes: Uint8Array | string): string {
  try {
    readPartitionTable(typeof bytes === 'string' ? text(bytes) : bytes, 'table', include);
  } catch (error) {
    if (!(error instanceof CramfsError)) throw error;
    expect(error.code).toBe('BAD_TABLE');
    const [problem] = error.details.problems ?? [];
    const place = problem === undefined ? '' : `${problem.line}:${problem.column}: ${problem.message}`;
    return error.message.replace('table is not a usable partition table', '').replace(/^: /, '') + place;
  }
  return 'no fault';
}

describe('an ESP-IDF table', () => {
  const PARTITIONS = [
    'nvs 9000+6000',
    'phy_init f000+1000',
    'boot 10000+70000',
    'kernel 80000+500000',
    'rootfs 5c0000+900000',
    'etc ec0000+140000',
  ];

  test('is read in its binary form, and its MD5 is checked', () => {
    expect(lines(read('esp32s31.bin'))).toEqual(PARTITIONS);
  });

  test('is the same as CSV, where missing offsets follow on and negative sizes name the end', () => {
    expect(lines(read('esp32s31.csv'))).toEqual(PARTITIONS);
  });

  test('has no address of its own', () => {
    const table = read('esp32s31.bin');
    const rootfs = findPartition(table, 'rootfs');
    expect(placeOf(rootfs, table)).toEqual({ physBase: null, size: 0x900000 });
    expect(placeOf(rootfs, table, 0x42000000)).toEqual({ physBase: 0x425c0000, size: 0x900000 });
  });

  test('may end with the checksum where 95 entries leave no room for an end mark', () => {
    const table = new Uint8Array(0xc00);
    for (let index = 0; index < 95; index++) {
      table.set(file('esp32s31.bin').subarray(0, 32), index * 32);
      new DataView(table.buffer).setUint32(index * 32 + 4, 0x10000 * (index + 1), true);
      table.set(text(`p${index}\0`.padEnd(16, '\0')), index * 32 + 12);
    }
    table.set([0xeb, 0xeb, ...new Array<number>(14).fill(0xff)], 0xbe0);
    table.set(createHash('md5').update(table.subarray(0, 0xbe0)).digest(), 0xbf0);
    expect(readPartitionTable(table, 'full').partitions).toHaveLength(95);
  });

  test('aligns app partitions to 64 KiB and others to 4 KiB', () => {
    expect(lines(parse('a, data, nvs, , 0x1000\nb, app, factory, , 1M\nc, data, 0x40, , 12K\n'))).toEqual([
      'a 9000+1000',
      'b 10000+100000',
      'c 110000+3000',
    ]);
  });

  test.each([
    [
      'another magic number',
      (b: Uint8Array) => {
        b.set([0xab], 64);
      },
      'the entry does not begin with aa 50 but with ab 50 (at byte 64, 0x40)',
    ],
    [
      'a wrong checksum',
      (b: Uint8Array) => {
        b.set([0x31], 76);
      },
      'the MD5 checksum does not match the entries (at byte 192, 0xc0)',
    ],
    [
      'an entry after the checksum',
      (b: Uint8Array) => b.copyWithin(224, 0, 32),
      'there is an entry after the checksum (at byte 224, 0xe0)',
    ],
    ['no size', (b: Uint8Array) => b.fill(0, 8, 12), 'the partition "nvs" has size 0 (at byte 8, 0x8)'],
    ['no label', (b: Uint8Array) => b.fill(0, 12, 28), 'the entry has no label (at byte 12, 0xc)'],
    [
      'an end past 4 GiB',
      (b: Uint8Array) => b.fill(0xff, 4, 8),
      'the partition "nvs" extends past 4 GiB (at byte 4, 0x4)',
    ],
  ])('with %s is refused', (_what, damage, found) => {
    const bytes = file('esp32s31.bin').slice();
    damage(bytes);
    expect(fault(bytes)).toBe(found);
  });

  test('that is cut at any byte is refused, or says the same', () => {
    const bytes = file('esp32s31.bin');
    for (let length = 2; length < 256; length++) {
      const found = fault(bytes.subarray(0, length));
      if (length < 256) expect(found).toMatch(/the end mark .* is missing|neither/);
    }
  });

  test.each([
    ['a, data, nvs, 0x9000', '1:1: expected name, type, subtype, offset, size; the line has 4 fields'],
    ['a, data, nvs, 0x9000, big', '1:23: "big" is not a size'],
    ['a, disk, nvs, 0x9000, 4K', '1:4: "disk" is not a type: app, data or 0 to 0xfe'],
    ['a, app, factory, 0x9000, 4K', '1:18: the offset 0x9000 is not a multiple of 0x10000'],
    ['a, data, nvs, -4K, 4K', '1:15: "-4K" is not an offset'],
    ['abcdefghijklmnopq, data, nvs, , 4K', '1:1: the name "abcdefghijklmnopq" is longer than 16 bytes'],
    ['# a, b\n\n, data, nvs, , 4K', '3:1: the name is missing'],
    ['a, data, nvs, 0x9000, 8K\nb, data, nvs, 0xa000, 4K', 'the partitions "a" and "b" overlap'],
    ['a, data, nvs, , 4K\na, data, nvs, , 4K', 'two partitions have the name "a"'],
    ['# nothing, nothing', 'it has no partitions'],
  ])('as CSV is refused with line and column: %j', (content, found) => {
    expect(fault(content)).toBe(found);
  });
});

describe('a device tree', () => {
  const BOARD = [
    'boot 0+10000 at 42000000',
    'kernel 10000+500000 at 42000000',
    'rootfs 5c0000+900000 at 42000000',
    'etc ec0000+140000 at 42000000',
    'spi-rootfs 0+100000',
  ];
  const WIDE = [
    'boot 0+40000 at 8000000',
    'firmware 40000+3fc0000 at 8000000',
    'kernel 0+400000 at 8040000',
    'rootfs 400000+800000 at 8040000',
  ];

  test.each([
    ['board.dts', 'dts', BOARD],
    ['board.dtb', 'dtb', BOARD],
    ['board.decompiled.dts', 'dts', BOARD],
    ['wide.dts', 'dts', WIDE],
    ['wide.dtb', 'dtb', WIDE],
    ['wide.decompiled.dts', 'dts', WIDE],
  ])(
    '%s has the same partitions as source, as dtc compiles it, and as dtc decompiles that',
    (name, format, expected) => {
      const table = read(name);
      expect(table.format).toBe(format);
      expect(lines(table)).toEqual(expected);
    },
  );

  test('gives the address of a partition of a partition', () => {
    const table = read('wide.dtb');
    expect(placeOf(findPartition(table, 'rootfs'), table)).toEqual({ physBase: 0x8440000, size: 0x800000 });
  });

  test('says why a serial flash has no address', () => {
    expect(findPartition(read('board.dtb'), 'spi-rootfs').noBase).toBe('/spi/flash@0 is on a bus without addresses');
  });

  const flash = (partition: string, more = ''): string => `/dts-v1/;
/ {
  #address-cells = <1>;
  #size-cells = <1>;
  flash@8000000 {
    compatible = "cfi-flash";
    reg = <0x8000000 0x100000${more}>;
    partitions {
      compatible = "fixed-partitions";
      #address-cells = <1>;
      #size-cells = <1>;
      ${partition}
    };
  };
};
`;

  test.each([
    [
      'macros',
      '#define AT 0x1000\n#define SIZE (AT * 2 + (1 << 4) - 0x10)',
      'p@1000 { reg = <AT SIZE>; };',
      'p 1000+2000',
    ],
    ['operators', '', 'p { reg = <(0x10|0x1000-16) ((3 > 2) ? 0x4000/2 : 1)>; };', 'p ff0+2000'],
    ['/bits/ 32 and two groups of cells', '', 'p { reg = /bits/ 32 <0x1000>, <4096>; };', 'p 1000+1000'],
    ['bytes', '', 'p { reg = [00 00 10 00 00002000]; };', 'p 1000+2000'],
    ['a comment in a value', '', 'p { reg = <0x1000 /* here // */ 0x2000>; // there\n };', 'p 1000+2000'],
    ['octal and C suffixes', '', 'p { reg = <010000 0x2000UL>; };', 'p 1000+2000'],
    ['a node given twice', '', 'p { reg = <0 1>; }; p { reg = <0x1000 0x2000>; };', 'p 1000+2000'],
    ['a deleted node', '', 'q { reg = <0 1>; }; /delete-node/ q; p { reg = <0x1000 0x2000>; };', 'p 1000+2000'],
  ])('may have %s', (_what, head, partition, expected) => {
    const [found] = parse(head + '\n' + flash(partition)).partitions;
    expect(found === undefined ? '' : line(found)).toBe(`${expected} at 8000000`);
  });

  test('of several banks has no address, as a concatenated device cannot be mapped', () => {
    const [partition] = parse(flash('p { reg = <0 0x1000>; };', ' 0x9000000 0x100000')).partitions;
    expect(partition?.noBase).toMatch(/2 banks, which Linux concatenates/);
  });

  test.each([
    [
      'p { reg = <0x1000 0x100000>; };',
      'the partition "p" (/flash@8000000/partitions/p) extends past the end of its flash, 1048576 bytes',
    ],
    ['p { reg = <0x1000>; };', '/flash@8000000/partitions/p: reg has 1 cells, not a multiple of 2'],
    [
      'p { reg = <UNKNOWN 0x1000>; };',
      '/flash@8000000/partitions/p: reg has macros or references: preprocess the file (cpp -nostdinc), or use the .dtb',
    ],
    ['p { reg = [00 10]; };', '/flash@8000000/partitions/p: reg does not consist of 32-bit cells'],
    ['p { reg = <0 0x1000> };', '12:28: expected "," or ";", not "}"'],
    ['p { reg = <0 0x1000; };', '12:26: expected a number or ">", not ";"'],
    ['p { label = "p; };', '12:19: a string does not end on its line'],
    ['p { reg = <(1/0) 1>; };', '12:20: a division by zero'],
    ['p { reg = <0x100000000 1>; };', '12:18: the number does not fit into 32 bits'],
    ['/* p', '16:1: a comment does not end'],
    ['#ifdef X', '12:1: #ifdef is not supported: preprocess the file (cpp -nostdinc), or use the .dtb'],
    ['/include/ "board.dts"', '1:1: files include each other more than 16 deep'],
    ['a {'.repeat(80), '12:190: nodes are nested deeper than 64'],
    ['p { reg = <' + '('.repeat(100), '12:84: an expression is nested deeper than 64'],
    ['', 'it has no partitions'],
  ])('as source is refused with line and column: %j', (partition, found) => {
    const source = flash(partition).replace(/\/include\/ "board.dts"/, '');
    const recursive: IncludeReader = (name) => ({ name, text: `#include "${name}"` });
    if (partition.startsWith('/include/')) {
      expect(() => readPartitionTable(text(`#include "x"\n${source}`), 'table', recursive)).toThrow(
        expect.objectContaining({
          details: expect.objectContaining({ problems: [{ line: 1, column: 1, message: found.slice(5) }] }),
        }),
      );
    } else expect(fault(source)).toBe(found);
  });

  test('with macros that multiply is refused within bounded work', () => {
    const macros = Array.from({ length: 20 }, (_, index) => `#define M${index} (${`M${index + 1}+`.repeat(40)}1)`);
    expect(fault(`${macros.join('\n')}\n${flash('p { reg = <M0 1>; };')}`)).toMatch(/reg has macros/);
  });

  test.each([
    ['a size larger than the file', 4, 0xffffffff, /the device tree has 4294967295 bytes, and the file/],
    ['a structure outside of it', 8, 0xfffffff0, /structure of the device tree would extend past its end/],
    ['an unaligned structure', 8, 57, /not aligned|extend past/],
    ['strings outside of it', 12, 0x7fffffff, /strings of the device tree would extend past its end/],
    ['an old version', 20, 3, /version 3 of the format is not supported/],
  ])('as .dtb with %s is refused', (_what, offset, value, found) => {
    const bytes = file('board.dtb').slice();
    new DataView(bytes.buffer).setUint32(offset, value);
    expect(fault(bytes)).toMatch(found);
  });

  test('as .dtb that is cut at any byte is refused', () => {
    const bytes = file('board.dtb');
    for (let length = 4; length < bytes.length; length += 3)
      expect(fault(bytes.subarray(0, length))).not.toBe('no fault');
  });

  test('as .dtb with any word replaced is read or refused, and nothing else', () => {
    const bytes = file('wide.dtb');
    for (let offset = 0; offset < bytes.length - 3; offset += 4) {
      for (const value of [0, 2, 0xffffffff]) {
        const damaged = bytes.slice();
        new DataView(damaged.buffer).setUint32(offset, value);
        expect(typeof fault(damaged)).toBe('string');
      }
    }
  });
});

describe('mtdparts', () => {
  test('is read from a command line, one device after the other', () => {
    const table = read('mtdparts.txt');
    expect(lines(table)).toEqual([
      'boot 0+10000',
      'kernel 10000+500000',
      'rootfs 5c0000+900000',
      'etc ec0000+rest',
      'uboot 0+100000',
      'data 100000+rest',
    ]);
    expect(findPartition(table, '42000000.flash:rootfs').device).toBe('42000000.flash');
  });

  test.each([
    ['mtdparts=a:4k', ['Part_000 0+1000']],
    ['mtdparts=a:0x1000(x)ro,010000(y)lk,1m@8m(z)roslc', ['x 0+1000', 'y 1000+1000', 'z 800000+100000']],
    ['mtdparts=0:flash:4k(a:b)', ['a:b 0+1000']],
    ['mtdparts=a:4k@4k(x),4k@0(y)', ['x 1000+1000', 'y 0+1000']],
  ])('%s', (content, expected) => {
    expect(lines(parse(content))).toEqual(expected);
  });

  test.each([
    ['mtdparts=4k(x)', '1:10: expected the name of an MTD device and ":"'],
    ['mtdparts=a:(x)', '1:12: expected a size'],
    ['mtdparts=a:4k@(x)', '1:15: expected an offset'],
    ['mtdparts=a:4k(x', '1:14: the ")" after the name is missing'],
    ['mtdparts=a:512(x)', '1:12: a size of 512 is less than a page'],
    ['mtdparts=a:-(x),4k(y)', '1:17: no partitions can follow one of size "-"'],
    ['mtdparts=a:4k(x)rw', '1:17: expected "," or the end, not "r"'],
    ['mtdparts=a:99999999999g(x)', '1:12: a size 99999999999g is not a usable number'],
    ['mtdparts=a:4k(x),4k(x)', 'two partitions have the name "x"'],
    ['mtdparts=', '1:10: expected the name of an MTD device and ":"'],
  ])('is refused with its column: %s', (content, found) => {
    expect(fault(content)).toBe(found);
  });
});

describe('a name', () => {
  test('that the table does not have is refused with those it has', () => {
    expect(() => findPartition(read('esp32s31.bin'), 'root')).toThrow(
      'it has no partition "root"; its partitions are "nvs", "phy_init", "boot", "kernel", "rootfs", "etc"',
    );
  });

  test('that two devices have needs the device', () => {
    const table = parse('mtdparts=a:4k(x);b:8k(x)');
    expect(() => findPartition(table, 'x')).toThrow('several devices have a partition "x": use "a:x" or "b:x"');
    expect(findPartition(table, 'b:x').size).toBe(8192);
  });
});

test.each([
  [new Uint8Array(100), /neither an ESP-IDF table/],
  ['hello', /not an ESP-IDF table, a device tree or an mtdparts string/],
  ['', /not an ESP-IDF table/],
])('what is no table is refused', (content, found) => {
  expect(fault(content)).toMatch(found);
});

test('MD5 is that of RFC 1321', () => {
  for (const content of ['', 'a', 'message digest', 'x'.repeat(55), 'x'.repeat(56), 'x'.repeat(64), 'x'.repeat(1000)]) {
    expect(Buffer.from(md5(text(content))).toString('hex')).toBe(createHash('md5').update(content).digest('hex'));
  }
});
