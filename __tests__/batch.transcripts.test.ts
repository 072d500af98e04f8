/** What recorded kernels were asked, asked of `cramfs-map --batch` with the options of the recorded machine. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { differencesOf } from '../kernel-lab/host/compare.ts';
import { parseTranscript } from '../kernel-lab/host/parseRecords.ts';
import type { LabActionRecord, LabPteRun, LabSetup, LabVectorRecord } from '../kernel-lab/host/record.ts';
import { cpuOfMachine } from '../kernel-lab/host/replay.ts';
import { runCramfsMap } from '../lib/cli/run.ts';
import { decodeName } from '../lib/format/names.ts';
import { Folder, runProgram } from './support/cli.ts';
import { fixture, fixtureNames } from './support/fixtures.ts';

const folder = new Folder();
const counts: string[] = [];
afterAll(() => {
  folder.remove();
  process.stdout.write(`the batch against real kernels:\n${counts.join('\n')}\n`);
});

const FOLDERS = ['transcripts', 'kernels/transcripts', 'arch', 'riscv/transcripts', 'exec', 'view', 'lab'];
const IMAGES = FOLDERS.flatMap((name) => [name, `${name.split('/')[0] ?? ''}/images`, 'images']).flatMap((name) =>
  namesOf(name).map((file) => `${name}/${file}`),
);

const transcripts = FOLDERS.flatMap((name) => namesOf(name).map((file) => `${name}/${file}`)).filter((name) =>
  /(?<!root-boots)[.]jsonl(?:[.]gz)?$/.test(name),
);

function namesOf(name: string): readonly string[] {
  try {
    return fixtureNames(name);
  } catch {
    return [];
  }
}

/** The image of a transcript: by the setup's name, else by that of the transcript. */
function imageOf(name: string, { image }: LabSetup): string {
  const stem = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
  const wanted = [stem(image).replace(/[.]cramfs$/, ''), stem(name).replace(/(?:-limits)?[@.].*$/, '')];
  const found = wanted.flatMap((each) =>
    IMAGES.filter((file) => stem(file).replace(/[.]gz$/, '') === `${each}.cramfs`),
  );
  // Where several folders have one of a name, the transcript's own is meant.
  const own = found.find((file) => file.split('/')[0] === name.split('/')[0]) ?? found[0];
  if (own === undefined) throw new Error(`no image for ${name}`);
  return folder.fixture(own);
}

/** The options of the machine that a setup describes. */
function machineOf(name: string, setup: LabSetup): string[] {
  const { base, mtd_size: region, page_size: pageSize, release, machine = 'x86_64', variant = '' } = setup;
  const width = /-(sv39|sv48)$/.exec(variant)?.[1];
  const cpu = cpuOfMachine(machine, release) ?? '';
  const model = `${setup.memory_model ?? ''} ${release}`.toLowerCase();
  const icache = setup.patched === true ? 'fixed' : ['sparsemem', 'flatmem'].find((each) => model.includes(each));
  const [first, last] = setup.ram?.split('-').map(Number) ?? [];
  return [
    ...['--phys', base, '--region', String(region), '--page-size', String(pageSize)],
    ...['--kernel', name.includes('address-as-pfn') ? 'linux-6.17' : (/^[0-9]+[.][0-9]+/.exec(release)?.[0] ?? '')],
    ...['--cpu', width === undefined ? cpu : `riscv64-${width}`, '--phys-bits', name.includes('40bit') ? '40' : '46'],
    ...(icache === undefined ? [] : ['--riscv-icache', icache]),
    ...(first === undefined || last === undefined ? [] : ['--ram', `${String(first)},${String(last + 1 - first)}`]),
  ];
}

interface Run {
  readonly page: number;
  readonly pages: number;
  readonly pfn: string;
}

/** The keys of an answer that a transcript has, too; docs/json.md describes them. */
interface Answer {
  readonly errno: string | null;
  readonly failed?: 'open';
  readonly bug?: string | null;
  readonly log?: readonly string[];
  readonly state?: LabVectorRecord['state'] | null;
  readonly vmFlags?: readonly string[] | null;
  readonly mapsOffset?: string | null;
  readonly vmaPages?: number | null;
  readonly directPages?: number | null;
  readonly direct?: readonly Run[];
  readonly touch?: string;
  readonly crc32?: readonly (string | null)[];
  readonly actions?: readonly ActionAnswer[];
}

