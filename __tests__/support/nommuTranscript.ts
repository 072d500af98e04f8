/** Runs a transcript of a kernel without an MMU, line by line, in the emulation. */
import { crc32, crcHex } from '../../lib/format/crc32.ts';
import { readFile } from '../../lib/driver/readFolio.ts';
import { ERRNO_NUMBERS } from '../../lib/mm/errno.ts';
import type { NommuProcess } from '../../lib/mm/nommu/process.ts';
import type { NommuVma } from '../../lib/mm/nommu/vmaTree.ts';
import type { NommuFileRequest, NommuSystem } from '../../lib/exec/nommuSystem.ts';
import type { MapRequest } from '../../lib/verdict/request.ts';
import { fixture, fixtureNames } from './fixtures.ts';

export interface Setup {
  readonly type: 'setup';
  readonly image: string;
  readonly base: string;
  readonly mtd_size: number;
  readonly mtd: string;
  readonly mount: string | null;
  readonly kmsg: readonly string[];
}

interface Post {
  readonly action: string;
  readonly errno: string | null;
  readonly ret?: string;
  readonly kmsg: readonly string[];
  readonly maps: readonly string[];
}

export interface Vector {
  readonly type: 'vector';
  readonly path: string;
  readonly length: number;
  readonly offset: number;
  readonly prot: string;
  readonly flags: string;
  readonly mode?: 'traced' | 'hold' | 'background';
  readonly noexec?: boolean;
  readonly shared_with_background?: boolean;
  readonly errno: string | null;
  readonly failed?: string;
  readonly addr: string | null;
  readonly direct: boolean | null;
  readonly phys: string | null;
  readonly kmsg: readonly string[];
  readonly maps: readonly string[];
  readonly region?: readonly string[];
  readonly crc: string | null;
  readonly crc_pages?: string;
  readonly signal?: number;
  readonly post?: readonly Post[];
  readonly munmap?: string | null;
  readonly munmap_kmsg?: readonly string[];
}

interface Read {
  readonly type: 'read';
  readonly path: string;
  readonly errno: string | null;
  readonly size: number;
  readonly bytes: number;
  readonly crc: string;
  readonly kmsg: readonly string[];
}

export interface ExecLine {
  readonly type: 'exec';
  readonly path?: string;
  readonly argv: readonly string[];
  readonly exit: number | null;
  readonly signal: number | null;
  readonly output: string;
  readonly kmsg: readonly string[];
}

export type Line =
  | Setup
  | Vector
  | Read
  | ExecLine
  | { readonly type: 'text'; readonly file: '/proc/maps' | '/proc/self/maps'; readonly text: readonly string[] }
  | { readonly type: 'free'; readonly munmap: readonly (string | null)[]; readonly kmsg: readonly string[] }
  | { readonly type: 'free_background' }
  | { readonly type: 'remount'; readonly options: 'noexec' | 'none'; readonly errno: string | null };

/** What xip.c, the program in the images, exits with. */
const EXIT_OF_PROGRAM = 42;
const PAGE = 4096;
const SIGSEGV = 11;
/** Where the machine's RAM begins. */
const RAM_OF_QEMU = 0x8000_0000;
/** What is asked in a line; and the address, which is compared by itself. */
const ASKED = new Set(
  'type image path argv length offset prot flags mode noexec shared_with_background file options addr'.split(' '),
);

/** The image of a transcript: one of its own, or of the fixture pack. */
export function nommuImage(name: string): Uint8Array {
  const folder = ['nommu', 'riscv'].find((each) =>
    fixtureNames(`${each}/images`).some((image) => `images/${image}` === `${name}.gz`),
  );
  return fixture(`${folder === undefined ? '' : `${folder}/`}${name}.gz`);
}

/** Lines of /proc were recorded a byte a character. */
const fromBytes = (line: string): string => Buffer.from(line, 'latin1').toString('utf8');

const isRam = (address: number): boolean => address >= 0x8000_0000 && address < 0x9800_0000;

