/**
 * The emulation asked what a kernel was asked: its answers are records of the same form.
 */
import { hex, hexDigits } from '../../lib/report.ts';
import {
  CramfsError,
  type ExecReport,
  execProgram,
  type CramfsImage,
  Board,
  type MapVerdict,
} from '../../lib/index.ts';
import {
  OPEN_ERRNOS,
  modelOfRelease,
  type KernelModel,
  readFolios as readFile,
  type CpuName,
  type IcacheKernel,
  type AddressRange,
  parseRelease,
  type Errno,
  type ActionOutcome,
  parseActions,
  type PageKind,
  type PageVerdict,
  type MapDetail,
} from '../../lib/kernel.ts';
import { crc32, crcHex } from '../../lib/format.ts';
import {
  flagsOf,
  type LabActionRecord,
  type LabPteRun,
  type LabExec,
  type LabExecRecord,
  type LabRead,
  type LabReadRecord,
  type LabRecord,
  type LabRequest,
  type LabSetup,
  type LabTranscript,
  type LabVector,
  type LabVectorRecord,
} from './record.ts';

/** What a transcript's setup does not tell. */
export interface ReplayOptions {
  /** Default: the model that the release tells. */
  readonly kernel?: KernelModel | undefined;
  /** Physical address bits of the CPU. Default 40. */
  readonly physBits?: number | undefined;
  /** The CPU, where `machine` does not tell all of it. */
  readonly cpu?: CpuName | undefined;
  /** RISC-V: see BoardOptions. */
  readonly riscvIcache?: IcacheKernel | undefined;
  readonly ram?: readonly AddressRange[] | undefined;
}

/** The machine of a transcript. */
export type LabMachine = Pick<
  LabSetup,
  'base' | 'mtd_size' | 'page_size' | 'release' | 'machine' | 'mtd' | 'memory_model' | 'patched' | 'ram'
>;

/** What a setup records of a RISC-V kernel that flushes the instruction cache. */
function icacheOf({ memory_model: model, patched, release }: LabMachine): IcacheKernel | undefined {
  if (patched === true) return 'fixed';
  const told = (model ?? release).toLowerCase();
  return ICACHE_KERNELS.find((name) => told.includes(name));
}

const ICACHE_KERNELS = ['sparsemem', 'flatmem'] as const;

function ramOf({ ram }: LabMachine): AddressRange[] | undefined {
  const [base, last] = ram?.split('-').map(Number) ?? [];
  return base === undefined || last === undefined ? undefined : [{ base, size: last + 1 - base }];
}

/** The CPU of `uname -m`, and of ARM of the kernel's name too. */
export function cpuOfMachine(machine: string, release: string): CpuName | undefined {
  if (/^armv[678]l$/.test(machine)) return release.includes('lpae') ? 'arm-lpae' : 'arm';
  return CPU_OF_MACHINE[machine];
}

const CPU_OF_MACHINE: Readonly<Record<string, CpuName>> = {
  x86_64: 'x86-64',
  i686: 'i386',
  aarch64: 'arm64',
  riscv64: 'riscv64',
  riscv32: 'riscv32',
  mips: 'mips',
};

/** Names of machines that are little-endian. */
const LITTLE_ENDIAN = /^(?:x86_64|i[3-6]86|aarch64|armv[5-8]l|riscv(?:32|64))$/;

/**
 * The machine of a transcript, emulated.
 *
 * @param image opened with the machine's page size
 * @throws CramfsError USAGE, IO
 */
export function labBoard(image: CramfsImage, machine: LabMachine, options: ReplayOptions = {}): Board {
  const kernel = options.kernel ?? modelOfRelease(machine.release);
  if (kernel.nommu !== undefined) {
    throw new CramfsError('USAGE', { found: `transcripts are of kernels with an MMU, and "${kernel.name}" has none` });
  }
  return new Board(image, {
    physBase: Number(machine.base),
    regionSize: machine.mtd_size,
    cpu: options.cpu ?? (machine.machine === undefined ? undefined : cpuOfMachine(machine.machine, machine.release)),
    riscvIcache: options.riscvIcache ?? icacheOf(machine),
    ram: options.ram ?? ramOf(machine),
    mtdName: /"(.*)"$/.exec(machine.mtd ?? '')?.[1],
    kernel,
    release: parseRelease(machine.release) ?? undefined,
    physBits: options.physBits,
    // Without the machine's name, it is one that the image was made for.
    littleEndian: LITTLE_ENDIAN.test(machine.machine ?? '') ? true : undefined,
    keepsInodes: true,
  });
}