interface ActionAnswer {
  readonly action: string;
  readonly errno?: string | null;
  readonly vmFlags?: readonly string[];
  readonly mapsOffset?: string;
  readonly vmaPages?: number;
  readonly direct?: readonly Run[];
  readonly touch?: string;
  readonly crc?: readonly (string | null)[];
  readonly mincore?: string;
  readonly signal?: keyof typeof SIGNALS;
  readonly writeTouch?: string;
  readonly writeDirect?: readonly Run[];
  readonly log?: readonly string[];
}

const SIGNALS = { SIGBUS: 7, SIGKILL: 9, SIGSEGV: 11 } as const;

const runsOf = (runs: readonly Run[] | undefined): LabPteRun[] | undefined =>
  runs?.map(({ page, pages, pfn }) => [page, pages, pfn]);

function actionOf(answer: ActionAnswer): LabActionRecord {
  const { action, errno, vmFlags, mapsOffset, vmaPages, direct, touch, crc, mincore, signal, log } = answer;
  return {
    ...{
      action,
      errno,
      vmflags: vmFlags?.join(' '),
      maps_offset: mapsOffset,
      vma_pages: vmaPages,
      touch,
      crc,
      mincore,
    },
    direct: runsOf(direct),
    signal: signal === undefined ? undefined : SIGNALS[signal],
    write_touch: answer.writeTouch,
    write_direct: runsOf(answer.writeDirect),
    kmsg: log,
  };
}

/** An answer as the record of a kernel that did the same. */
function recordOf({ type, path, length, offset, prot, flags }: LabVectorRecord, answer: Answer): LabVectorRecord {
  const { errno, failed, bug, log = [], state, vmFlags, mapsOffset, vmaPages, directPages, direct, touch } = answer;
  const asked = { type, path, length, offset, prot, flags, errno, failed, kmsg: log, bug: bug ?? undefined };
  if (state === undefined || state === null) return asked;
  const isKilled = touch?.includes('K') === true;
  return {
    ...asked,
    ...{ state, vmflags: vmFlags?.join(' '), maps_offset: mapsOffset ?? undefined, vma_pages: vmaPages ?? undefined },
    ...{ direct_pages: directPages ?? undefined, pte: runsOf(direct) },
    ...(isKilled ? { killed: SIGNALS.SIGKILL } : flags.includes('notouch') ? {} : { touch, crc: answer.crc32 }),
    actions: answer.actions?.map(actionOf),
  };
}

/** Names that share an inode number: which of them is looked at first decides, and a batch answers each line alone. */
const SHARES_INODE = /"path": ?"\/zs/;

describe.each(transcripts)('%s', (name) => {
  test('each mapping is answered as the kernel did', async () => {
    const lines = Buffer.from(fixture(name)).toString('latin1').trimEnd().split('\n');
    const { setup } = parseTranscript(decodeName(Buffer.from(lines[0] ?? '', 'latin1')), name);
    // Lines are asked as they were recorded, whatever the bytes of their names.
    const asked = lines.filter((line) => /^\{"type": ?"vector"/.test(line) && !SHARES_INODE.test(line));
    const text = [lines[0] ?? '', ...asked].map((line) => decodeName(Buffer.from(line, 'latin1'))).join('\n');
    const records = parseTranscript(text, name).records as LabVectorRecord[];
    counts.push(`${name}: ${String(records.length)} mappings`);
    if (setup.mount !== null || records.length === 0) return;

    const batch = folder.file('batch.jsonl', Buffer.from(asked.map((line) => `${line}\n`).join(''), 'latin1'));
    const argv = [imageOf(name, setup), '--batch', batch, '--crc', ...machineOf(name, setup)];
    const { stdout, stderr } = await runProgram(runCramfsMap, argv);
    expect(stderr).toBe('');
    const answers = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Answer);
    expect(answers).toHaveLength(records.length);
    const ours = records.map((record, index) => recordOf(record, answers[index] ?? { errno: 'none' }));
    const differences = differencesOf({ setup, records }, { setup, records: ours }).filter(
      // The lab's module looks for entries where MIPS does not have them.
      ({ field }) => setup.machine !== 'mips' || (field !== 'pte' && field !== 'direct_pages'),
    );
    expect(differences.slice(0, 20)).toEqual([]);
  });
});
