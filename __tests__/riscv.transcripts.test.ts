/** Real RISC-V kernels with an MMU: fixed ones, and those that die or write elsewhere at an executable entry. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { compareTranscript, countRequests } from '../kernel-lab/host/compare.ts';
import type { LabRecord, LabSetup, LabTranscript, LabVector } from '../kernel-lab/host/record.ts';
import { labBoard, type ReplayOptions } from '../kernel-lab/host/replay.ts';
import { execProgram } from '../lib/exec/execProgram.ts';
import { decodeName } from '../lib/format/names.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { parseActions } from '../lib/verdict/actions.ts';
import type { Board } from '../lib/verdict/board.ts';
import { IcacheFlush } from '../lib/mm/icache.ts';
import { fixture, fixtureNames, jsonLines } from './support/fixtures.ts';
import { riscvTranscript } from './support/transcripts.ts';

/** Transcripts of one image each; root-boots has boots, which are compared one by one. */
const names = fixtureNames('riscv/transcripts').filter((name) => name.includes('@'));
const counts: string[] = [];

interface Recorded {
  readonly transcript: LabTranscript;
  readonly image: CramfsImage;
  readonly options: ReplayOptions;
}

function recorded(name: string): Recorded {
  const { transcript, image } = riscvTranscript(name);
  return { transcript, image, options: machineOf(transcript.setup) };
}

/** What the setups of these transcripts do not record: the size of addresses. */
function machineOf({ variant = '' }: LabSetup): ReplayOptions {
  return { cpu: variant.endsWith('sv39') ? 'riscv64-sv39' : variant.endsWith('sv48') ? 'riscv64-sv48' : undefined };
}

describe.each(names)('%s', (name) => {
  test('mounts, maps, reads and starts programs as the kernel did', () => {
    const { transcript, image, options } = recorded(name);
    expect(compareTranscript(image, transcript, options).slice(0, 40)).toEqual([]);
    const { vectors, reads, programs } = countRequests(transcript.records);
    counts.push(`${name}: ${String(vectors)} vectors, ${String(reads)} reads, ${String(programs)} programs`);
  });
});

/** Looks at memory between requests: whether a frame has a struct page, and which words of RAM have changed. */
interface Look {
  readonly type: string;
  readonly pfn: string;
  readonly pfn_valid: boolean;
  readonly page_readable: boolean;
  readonly flags: string | null;
  readonly changed: number;
  readonly words: readonly (readonly [offset: string, value: string])[];
}

const looksOf = (name: string): Look[] => jsonLines<Look>(`riscv/transcripts/${name}`);
const looking = names.filter((name) => looksOf(name).some(({ type }) => type === 'pfn'));

test.each(looking)('the struct page of a frame is where %s found it, or is not', (name) => {
  const { transcript, image } = recorded(name);
  const { cpu, ram } = labBoard(image, transcript.setup);
  const model = transcript.setup.memory_model === 'FLATMEM' ? 'flatmem' : 'sparsemem';
  for (const look of looksOf(name).filter(({ type }) => type === 'pfn')) {
    const flush = new IcacheFlush(model, cpu, ram);
    expect(flush.pfnValid(Number(look.pfn))).toBe(look.pfn_valid);
    const setBit = (): void => {
      flush.flushIcachePte(Number(look.pfn));
    };
    if (look.page_readable) expect(setBit).not.toThrow();
    else expect(setBit).toThrow('has none: the kernel oopses');
  }
});