/**
 * The transcript that the emulation makes of requests. A mount that fails ends it, as it does in a real kernel.
 *
 * @param image opened with the machine's page size
 * @throws CramfsError USAGE, IO; NOT_A_REGULAR_FILE for devices, fifos and sockets; damage where it matters
 */
export function replay(
  image: CramfsImage,
  setup: Omit<LabSetup, 'mount' | 'kmsg'>,
  requests: readonly LabRequest[],
  options: ReplayOptions = {},
): LabTranscript {
  const board = labBoard(image, setup, options);
  const { errno, log } = board.mount;
  return {
    setup: { ...setup, mount: errno, kmsg: log },
    records: errno === null ? requests.map((request) => replayOne(board, request)) : [],
  };
}

/**
 * What the emulation makes of one request.
 *
 * @throws CramfsError as {@link replay}
 */
export function replayOne(board: Board, request: LabRequest): LabRecord {
  switch (request.type) {
    case 'vector':
      return vectorRecord(request, mapVector(board, request, { crc: !flagsOf(request).has('notouch') }));
    case 'read':
      return read(board, request);
    case 'exec':
      return run(board, request);
  }
}

const TOUCH: Readonly<Record<PageKind, string>> = { direct: 'o', paged: 'o', sigbus: 'B', sigsegv: 'S', killed: 'K' };
const SIGKILL = 9;

/** The emulation's verdict on a vector, or what open(2) fails with. */
export function mapVector(
  board: Board,
  { path, length, offset, prot, flags, acts }: LabVector,
  detail: MapDetail,
): MapVerdict | Errno {
  const asked = flagsOf({ flags });
  const shared = asked.has('shared');
  const populate = asked.has('populate');
  const locked = asked.has('locked');
  const rdwr = asked.has('rdwr');
  const actions = acts === undefined ? undefined : parseActions(acts);
  return unlessOpenFails(() =>
    board.map({ path, length, offset, prot, shared, populate, locked, rdwr, actions }, detail),
  );
}

/** A verdict as a record. */
export function vectorRecord(vector: LabVector, verdict: MapVerdict | Errno): LabVectorRecord {
  const { type, path, length, offset, prot, flags } = vector;
  const request = { type, path, length, offset, prot, flags } as const;
  if (typeof verdict === 'string') return { ...request, errno: verdict, failed: 'open', kmsg: [] };
  const { errno, failed, log, bug } = verdict;
  return {
    ...request,
    errno,
    ...(failed === 'open' ? { failed } : {}),
    kmsg: log,
    ...(bug === null ? {} : { bug }),
    ...(verdict.state === null ? {} : mappingOf(verdict)),
    ...(verdict.actions === undefined ? {} : { actions: verdict.actions.map(actionRecord) }),
  };
}

const SIGNAL_NUMBERS = { SIGBUS: 7, SIGKILL: 9, SIGSEGV: 11 } as const;

/** What came of an action, as a record. */
function actionRecord(outcome: ActionOutcome): LabActionRecord {
  const {
    action,
    errno,
    vmFlags,
    mapsOffset,
    vmaPages,
    direct,
    touch,
    crc,
    mincore,
    signal,
    writeTouch,
    writeDirect,
    log,
  } = outcome;
  const runs = (list: ActionOutcome['direct']): LabPteRun[] | undefined =>
    list?.map(({ page, pages, pfn }) => [page, pages, hex(pfn)]);
  return {
    action,
    errno,
    vmflags: vmFlags?.join(' '),
    maps_offset: mapsOffset === undefined ? undefined : hex(mapsOffset),
    vma_pages: vmaPages,
    direct: runs(direct),
    touch,
    crc,
    mincore,
    signal: signal === undefined ? undefined : SIGNAL_NUMBERS[signal],
    write_touch: writeTouch,
    write_direct: runs(writeDirect),
    kmsg: log,
  };
}

/** The fields of a mapping that came about. */
function mappingOf(verdict: MapVerdict): Partial<LabVectorRecord> {
  return {
    state: verdict.state ?? undefined,
    vmflags: verdict.vmFlags?.join(' '),
    maps_offset: hex(verdict.mapsOffset ?? 0),
    vma_pages: verdict.vmaPages ?? undefined,
    direct_pages: verdict.directPages ?? undefined,
    pte: verdict.direct.map(({ page, pages, pfn }) => [page, pages, hex(pfn)]),
    ...(verdict.pages === null ? {} : touchesOf(verdict.pages)),
  };
}

