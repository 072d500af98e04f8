/**
 * What a process does with a mapping once it has it, one action after the other, and what it sees then: the `acts` of a
 * batch line, in the words of the lab's transcripts.
 */
import { CramfsError } from '../base/errors.ts';
import { crc32, crcHex } from '../format/crc32.ts';
import { AddressSpace, type MmapRequest, type Touch } from '../mm/addressSpace.ts';
import type { Errno } from '../mm/errno.ts';
import { mincore } from '../mm/operations/mincore.ts';
import { readProcMem, writeFromMapping } from '../mm/operations/userAccess.ts';
import { type Vma, vmaPages } from '../mm/vma.ts';
import { VM_EXEC, vmFlagNames } from '../mm/vmFlags.ts';
import type { MappedProcess } from './process.ts';

/**
 * Actions by name; `mprot=PROT` takes letters of "rwx", or "-". `procmem` reads the first bytes through /proc/self/mem,
 * `bufuse` gives them to write(2), `call` jumps to them.
 */
export const ACTIONS = [
  'mprot',
  'fork',
  'dontneed',
  'grow',
  'move',
  'second',
  'unmap1',
  'mlock',
  'mincore',
  'procmem',
  'bufuse',
  'call',
] as const;

/** An action, as its name and its protection. */
export interface Action {
  /** As it was written. */
  readonly text: string;
  readonly name: (typeof ACTIONS)[number];
  readonly prot: string;
}

/** What a mapping looks like after an action. */
interface View {
  readonly vmFlags?: readonly string[] | undefined;
  readonly mapsOffset?: number | undefined;
  readonly vmaPages?: number | undefined;
  /** Direct entries, as runs. */
  readonly direct?: readonly { readonly page: number; readonly pages: number; readonly pfn: number }[] | undefined;
  /** A letter a page: o read, B SIGBUS, S SIGSEGV, K killed. */
  readonly touch?: string | undefined;
  readonly crc?: readonly (string | null)[] | undefined;
  /** With a writable protection: a letter for a write into each page, and the direct entries after it. */
  readonly writeTouch?: string | undefined;
  readonly writeDirect?: View['direct'];
  /** Lines that cramfs logged. */
  readonly log?: readonly string[] | undefined;
  /** What mincore() says of each page: 1 in memory, 0 not. */
  readonly mincore?: string | undefined;
  /** The signal that a jump to the first byte gives; undefined where the code would run. */
  readonly signal?: 'SIGSEGV' | 'SIGBUS' | 'SIGKILL' | undefined;
}

/** What came of an action; without `errno` the call did not return. */
export interface ActionOutcome extends View {
  readonly action: string;
  readonly errno?: Errno | null | undefined;
}

/**
 * Reads actions: names separated by commas.
 *
 * @throws CramfsError USAGE for what is not an action
 */
export function parseActions(text: string): Action[] {
  return text.split(',').map((each) => {
    const [word = '', prot] = each.trim().split('=');
    const name = ACTIONS.find((known) => known === word);
    const fits = name === 'mprot' ? /^(?:-|none|[rwx]+)$/.test(prot ?? '') : prot === undefined;
    if (name !== undefined && fits) return { text: each.trim(), name, prot: prot === 'none' ? '-' : (prot ?? '') };
    throw new CramfsError('USAGE', {
      found: `"${each}" is not an action; there are ${ACTIONS.join(', ')} (mprot as in mprot=rx)`,
    });
  });
}

const LETTERS: Readonly<Record<Touch, string>> = { ok: 'o', SIGBUS: 'B', SIGSEGV: 'S', killed: 'K' };

const SIGNALS = { ok: undefined, SIGBUS: 'SIGBUS', SIGSEGV: 'SIGSEGV', killed: 'SIGKILL' } as const;

/** Runs actions until one of them kills the kernel; `bug` then says how. */
export function runActions(
  mapped: MappedProcess,
  vma: Vma,
  request: MmapRequest,
  actions: readonly Action[],
): { readonly outcomes: readonly ActionOutcome[]; readonly bug: string | null } {
  const outcomes: ActionOutcome[] = [];
  let current: Vma | null = vma;
  for (const action of actions) {
    if (current === null) break;
    const result = runOne(mapped, current, request, action);
    outcomes.push({ action: action.text, ...result.outcome });
    if (result.bug !== undefined) return { outcomes, bug: result.bug };
    current = result.vma;
  }
  return { outcomes, bug: null };
}

interface Step {
  readonly outcome: Omit<ActionOutcome, 'action'>;
  readonly bug?: string;
  /** The mapping that later actions are about; null where it is gone. */
  readonly vma: Vma | null;
}