/** Frames whose bit the emulation of a request sets; /bin/dyn's own linker, which it does not know, maps a library. */
function flippedBy(board: Board, record: LabRecord): number[] {
  const frames: number[] = [];
  const ofMapping = ({ path, length, offset, prot, acts }: LabVector): void => {
    const verdict = board.map({
      path,
      length,
      offset,
      prot,
      actions: acts === undefined ? undefined : parseActions(acts),
    });
    if (verdict.kind === 'nommu' || verdict.icache === null) return;
    for (let page = 0; page < verdict.icache.pages; page++) frames.push(verdict.icache.pfn + page);
  };
  if (record.type === 'vector') ofMapping(record);
  if (record.type !== 'exec') return frames;
  execProgram(board, {
    path: record.argv[0] ?? '',
    observe: ({ mm }) => {
      const first = board.memory.base / 4096;
      for (let pfn = first; pfn < first + 100; pfn++) if (mm.kernel.icache?.hasFlipped(pfn) === true) frames.push(pfn);
    },
  });
  const [path, flags] = ['/lib/libx.so', 'private'];
  if (record.argv[0] === '/bin/dyn') {
    ofMapping({ type: 'vector', path, length: 0x3000, offset: 0x1000, prot: 'rx', flags });
  }
  return frames;
}

test.each(names.filter((name) => name.includes('+memory')))('the words of RAM that changed in %s', (name) => {
  const { transcript, image } = recorded(name);
  const board = labBoard(image, transcript.setup);
  const asked = transcript.records.values();
  const frames = new Set<number>();
  const checks: number[] = [];
  for (const look of looksOf(name)) {
    if (look.type === 'vector' || look.type === 'exec') {
      const record = asked.next().value;
      if (record !== undefined) for (const pfn of flippedBy(board, record)) frames.add(pfn);
    }
    if (look.type !== 'check') continue;
    // One word a frame, and words as far from each other as the struct pages of the frames.
    expect(look.changed).toBe(frames.size);
    checks.push(look.changed);
    const offsets = look.words.map(([offset]) => Number(offset));
    const sorted = [...frames].sort((x, y) => x - y);
    const bytes = board.cpu.wordBits === 64 ? 56 : 32;
    expect(offsets.map((offset) => (offset - (offsets[0] ?? 0)) / bytes)).toEqual(
      sorted.map((pfn) => pfn - (sorted[0] ?? 0)),
    );
  }
  expect(checks).toEqual([0, 0, 4, 7, 14, 16, 16]);
});

/** A boot with the image as root file system: init is the program. */
interface Boot {
  readonly variant: string;
  readonly image: string;
  readonly init: string;
  readonly kmsg: readonly string[];
  /** Whether init ran to its end. */
  readonly ran: boolean;
}

const boots = decodeName(fixture('riscv/transcripts/root-boots.jsonl.gz'))
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Boot);

/** A boot as the start of a program in the machine of a transcript. Without initramfs the kernel is the same one. */
const asExec = ({ init, kmsg, ran }: Boot): LabRecord => {
  const request = { type: 'exec', argv: [init], signal: null, output: '', kmsg } as const;
  return ran ? { ...request, exit: 0 } : { ...request, exit: null, returned: false };
};

test.each(boots.map((boot) => [boot.init, boot.variant, boot] as const))(
  'init=%s starts from the root file system, or dies, as in %s',
  (_, variant, boot) => {
    const machine = names.find((name) => name.endsWith(`@0x22000000@${variant}.jsonl.gz`)) ?? '';
    const { transcript, options } = recorded(machine);
    const image = CramfsImage.open(fixture(`riscv/${boot.image}.gz`), { pageSize: 4096 });
    expect(compareTranscript(image, { setup: setupFor(transcript.setup), records: [asExec(boot)] }, options)).toEqual(
      [],
    );
  },
);

/** A setup without the log of its mount, which is of another image. */
function setupFor(setup: LabSetup): LabSetup {
  const kmsg = setup.kmsg.map((line) => line.replace(/be [0-9]+ KB/, 'be 344 KB'));
  return { ...setup, kmsg };
}

test('there are boots of fixed and unfixed kernels, that ran and that died', () => {
  expect(boots.length).toBeGreaterThanOrEqual(23);
  expect(new Set(boots.map(({ variant, ran }) => `${String(variant.includes('fixed'))} ${String(ran)}`)).size).toBe(3);
});

afterAll(() => {
  process.stdout.write(`compared with RISC-V kernels:\n${counts.join('\n')}\n`);
});
