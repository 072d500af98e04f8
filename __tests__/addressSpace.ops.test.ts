/**
 * What a process did with its mappings of a cramfs file, part by part, in Linux 6.1: munmap, mprotect, madvise, mlock,
 * mremap, fork and writes, with the mappings and the content of each page after each of them.
 */
import { expect, test } from '@jest/globals';
import { kernelModel } from '../lib/driver/models/named.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { AddressSpace } from '../lib/mm/addressSpace.ts';
import type { Errno } from '../lib/mm/errno.ts';
import { type Vma, vmaPages } from '../lib/mm/vma.ts';
import { VM_EXEC, VM_READ, VM_SHARED, VM_MAYSHARE, vmFlagNames, VM_WRITE } from '../lib/mm/vmFlags.ts';
import { Board } from '../lib/verdict/board.ts';
import { mapInNewProcess } from '../lib/verdict/process.ts';
import { fixture, jsonLines } from './support/fixtures.ts';

interface OpsRecord {
  readonly type: string;
  readonly argv: readonly string[];
  readonly output: string;
}

const PAGE = 4096;
const board = new Board(CramfsImage.open(fixture('ops/ops.cramfs.gz')), {
  physBase: 0x1000_0000,
  regionSize: 64 * 1024 * 1024,
  kernel: kernelModel('linux-6.1'),
});
const records = jsonLines<OpsRecord>('ops/ops@6.1.jsonl.gz').filter(({ type }) => type === 'exec');

/** The checksum of the program that was run: s × 31 + byte, in 32 bits. */
function checksum(bytes: Uint8Array): string {
  let sum = 0;
  for (const byte of bytes) sum = (Math.imul(sum, 31) + byte) >>> 0;
  return sum.toString(16).padStart(8, '0');
}

interface Outcome {
  readonly result: string;
  readonly base: number;
  readonly signal?: string | undefined;
}

/** A mapping as the program printed it. */
function shown(mm: AddressSpace, vma: Vma, base: number): string {
  const has = (flag: number, letter: string): string => ((vma.vmFlags & flag) === 0 ? '-' : letter);
  const mode = has(VM_READ, 'r') + has(VM_WRITE, 'w') + has(VM_EXEC, 'x');
  const type = (vma.vmFlags & (VM_SHARED | VM_MAYSHARE)) === 0 ? 'p' : 's';
  const pages = Array.from({ length: vmaPages(vma, PAGE) }, (_, page) => {
    const view = mm.readPage(vma, page);
    if (view.touch === 'ok') return `${checksum(view.bytes ?? new Uint8Array(PAGE))}.`;
    return view.touch === 'SIGBUS' ? 'B.' : 'S.';
  });
  const range = `${(vma.start - base).toString(16)}+${vmaPages(vma, PAGE).toString(16)}`;
  const offset = (vma.pgoff * PAGE).toString(16);
  return `{${range} ${mode}${type} ${offset} ${vmFlagNames(vma.vmFlags).join(' ')}  ${pages.join('')}}`;
}

function state(mm: AddressSpace, base: number): string {
  const ofFile = mm.vmas.filter(({ file }) => file.name === 'full');
  return `[${ofFile.map((vma) => shown(mm, vma, base)).join(',')}]`;
}

/** The signal of a write, as the program printed it before the operation. */
const SIGNALS: Readonly<Record<string, string>> = { SIGSEGV: 'sig11 ', SIGBUS: 'sig7 ' };

/** One operation: what it returned, and where the mapping begins afterwards. */
function run(mm: AddressSpace, base: number, op: string): Outcome {
  const [name = '', first = '0', second = '0', prot = '-'] = op.split(',');
  const [a, b] = [Number(first), Number(second)];
  const address = base + a * PAGE;
  const done = (errno: Errno | null): Outcome => ({ result: errno ?? 'ok', base });
  switch (name) {
    case 'munmap':
      return done(mm.munmap(address, b * PAGE));
    case 'mprotect': {
      const [read = false, write = false, exec = false] = ['r', 'w', 'x'].map((letter) => prot.includes(letter));
      const errno = mm.mprotectRange(address, b * PAGE, { read, write, exec });
      if (typeof errno === 'object' && errno !== null) throw new Error(errno.bug);
      return done(errno);
    }
    case 'write': {
      const vma = mm.vmas.find(({ start, end }) => start <= address && address < end);
      const touch =
        vma === undefined ? 'SIGSEGV' : mm.write(vma, (address - vma.start) / PAGE, b, Buffer.from('!', 'latin1'));
      return { ...done(null), signal: SIGNALS[touch] };
    }
    case 'dontneed':
      return done(mm.madviseDontneed(address, b * PAGE));
    case 'mlock':
      return done(mm.mlock(address, b * PAGE));
    case 'mremap': {
      const moved = mm.mremapRange(base, a * PAGE, b * PAGE);
      return 'errno' in moved ? done(moved.errno) : { result: 'ok', base: moved.start };
    }
    default: {
      const child = mm.fork();
      return done(child instanceof AddressSpace ? null : child.errno);
    }
  }
}

test.each(
  records.map(({ argv, output }): [string, OpsRecord['argv'], string] => [argv.slice(1).join(' '), argv, output]),
)('%s', (_title, [, path = '', length, prot = '', flags, ...ops], output) => {
  const request = { length: Number(length), offset: 0, shared: flags === 'shared' };
  const { mm, result } = mapInNewProcess(
    board,
    board.open(path),
    { ...request, read: prot.includes('r'), write: prot.includes('w'), exec: prot.includes('x') },
    null,
  );
  if (!('vma' in result)) throw new Error('mmap failed');
  let base = result.vma.start;
  // The kernel's own data for processes lies right after it.
  mm.mmapAnonymous({ address: result.vma.end, length: 4 * PAGE, read: true, write: false, exec: false });
  const lines = [`mmap ok ${state(mm, base)}`];
  for (const op of ops) {
    const { result: returned, base: now, signal = '' } = run(mm, base, op);
    base = now;
    lines.push(`${signal}${op} ${returned} ${state(mm, base)}`);
  }
  expect(lines).toEqual(output.trimEnd().split('\n'));
});