/** A line with its RAM addresses replaced by the length of their range: where RAM is free differs from run to run. */
export function normal(line: string): string {
  return line.replace(/\b(?:0x)?([0-9a-f]{8})-(?:0x)?([0-9a-f]{8})\b/g, (range, from: string, to: string) => {
    const start = Number.parseInt(from, 16);
    return isRam(start) ? `RAM:${String(Number.parseInt(to, 16) - start)}` : range;
  });
}

/** A vector as a request to a board. */
export function mapRequest(vector: Vector): MapRequest {
  const flags = vector.flags.split(',');
  const has = (flag: string): boolean => flags.includes(flag);
  return {
    path: vector.path,
    offset: vector.offset,
    length: vector.length,
    prot: vector.prot,
    shared: has('shared'),
    mapType: has('none') ? 'none' : has('shared_validate') ? 'shared_validate' : undefined,
    populate: has('populate'),
    locked: has('locked'),
    rdwr: has('rdwr'),
    fixed: has('fixed'),
    traced: vector.mode === 'traced',
    noexec: vector.noexec,
  };
}

function fileRequest(vector: Vector): NommuFileRequest {
  const { path, shared, mapType, fixed, traced, rdwr } = mapRequest(vector);
  const { length, offset, prot } = vector;
  const type = mapType ?? (shared === true ? 'shared' : 'private');
  const [read, write, exec] = ['r', 'w', 'x'].map((letter) => prot.includes(letter)) as [boolean, boolean, boolean];
  return { path, length, offset, read, write, exec, type, fixed, traced, rdwr };
}

type Fields = Record<string, unknown>;

interface Held {
  readonly address: number;
  readonly length: number;
}

/** A system that a transcript is run on. */
export class TranscriptRun {
  readonly #system: NommuSystem;
  #held: Held[] = [];
  #background: NommuProcess[] = [];
  /** From the start of a region here to its start in the transcript. */
  readonly #shift = new Map<object, number>();

  constructor(system: NommuSystem) {
    this.#system = system;
  }

  /** Does what a line says; gives what came of it beside what the line says came of it. */
  step(line: Line): { readonly got: Fields; readonly wanted: Fields } {
    const got = this.outcome(line);
    const { base } = this.#system.board.memory;
    if (line.type === 'vector' && base >= RAM_OF_QEMU && got.signal === SIGSEGV && line.signal === undefined) {
      // Behind a device that is RAM in truth there is more RAM, with content that nobody here knows.
      const { crc, crc_pages } = line;
      return { got: { ...got, crc, crc_pages, signal: undefined }, wanted: this.expected(line) };
    }
    if (line.type === 'text') return { got: sorted(got), wanted: sorted(this.expected(line)) };
    return { got, wanted: this.expected(line) };
  }

  /** The deterministic part of a line. */
  expected(line: Partial<Line>): Fields {
    const { kmsg, maps, region, post, munmap_kmsg, text, output, ...rest } = line as Fields & Partial<Vector>;
    const lines = (of: unknown): string[] | undefined =>
      (of as readonly string[] | undefined)?.map((one) => normal(fromBytes(one)));
    const clean = Object.fromEntries(Object.entries(rest).filter(([key]) => !ASKED.has(key)));
    return {
      ...clean,
      ...(kmsg === undefined ? {} : { kmsg: lines(kmsg) }),
      ...(maps === undefined ? {} : { maps: lines(maps) }),
      ...(region === undefined ? {} : { region: lines(region) }),
      ...(munmap_kmsg === undefined ? {} : { munmap_kmsg: lines(munmap_kmsg) }),
      ...(text === undefined ? {} : { text: lines(text) }),
      ...(typeof output === 'string' ? { output: programOutput(output) } : {}),
      ...(post === undefined
        ? {}
        : { post: post.map((action) => ({ ...action, ret: ramResult(action.ret), maps: lines(action.maps) })) }),
    };
  }

