/** mmap() on kernels of 32 bits: what a program can ask for, and where file offsets end. */
import { describe, expect, test } from '@jest/globals';
import { CramfsImage } from '../lib/image/image.ts';
import { Board } from '../lib/verdict/board.ts';
import { fixture } from './support/fixtures.ts';

const image = CramfsImage.open(fixture('images/mini-XX.cramfs.gz'));
const PATH = '/bin/hello';
const GIB = 2 ** 30;

describe.each(['arm', 'arm-lpae', 'i386', 'riscv32'] as const)('on %s', (cpu) => {
  const board = new Board(image, { physBase: 0x1000_0000, regionSize: 2 ** 26, cpu });
  const errno = (path: string, length: number, offset: number) => board.map({ path, length, offset }).errno;

  test.each([
    ['whose lower 32 bits are 0 is 0', 2 ** 47, 'EINVAL'],
    ['of all but a page of 4 GiB has no room', 4 * GIB - 4096, 'ENOMEM'],
    ['that is 0 once it is rounded up to pages has no room', 4 * GIB - 1, 'ENOMEM'],
    ['loses what does not fit into 32 bits', 4 * GIB + 4096, null],
  ])('a length %s', (_, length, expected) => {
    expect(errno(PATH, length, 0)).toBe(expected);
  });

  test.each([
    ['that mmap2() has no room for is refused by the C library', 2 ** 44, 'EINVAL'],
    ['of the last page ends past all page numbers', 2 ** 44 - 4096, 'EOVERFLOW'],
    ['of the last page but one is past end of file', 2 ** 44 - 8192, null],
  ])('an offset %s', (_, offset, expected) => {
    expect(errno(PATH, 4096, offset)).toBe(expected);
  });

  test('a directory has offsets up to ULONG_MAX', () => {
    expect(errno('/', 4096, 4 * GIB - 8192)).toBe('ENODEV');
    expect(errno('/', 4096, 4 * GIB - 4096)).toBe('EOVERFLOW');
    expect(errno('/', 4096, 4 * GIB)).toBe('EOVERFLOW');
  });
});

test('on x86-64 a directory has any offset', () => {
  const board = new Board(image, { physBase: 0x1000_0000, regionSize: 2 ** 26, cpu: 'x86-64' });
  expect(board.map({ path: '/', length: 4096, offset: 2 ** 63 - 4096 }).errno).toBe('ENODEV');
});
