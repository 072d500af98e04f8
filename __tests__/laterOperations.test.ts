/**
 * What becomes of a mapping after mmap(): held against the actions in a real kernel's transcripts, and against the table
 * of observed operations.
 */
import { describe, expect, test } from '@jest/globals';
import { CramfsImage } from '../lib/image/image.ts';
import { kernelModel } from '../lib/driver/models/named.ts';
import { AddressSpace } from '../lib/mm/addressSpace.ts';
import type { Vma } from '../lib/mm/vma.ts';
import { Board } from '../lib/verdict/board.ts';
import { mapInNewProcess } from '../lib/verdict/process.ts';
import { fixture, jsonLines } from './support/fixtures.ts';

interface Action {
  readonly action: string;
  readonly errno?: string;
  readonly fork_errno?: string;
  readonly touch?: string;
  readonly maps_offset?: string;
}

interface Vector {
  readonly image: string;
  readonly path: string;
  readonly length: number;
  readonly offset: number;
  readonly prot: string;
  readonly flags: string;
  readonly touch?: string;
  readonly actions?: readonly Action[];
}

const LETTERS = { ok: 'o', SIGBUS: 'B', SIGSEGV: 'S', killed: 'K' } as const;
const PAGE = 4096;

function touchAll(mm: AddressSpace, vma: Vma): string {
  const pages = (vma.end - vma.start) / PAGE;
  return Array.from({ length: pages }, (_, page) => LETTERS[mm.readPage(vma, page).touch]).join('');
}

function writeAll(mm: AddressSpace, vma: Vma): string {
  const pages = (vma.end - vma.start) / PAGE;
  const byte = Uint8Array.of(0xa5);
  return Array.from({ length: pages }, (_, page) => LETTERS[mm.write(vma, page, 0, byte)]).join('');
}

const hex = (value: number): string => `0x${value.toString(16)}`;

/** Does one action of a transcript, and tells what it tells. */
function act(mm: AddressSpace, vma: Vma, action: Action): Action {
  switch (action.action) {
    case 'fork': {
      const child = mm.fork();
      if (!(child instanceof AddressSpace)) return { action: 'fork', fork_errno: child.errno };
      const [copy] = child.vmas;
      if (copy === undefined) throw new Error('the child has no mapping');
      return { action: 'fork', touch: touchAll(child, copy), maps_offset: hex(copy.pgoff * PAGE) };
    }
    case 'mprotw': {
      const errno = mm.mprotect(vma, { read: true, write: true, exec: false });
      if (typeof errno === 'object' && errno !== null) throw new Error(errno.bug);
      return { action: 'mprotw', errno: errno ?? 'OK', touch: writeAll(mm, vma), maps_offset: hex(vma.pgoff * PAGE) };
    }
    case 'unmap1': {
      const errno = mm.munmap(vma.start, PAGE);
      return { action: 'unmap1', errno: errno ?? 'OK', maps_offset: hex((mm.vmas[0]?.pgoff ?? 0) * PAGE) };
    }
    case 'dontneed':
      return {
        action: 'dontneed',
        errno: mm.madviseDontneed(vma.start, vma.end - vma.start) ?? 'OK',
        touch: touchAll(mm, vma),
      };
    default:
      throw new Error(`no such action: ${action.action}`);
  }
}

/** Maps a file in a process of its own. */
function mapped(board: Board, vector: Omit<Vector, 'image' | 'flags'> & { readonly flags?: string }) {
  const request = {
    offset: vector.offset,
    length: vector.length,
    read: vector.prot.includes('r'),
    write: vector.prot.includes('w'),
    exec: vector.prot.includes('x'),
    shared: vector.flags?.includes('shared') ?? false,
  };
  const process = mapInNewProcess(board, board.open(vector.path), request, null);
  if (!('vma' in process.result)) throw new Error('mmap failed');
  return { mm: process.mm, vma: process.result.vma };
}

describe.each([
  { file: 'base', kernel: 'linux-4.15', stackInit: 0, physBits: 40 },
  { file: 'v617-pb46', kernel: 'linux-6.17', stackInit: 0, physBits: 46 },
  { file: 'v1-zero-pb46', kernel: 'patch-v1', stackInit: 0, physBits: 46 },
  { file: 'v1fixpfn-zero', kernel: 'patch-v1-pfn-fixed', stackInit: 0, physBits: 40 },
  { file: 'v1fixpfn-pattern', kernel: 'patch-v1-pfn-fixed', stackInit: 0xfefefefe, physBits: 40 },
])('$file', ({ file, kernel, ...options }) => {
  const vectors = jsonLines<Vector>(`patch/${file}.jsonl.gz`).filter((vector) => (vector.actions?.length ?? 0) > 0);
  // These ran on 6.1, whose kernels reserve memory types, whatever the module in them did.
  const model = { ...kernelModel(kernel), vmPat: true };

  test('acts as the kernel did', () => {
    expect(vectors.length).toBeGreaterThan(20);
    for (const vector of vectors) {
      const image = CramfsImage.open(fixture(`patch/${vector.image}.cramfs.gz`));
      const { mm, vma } = mapped(new Board(image, { ...options, regionSize: 1 << 26, kernel: model }), vector);
      const about = [vector.path, vector.flags, vector.offset, vector.length];
      expect([...about, touchAll(mm, vma)]).toEqual([...about, vector.touch]);
      for (const action of vector.actions ?? []) {
        const { action: name, errno, fork_errno, touch, maps_offset } = action;
        expect([about, act(mm, vma, action)]).toEqual([
          about,
          Object.fromEntries(
            Object.entries({ action: name, errno, fork_errno, touch, maps_offset }).filter(
              ([, value]) => value !== undefined,
            ),
          ),
        ]);
      }
    }
  });
});