function runOne({ mm, openFile }: MappedProcess, vma: Vma, request: MmapRequest, { name, prot }: Action): Step {
  const { pageSize } = mm.kernel.cpu;
  switch (name) {
    case 'mprot': {
      const [read, write, exec] = ['r', 'w', 'x'].map((letter) => prot.includes(letter));
      const errno = mm.mprotect(vma, { read: read === true, write: write === true, exec: exec === true });
      if (typeof errno === 'object' && errno !== null) return { outcome: {}, bug: errno.bug, vma };
      if (errno !== null) return { outcome: { errno, ...seen(mm, vma) }, vma };
      const view = seen(mm, vma);
      return { outcome: { errno, ...view, ...(write === true ? written(mm, vma) : {}) }, vma };
    }
    case 'fork': {
      const child = mm.fork();
      if (!(child instanceof AddressSpace)) return { outcome: { errno: child.errno }, vma };
      const copy = child.vmas.find(({ start }) => start === vma.start);
      if (copy === undefined) return { outcome: { errno: null }, vma };
      return { outcome: { errno: null, ...contents(child, copy) }, vma };
    }
    case 'dontneed':
      return { outcome: { errno: mm.madviseDontneed(vma.start, vma.end - vma.start), ...contents(mm, vma) }, vma };
    case 'grow':
    case 'move': {
      const grown = name === 'grow' ? mm.mremap(vma, vma.end - vma.start + pageSize) : vma;
      return 'errno' in grown ? { outcome: grown, vma } : { outcome: { errno: null, ...seen(mm, grown) }, vma: grown };
    }
    case 'second': {
      const before = mm.kernel.log.length;
      const result = mm.mmap(openFile, { ...request, address: undefined, neighbour: false });
      const log = mm.kernel.log.slice(before);
      if ('errno' in result) return { outcome: { errno: result.errno, log }, vma };
      if ('bug' in result) return { outcome: { log }, bug: result.bug, vma };
      return { outcome: { errno: null, log, ...shape(mm, result.vma) }, vma };
    }
    case 'unmap1': {
      const errno = mm.munmap(vma.start, pageSize);
      const rest = mm.vmas.find(({ start }) => start === vma.start + pageSize) ?? null;
      return { outcome: { errno, ...(rest === null ? {} : shape(mm, rest)) }, vma: rest };
    }
    case 'mlock': {
      const errno = mm.mlock(vma.start, vma.end - vma.start);
      const locked = mm.vmas.find(({ start }) => start === vma.start) ?? vma;
      return { outcome: { errno, ...seen(mm, locked) }, vma: locked };
    }
    case 'mincore': {
      const inMemory = mincore(mm, vma).map((is) => (is ? '1' : '0'));
      return { outcome: { errno: null, mincore: inMemory.join('') }, vma };
    }
    case 'procmem':
      return { outcome: { errno: readProcMem(mm, vma) }, vma };
    case 'bufuse':
      return { outcome: { errno: writeFromMapping(mm, vma) }, vma };
    case 'call':
      return {
        outcome: { signal: (vma.vmFlags & VM_EXEC) === 0 ? 'SIGSEGV' : SIGNALS[mm.fetchPage(vma, 0).touch] },
        vma,
      };
  }
}

/** What the kernel shows of a mapping. */
function shape(mm: AddressSpace, vma: Vma): View {
  const { pageSize } = mm.kernel.cpu;
  return {
    vmFlags: vmFlagNames(vma.vmFlags),
    mapsOffset: vma.pgoff * pageSize,
    vmaPages: vmaPages(vma, pageSize),
    direct: mm.pageTable.directRuns(vma.start / pageSize, vmaPages(vma, pageSize)),
  };
}

/** The same, and what the process reads. */
function seen(mm: AddressSpace, vma: Vma): View {
  return { ...shape(mm, vma), ...contents(mm, vma) };
}

function contents(mm: AddressSpace, vma: Vma): View {
  const { pageSize } = mm.kernel.cpu;
  const pages = vmaPages(vma, pageSize);
  const direct = mm.pageTable.directRuns(vma.start / pageSize, pages);
  const views = Array.from({ length: pages }, (_, page) => mm.readPage(vma, page));
  return {
    direct,
    touch: views.map(({ touch }) => LETTERS[touch]).join(''),
    crc: views.map((view) => (view.touch === 'ok' && view.bytes !== null ? crcHex(crc32(view.bytes)) : null)),
  };
}

/** What is written into each page, at its second byte: "W", as the lab does. */
const WRITTEN = Uint8Array.of(0x57);

/** A write into each page. */
function written(mm: AddressSpace, vma: Vma): View {
  const { pageSize } = mm.kernel.cpu;
  const pages = vmaPages(vma, pageSize);
  const touches = Array.from({ length: pages }, (_, page) => mm.write(vma, page, 1, WRITTEN));
  return {
    writeTouch: touches.map((touch) => LETTERS[touch]).join(''),
    writeDirect: mm.pageTable.directRuns(vma.start / pageSize, pages),
  };
}