function touchesOf(pages: readonly PageVerdict[]): Pick<LabVectorRecord, 'touch' | 'crc' | 'killed'> {
  const touch = pages.map(({ kind }) => TOUCH[kind]).join('');
  if (touch.includes('K')) return { killed: SIGKILL };
  return { touch, crc: pages.map(({ crc }) => (crc === null ? null : crcHex(crc))) };
}

function read(board: Board, { type, path }: LabRead): LabReadRecord {
  const kmsg: string[] = [];
  // What the kernel logs of a link or an entry on the way that cannot be read.
  const file = unlessOpenFails(() => board.open(path), kmsg);
  if (typeof file === 'string') {
    return { type, path, errno: file, size: 0, bytes: 0, crc: [], ...(kmsg.length === 0 ? {} : { kmsg }) };
  }
  const { inode } = file;
  const crc: string[] = [];
  let bytes = 0;
  // read(2) of a directory is an error.
  const folios = inode.type === 'file' ? readFile(board.mounted(), inode, board.image.inflate) : [];
  for (const folio of folios) {
    if ('error' in folio) {
      kmsg.push(...folio.log);
      break;
    }
    // A record pads the last page with zeros: read(2) ends at the end of the file.
    const page = folio.bytes.slice().fill(0, inode.size - bytes);
    crc.push(crcHex(crc32(page)));
    bytes = Math.min(inode.size, bytes + board.cpu.pageSize);
  }
  return { type, path, errno: null, size: inode.size, bytes, crc, ...(kmsg.length === 0 ? {} : { kmsg }) };
}

/** Status with which the child exits that could not become the program. */
const EXEC_FAILED = 127;

/** LD_LIBRARY_PATH of the lab's programs (kernel-lab/init/exec.c). */
const LAB_LIBRARY_PATH = '/lib';

function run(board: Board, { type, argv }: LabExec): LabExecRecord {
  const [path = '', ...args] = argv;
  const request = { type, argv } as const;
  const failed = (errno: Errno, kmsg: readonly string[]): LabExecRecord => {
    return { ...request, exit: EXEC_FAILED, signal: null, output: `execve: ${errno}`, kmsg };
  };
  const opening: string[] = [];
  const report = unlessOpenFails(
    () => execProgram(board, { path, args, cpu: board.cpu.name, ldLibraryPath: LAB_LIBRARY_PATH }),
    opening,
  );
  if (typeof report === 'string') return failed(report, opening);
  const { outcome, log: kmsg } = report;
  switch (outcome.kind) {
    case 'failed':
      return failed(outcome.errno, kmsg);
    case 'killed':
      return { ...request, exit: null, signal: SIGNAL_NUMBERS[outcome.signal], output: '', kmsg };
    case 'exits':
      return { ...request, exit: outcome.status, signal: null, output: '', kmsg };
    case 'bug':
      return { ...request, exit: null, signal: null, output: '', kmsg, bug: outcome.bug };
    case 'runs':
      return {
        ...request,
        exit: 0,
        signal: null,
        output: mapsOf(board, report),
        kmsg,
        ...(report.linker === 'unknown' ? { endsAtLinker: true } : {}),
      };
  }
}

/** The lines of /proc/PID/maps that are about files. */
function mapsOf(board: Board, { mappings }: ExecReport): string {
  const digits = (value: number): string => hexDigits(value, 8);
  return mappings
    .filter(({ object }) => object !== '')
    .map(({ object, start, end, perms, offset }) => {
      const inode = String(board.open(object).inode.ino);
      const columns = `${digits(start)}-${digits(end)} ${perms} ${digits(offset)} 1f:00 ${inode} `;
      return `${columns.padEnd(PATH_COLUMN)}${object}\n`;
    })
    .join('');
}

/** Where a path stands in a line of /proc/PID/maps. */
const PATH_COLUMN = 73;

/** What `open` gives, or its errno; what the kernel logs then is added to a log. */
function unlessOpenFails<T>(open: () => T, kmsg: string[] = []): T | Errno {
  try {
    return open();
  } catch (error) {
    const errno = error instanceof CramfsError ? OPEN_ERRNOS[error.code] : undefined;
    if (errno === undefined) throw error;
    if (error instanceof CramfsError) kmsg.push(...(error.details.log ?? []));
    return errno;
  }
}