  outcome(line: Line): Fields {
    switch (line.type) {
      case 'vector':
        return this.#vector(line);
      case 'read':
        return this.#read(line);
      case 'exec':
        return this.#exec(line);
      case 'remount':
        this.#system.remount({ noexec: line.options === 'noexec' });
        return { errno: null };
      case 'text': {
        const maps = line.file === '/proc/maps' ? this.#system.machine.procMaps() : this.#system.init.maps();
        return { text: maps.map(normal) };
      }
      case 'free': {
        const held = this.#held.reverse();
        this.#held = [];
        const { value, log } = this.#system.logged(() =>
          held.map(({ address, length }) => this.#system.init.munmap(address, length)),
        );
        return { munmap: value, kmsg: log.map(normal) };
      }
      case 'free_background':
        for (const process of this.#background) process.exit();
        this.#background = [];
        return {};
      case 'setup':
        throw new Error('the transcript has a second setup');
    }
  }

  #vector(vector: Vector): Fields {
    const process = vector.mode === 'background' ? this.#system.spawn('holder') : this.#system.init;
    const called = this.#system.mmap(process, fileRequest(vector));
    const kmsg = called.log.map(normal);
    if ('bug' in called) return { bug: called.bug, kmsg };
    if ('errno' in called) {
      const failed = 'failed' in called ? { failed: called.failed } : {};
      return { errno: called.errno, direct: null, phys: null, kmsg, maps: [], crc: null, ...failed };
    }
    const { vma } = called;
    if (vector.mode === 'background') this.#background.push(process);
    if (vector.mode === 'hold') this.#held.push({ address: vma.start, length: vector.length });
    this.#checkAddress(vma, vector);
    const direct = vma.region.copy === null;
    return {
      errno: null,
      direct,
      phys: direct ? `0x${vma.start.toString(16)}` : null,
      kmsg,
      maps: this.#mapsAt(process, vma.start),
      ...(vector.region === undefined ? {} : { region: this.#regionsAt(vma.start) }),
      ...this.#contents(vma, vector),
      ...(vector.post === undefined ? {} : { post: vector.post.map((post) => this.#post(post, process, vma, vector)) }),
      ...(vector.mode === 'hold' || vector.mode === 'background' ? {} : this.#munmap(process, vma.start, vector)),
    };
  }

  /** Addresses in RAM differ; those of mappings of the same region differ by the same amount. */
  #checkAddress({ start, region }: NommuVma, { addr }: Partial<Vector>): void {
    if (addr === null || addr === undefined) return; // the cases of overlap.jsonl say what comes out elsewhere
    const shift = Number(addr) - start;
    const known = this.#shift.get(region) ?? shift;
    this.#shift.set(region, shift);
    if (shift !== known) throw new Error(`${addr} is not at the same place in its region`);
    if (region.copy === null && shift !== 0) throw new Error(`0x${start.toString(16)} is not ${addr}`);
  }

  #mapsAt(process: NommuProcess, address: number): string[] {
    return process.vmas
      .filter((vma) => vma.start <= address && address < vma.end)
      .map((vma) => normal(process.line(vma)));
  }

  #regionsAt(address: number): string[] {
    const { machine } = this.#system;
    return machine.regions.regions
      .filter((region) => region.start <= address && address < region.end)
      .map((region) => normal(machine.line(region)));
  }

  #contents(vma: NommuVma, { length, flags }: Vector): Fields {
    if (flags.includes('notouch')) return { crc: null };
    const bytes = this.#system.machine.read(vma.start, vma.end - vma.start);
    if (bytes === null) return { crc: null, signal: SIGSEGV };
    return { crc: crcHex(crc32(bytes.subarray(0, length))), crc_pages: crcHex(crc32(bytes)) };
  }

  #munmap(process: NommuProcess, address: number, { length }: Vector): Fields {
    const { value, log } = this.#system.logged(() => process.munmap(address, length));
    return { munmap: value, ...(log.length === 0 ? {} : { munmap_kmsg: log.map(normal) }) };
  }

  #post({ action }: Post, process: NommuProcess, vma: NommuVma, vector: Vector): Fields {
    const address = vma.start;
    const size = Math.ceil(vector.length / PAGE) * PAGE;
    const { value, log } = this.#system.logged(() => act(action, process, vma, { address, size, ...vector }));
    return {
      action,
      errno: typeof value === 'number' ? null : value,
      ...(typeof value === 'number' ? { ret: ramResult(`0x${value.toString(16)}`) } : {}),
      kmsg: log,
      maps: this.#mapsAt(process, address),
    };
  }

