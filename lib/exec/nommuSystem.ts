/**
 * A machine without an MMU that is up: an image mounted, a process that maps its files, others that hold mappings, and
 * programs that are executed from it. What one call leaves behind, the next one meets.
 */
import { CramfsError } from '../base/errors.ts';
import { errnoForWriting } from '../driver/inode.ts';
import { OPEN_ERRNOS } from '../driver/lookup.ts';
import { cpuFor, cpuRuns } from '../mm/cpus/index.ts';
import type { Errno } from '../mm/errno.ts';
import { NommuMachine } from '../mm/nommu/machine.ts';
import { type NommuMmapResult, NommuProcess } from '../mm/nommu/process.ts';
import type { NommuMmapRequest } from '../mm/nommu/validate.ts';
import type { Board, BoardFile } from '../verdict/board.ts';
import { nommuKernel, openNommuFile } from '../verdict/nommuFile.ts';
import { nommuExecve } from './nommuExecve.ts';
import type { Executable, ExecResult } from './nommuProgram.ts';

/** How the image is mounted. */
export interface NommuSystemOptions {
  /** Default "/mnt". */
  readonly mountPoint?: string | undefined;
  /** Number of the MTD device. Default 0. */
  readonly mtd?: number | undefined;
}

/** A request to map a file, in bytes. */
export interface NommuFileRequest extends NommuMmapRequest {
  readonly path: string;
  /** The file is opened for reading and writing. */
  readonly rdwr?: boolean | undefined;
}

/** How open() and mmap() ended, and what the kernel logged meanwhile. */
export type NommuCall = { readonly log: readonly string[] } & (
  NommuMmapResult | { readonly errno: Errno; readonly failed: 'open' }
);

/** The major number of MTD character devices, which is also that of file systems on them. */
const MTD_MAJOR = 31;

/** A running machine. */
export class NommuSystem {
  readonly board: Board;
  readonly machine: NommuMachine;
  /** The first process. */
  readonly init: NommuProcess;
  readonly #mountPoint: string;
  #noexec = false;
  #lastPid = 1;

  /** @throws CramfsError USAGE for a board whose kernel has an MMU, MOUNT_REFUSED, KERNEL_OOPS */
  constructor(board: Board, options: NommuSystemOptions = {}) {
    if (board.kernel.nommu === undefined) {
      throw new CramfsError('USAGE', { found: `the kernel model "${board.kernel.name}" has an MMU` });
    }
    board.mounted();
    this.board = board;
    this.machine = new NommuMachine(nommuKernel(board), { device: { major: MTD_MAJOR, minor: options.mtd ?? 0 } });
    this.#mountPoint = options.mountPoint ?? '/mnt';
    this.init = new NommuProcess(this.machine);
  }

  /** Remounts the image with or without noexec; what is mapped stays. */
  remount({ noexec }: { readonly noexec: boolean }): void {
    this.#noexec = noexec;
  }

  /** A new process with nothing mapped. */
  spawn(comm: string): NommuProcess {
    return new NommuProcess(this.machine, { pid: ++this.#lastPid, comm });
  }

  /**
   * open(), mmap() and close() in a process.
   *
   * @throws CramfsError as Board.open()
   */
  mmap(process: NommuProcess, request: NommuFileRequest): NommuCall {
    const file = this.board.open(request.path);
    if (request.rdwr === true) {
      return { errno: errnoForWriting(file.inode), failed: 'open', log: [] };
    }
    const opened = openNommuFile(this.board, file, { mountPoint: this.#mountPoint, noexec: this.#noexec });
    const { value, log } = this.logged(() => process.mmap(opened, request));
    return { ...value, log };
  }

  /**
   * Executes a program in a new process and leaves it at its first instruction; exit() ends it.
   *
   * @throws CramfsError as Board.open()
   */
  exec(path: string): { readonly result: ExecResult; readonly process: NommuProcess; readonly log: readonly string[] } {
    const file = this.board.open(path);
    const process = this.spawn(file.resolved.name);
    const { value, log } = this.logged(() =>
      nommuExecve(this.#executable(file), process, {
        release: this.board.release,
        open: (name) => this.#openExecutable(name),
        runs: (machine, bits) => cpuFor(machine, bits, false) === null || cpuRuns(this.board.cpu.name, machine, bits),
      }),
    );
    if (value.outcome === 'killed') process.exit();
    return { result: value, process, log };
  }

  #executable(file: BoardFile): Executable {
    const { inode } = file;
    const opened = openNommuFile(this.board, file, { mountPoint: this.#mountPoint, noexec: this.#noexec });
    return { file: opened, mode: inode.mode, regular: inode.type === 'file' };
  }

  /** open_exec() of a path of the machine: nothing is there but the image, where it is mounted. */
  #openExecutable(path: string): Executable | Errno {
    if (!`${path}/`.startsWith(`${this.#mountPoint}/`)) return 'ENOENT';
    try {
      const executable = this.#executable(this.board.open(path.slice(this.#mountPoint.length) || '/'));
      const { regular, mode, file } = executable;
      return !regular || (mode & 0o111) === 0 || file.noexec ? 'EACCES' : executable;
    } catch (error) {
      const errno = error instanceof CramfsError ? OPEN_ERRNOS[error.code] : undefined;
      if (errno === undefined) throw error;
      return errno;
    }
  }

  /** Runs an action, and says what the kernel logged meanwhile. */
  logged<T>(action: () => T): { readonly value: T; readonly log: readonly string[] } {
    const { log } = this.machine.kernel;
    const before = log.length;
    const value = action();
    return { value, log: log.slice(before) };
  }
}
