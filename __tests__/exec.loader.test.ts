/** Rules of the ELF loader that random programs and recordings of real kernels have shown. */
import { expect, test } from '@jest/globals';
import { dynamicObject, elfFile, type ElfSpec } from './support/elfFile.ts';
import { exec, type Tree } from './support/execTree.ts';

const program = (spec: Partial<ElfSpec>, segment = {}): Uint8Array =>
  elfFile({ size: 0x2000, entry: 0x100, segments: [{ type: 1, fileSize: 0x1800, flags: 5, ...segment }], ...spec });
const start = (tree: Tree, path = '/p') => exec(tree, { path, cpu: 'x86-64' });

test('a static PIE that wants more than a page of alignment is mapped, unmapped and mapped again', () => {
  const lines = (align: number): number =>
    start({ p: program({}, { align }) }).log.filter((line) => line.includes('mapped p[0]')).length;
  expect([lines(0x1000), lines(0x10000)]).toEqual([1, 2]);
});

test('a program over the stack is killed, and nothing is mapped', () => {
  const { outcome, log } = start({ p: program({ type: 2, entry: 0xfffe_0100 }, { vaddr: 0xfffe_0000 }) });
  expect(outcome).toMatchObject({ kind: 'killed', signal: 'SIGSEGV' });
  expect(log).toEqual([]);
});

test('the first segment of an interpreter of type ET_EXEC is mapped as long as the whole', () => {
  const segments = [
    { type: 1, fileSize: 0x1000, flags: 5, vaddr: 0x40_0000 },
    { type: 1, fileSize: 0x1000, flags: 4, offset: 0x1000, vaddr: 0x40_3000 },
  ];
  const int = elfFile({ size: 0x2000, type: 2, entry: 0x40_0100, segments });
  const { log } = start({ p: dynamicObject({ interpreter: '/int' }), int });
  expect(log).toContainEqual(expect.stringMatching(/mapped int\[0\] at .* \(2\/4 pages\)/));
});

test('an interpreter of another type kills the process, one of another class is ELIBBAD', () => {
  const p = dynamicObject({ interpreter: '/int' });
  expect(start({ p, int: program({ type: 5 }) }).outcome).toMatchObject({ kind: 'killed', signal: 'SIGSEGV' });
  expect(start({ p, int: program({ machine: 62, bits: 64 }) }).outcome).toMatchObject({ errno: 'ELIBBAD' });
});

test('the machine decides on class and byte order, whatever the first bytes say', () => {
  const lying = program({});
  lying.set([2, 2], 4);
  expect(start({ p: lying }).outcome.kind).toBe('runs');
  expect(start({ p: program({ machine: 40 }) }).outcome).toMatchObject({ errno: 'ENOEXEC' });
});

test('a script without an interpreter opens the empty path, which is a directory', () => {
  expect(start({ p: '#!' }).outcome).toMatchObject({ kind: 'failed', errno: 'EACCES' });
});