  #read({ path }: Read): Fields {
    const { board } = this.#system;
    const { inode } = board.open(path);
    let bytes = 0;
    let crc = 0;
    for (const folio of readFile(board.mounted(), inode, board.image.inflate)) {
      if ('error' in folio) break;
      const page = folio.bytes.subarray(0, inode.size - bytes);
      crc = crc32(page, crc);
      bytes += page.length;
    }
    return { errno: null, size: inode.size, bytes, crc: crcHex(crc), kmsg: [] };
  }

  #exec(line: ExecLine): Fields {
    const { argv, path = argv[0] ?? '' } = line;
    const { result, process, log } = this.#system.exec(path);
    const lines = new Map(process.vmas.map((vma) => [vma, process.line(vma)]));
    const kmsg = log.map(normal);
    const maps = process.maps();
    process.exit();
    switch (result.outcome) {
      case 'bug':
        return { bug: result.bug, kmsg };
      case 'failed':
        return { exit: ERRNO_NUMBERS[result.errno], signal: null, output: programOutput(''), kmsg };
      case 'killed':
        return { exit: null, signal: result.signal, output: programOutput(''), kmsg };
      case 'runs': {
        const ram = result.mappings.filter(({ place }) => place === 'ram').map(({ vma }) => lines.get(vma) ?? '');
        const told = saysEntry(line.output) ? `entry at 0x${result.entry.toString(16)} \n` : '';
        const output = programOutput(`${told}${[...maps, ...ram].join('\n')}\n`);
        return { exit: EXIT_OF_PROGRAM, signal: null, output, kmsg };
      }
    }
  }
}

type Act = Vector & { readonly address: number; readonly size: number };

function act(action: string, process: NommuProcess, vma: NommuVma, vector: Act): string | number | null {
  const { address, size, length } = vector;
  const { copy } = vma.region;
  switch (action) {
    case 'mprotw':
      return process.mprotect();
    case 'grow':
    case 'growmove':
      return process.mremap(address, size, size + PAGE);
    case 'shrink':
      return process.mremap(address, size, size - PAGE);
    case 'same':
      return process.mremap(address, size, size);
    case 'unmap1':
      return process.munmap(address, PAGE);
    case 'unmaplast':
      return process.munmap(address + size - PAGE, PAGE);
    case 'unmapdown':
      return process.munmap(address - (address % PAGE), size);
    case 'write':
      if (copy === null) return 'SIGSEGV';
      copy[address - vma.region.start] = ~(copy[address - vma.region.start] ?? 0);
      return null;
    case 'crc1':
      return crc32(process.machine.read(address, length) ?? new Uint8Array(0));
    default:
      return `unknown action ${action}`;
  }
}

/** The result of a call, where it is no address in RAM. */
function ramResult(ret: string | undefined): string | undefined {
  return ret !== undefined && isRam(Number(ret)) && Number(ret) % PAGE === 0 ? 'RAM' : ret;
}

/** Whether a program has told where its first instruction is; the ELF programs tell what is mapped only. */
const saysEntry = (output: string | undefined): boolean => output?.includes('entry at') === true;

/** What a program tells of where its text is; where its stack and a copy are differs from run to run. */
function programOutput(output: string): Fields {
  if (output === '') return {};
  if (!saysEntry(output)) {
    const ranges = output.split('\n').filter((line) => /^[0-9a-f]{8}-/.test(line));
    return { ram: ranges.map((line) => normal(line).split(' ').slice(0, 2).join(' ')).sort() };
  }
  const entry = Number(/entry at (0x[0-9a-f]+)/.exec(output)?.[1]);
  const maps = output.split('\n').filter((line) => line.includes('/mnt/'));
  const start = Number.parseInt(maps[0] ?? '', 16);
  return { entry: isRam(entry) ? entry % PAGE : entry, fromText: entry - start, maps: maps.map(normal) };
}

/** Lines by content: the order of addresses in RAM differs from run to run. */
function sorted({ text }: Fields): Fields {
  return { text: [...(text as string[])].sort() };
}