describe('a file mapped whole and one mapped in part', () => {
  const image = CramfsImage.open(fixture('patch/adv.cramfs.gz'));
  const board = new Board(image);
  const whole = { path: '/a_pm4', length: 4 * PAGE, offset: 0, prot: 'r' };
  const part = { path: '/a_pm4', length: 5 * PAGE, offset: 0, prot: 'r' };

  test('a write to a private copy is seen by the process, and by nobody else', () => {
    const { mm, vma } = mapped(board, whole);
    mm.mprotect(vma, { read: true, write: true, exec: false });
    expect(mm.write(vma, 1, 7, Uint8Array.of(1, 2, 3))).toBe('ok');
    const view = mm.readPage(vma, 1);
    expect(view.touch === 'ok' && [...(view.bytes?.slice(7, 10) ?? [])]).toEqual([1, 2, 3]);
    expect(mm.pageTable.get(vma.start / PAGE + 1)?.kind).toBe('folio');
    expect(mm.pageTable.get(vma.start / PAGE)?.kind).toBe('direct');
    const other = mapped(board, whole);
    const fresh = other.mm.readPage(other.vma, 1);
    expect(fresh.touch === 'ok' && [...(fresh.bytes?.slice(7, 10) ?? [])]).not.toEqual([1, 2, 3]);
  });

  test('page frames cannot grow; a mixed map can, and keeps its direct pages', () => {
    const frames = mapped(board, whole);
    expect(frames.mm.mremap(frames.vma, 6 * PAGE)).toEqual({ errno: 'EFAULT' });
    const mixed = mapped(board, part);
    const grown = mixed.mm.mremap(mixed.vma, 6 * PAGE);
    if ('errno' in grown) throw new Error('mremap failed');
    expect(mixed.mm.pageTable.directRuns(grown.start / PAGE, 6)).toHaveLength(1);
    expect(touchAll(mixed.mm, grown)).toBe('ooooBB');
    expect(mixed.mm.mremap(grown, 2 * PAGE)).toMatchObject({ start: grown.start, end: grown.start + 2 * PAGE });
  });

  test('a mixed map with room behind it cannot grow; one without special pages grows where it is', () => {
    const mixed = mapped(board, part);
    const short = mixed.mm.mremap(mixed.vma, 2 * PAGE);
    if ('errno' in short) throw new Error('mremap failed');
    expect(mixed.mm.mremap(short, 5 * PAGE)).toEqual({ errno: 'ENOMEM' });
    expect(touchAll(mixed.mm, short)).toBe('oo');
    const paged = mapped(board, { ...part, prot: 'rw' });
    const cut = paged.mm.mremap(paged.vma, 2 * PAGE);
    if ('errno' in cut) throw new Error('mremap failed');
    expect(paged.mm.mremap(cut, 5 * PAGE)).toMatchObject({ start: cut.start, end: cut.start + 5 * PAGE });
  });

  test('mprotect to the protection that is there splits nothing, another splits', () => {
    const { mm, vma } = mapped(board, whole);
    expect(mm.mprotectRange(vma.start + PAGE, PAGE, { read: true, write: false, exec: false })).toBeNull();
    expect(mm.vmas).toHaveLength(1);
    expect(mm.mprotectRange(vma.start + PAGE, PAGE, { read: false, write: false, exec: false })).toBeNull();
    expect(mm.vmas).toHaveLength(3);
  });

  test('MADV_DONTNEED drops the direct pages of a mixed map for good', () => {
    const { mm, vma } = mapped(board, part);
    expect(mm.pageTable.directRuns(vma.start / PAGE, 5)).toEqual([{ page: 0, pages: 4, pfn: 0x10009 }]);
    expect(mm.madviseDontneed(vma.start, vma.end - vma.start)).toBeNull();
    expect(touchAll(mm, vma)).toBe('ooooB');
    expect(mm.pageTable.directRuns(vma.start / PAGE, 5)).toEqual([]);
  });

  test('fork after a copied first page: ENOMEM where memory types are reserved, else it works', () => {
    for (const [model, works] of [
      ['linux-4.15', false],
      ['linux-6.18', true],
    ] as const) {
      const { mm, vma } = mapped(board.variant({ kernel: kernelModel(model) }), whole);
      mm.mprotect(vma, { read: true, write: true, exec: false });
      mm.write(vma, 0, 0, Uint8Array.of(9));
      const child = mm.fork();
      expect(child instanceof AddressSpace).toBe(works);
      if (child instanceof AddressSpace) {
        const [copy] = child.vmas;
        const view = copy === undefined ? null : child.readPage(copy, 0);
        expect(view?.touch === 'ok' && view.bytes?.[0]).toBe(9);
      }
    }
  });

  test('mlock leaves page frames alone, and fills the rest of a mixed map up to the end of the file', () => {
    const frames = mapped(board, whole);
    expect(frames.mm.mlock(frames.vma.start, frames.vma.end - frames.vma.start)).toBeNull();
    expect(frames.vma.vmFlags & 0x2000).toBe(0);
    const mixed = mapped(board, part);
    expect(mixed.mm.mlock(mixed.vma.start, mixed.vma.end - mixed.vma.start)).toBe('ENOMEM');
  });
});
