/** Real RISC-V kernels with an MMU: fixed ones, and those that die or write elsewhere at an executable entry. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { compareTranscript, countRequests } from '../kernel-lab/host/compare.ts';
import { parseTranscript } from '../kernel-lab/host/parseRecords.ts';
import type { LabRecord, LabSetup, LabTranscript } from '../kernel-lab/host/record.ts';
import type { ReplayOptions } from '../kernel-lab/host/replay.ts';
import { decodeName } from '../lib/format/names.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { fixture, fixtureNames } from './support/fixtures.ts';

/** Transcripts of one image each; root-boots has boots, which are compared one by one. */
const names = fixtureNames('riscv/transcripts').filter((name) => name.includes('@'));
const counts: string[] = [];

interface Recorded {
  readonly transcript: LabTranscript;
  readonly image: CramfsImage;
  readonly options: ReplayOptions;
}

function recorded(name: string): Recorded {
  const lines = decodeName(fixture(`riscv/transcripts/${name}`)).split('\n');
  const asked = lines.filter((line) => /^\{"type":"(?:setup|vector|read|exec)"/.test(line));
  const transcript = parseTranscript(asked.join('\n'), name);
  const own = /^rv(?:32|64)-a/.exec(name)?.[0];
  const image = own === undefined ? `images/${name.split('@')[0] ?? ''}` : `riscv/images/${own}`;
  return {
    transcript,
    image: CramfsImage.open(fixture(`${image}.cramfs.gz`), { pageSize: 4096 }),
    options: machineOf(transcript.setup),
  };
}

/** What the setups of these transcripts do not record: the size of addresses. */
function machineOf({ variant = '' }: LabSetup): ReplayOptions {
  return { cpu: variant.endsWith('sv39') ? 'riscv64-sv39' : variant.endsWith('sv48') ? 'riscv64-sv48' : undefined };
}

/** The programs of these images end with 42 when all went well; those of the lab's end with 0. */
function asLab(record: LabRecord): LabRecord[] {
  if (record.type === 'exec') {
    // Their own dynamic linker is no linker that is known; the kernel's part is compared by the programs without one.
    if (record.argv[0]?.startsWith('/bin/dyn') === true) return [];
    return [record.exit === 42 ? { ...record, exit: 0 } : record];
  }
  return [record];
}

describe.each(names)('%s', (name) => {
  test('mounts, maps, reads and starts programs as the kernel did', () => {
    const { transcript, image, options } = recorded(name);
    const records = transcript.records.flatMap(asLab);
    expect(compareTranscript(image, { ...transcript, records }, options).slice(0, 40)).toEqual([]);
    const { vectors, reads, programs } = countRequests(records);
    counts.push(`${name}: ${String(vectors)} vectors, ${String(reads)} reads, ${String(programs)} programs`);
  });
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
