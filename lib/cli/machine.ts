/** The machine that a command emulates: what the options say, else the partition, else the policy, else the defaults. */
import { CramfsError } from '../base/errors.ts';
import { DEFAULT_MODEL } from '../driver/models/default.ts';
import { parseBoard, parsePolicy } from '../policy/parsePolicy.ts';
import type { Policy, PolicyMachine } from '../policy/policy.ts';
import type { BoardOptions } from '../verdict/board.ts';
import { kernelModel } from '../driver/models/named.ts';
import type { MachineOptions } from './boardOptions.ts';
import { parsePhysBits, parseRam, parseStackInit } from './machineOptions.ts';
import { parseNumber, parsePageSize } from './numbers.ts';
import { readText } from './inputFile.ts';
import { choosePartition, withTablePath } from './partitionOptions.ts';

/** The options that a machine is chosen by. */
export interface MachineRequest extends MachineOptions {
  readonly policy?: string;
  readonly board?: string;
  readonly kernel?: string;
  readonly pageSize?: string;
}

/** A machine, before the image is known. */
export interface Machine {
  /** Bytes of a page; undefined if neither the command line nor the policy has it. */
  readonly pageSize: number | undefined;
  /** Name of the kernel model. */
  readonly kernel: string;
  /**
   * The board, by default with that kernel.
   *
   * @param pageSize bytes of a page, for options in pages; null if it is not known
   * @throws CramfsError USAGE
   */
  board(pageSize: number | null, kernel?: string): BoardOptions;
}

/**
 * The machine of a command, with the policy that `--policy` names.
 *
 * @throws CramfsError IO, LIMIT, BAD_POLICY, BAD_TABLE, USAGE
 */
export async function chooseMachine(options: MachineRequest): Promise<Machine> {
  return machineOf(options, await readMachine(options));
}

/** What files say of the machine. */
export interface MachineFiles {
  readonly policy: Policy | null;
  /** What the board says, else the policy. */
  readonly machine: PolicyMachine;
}

/**
 * Reads `--policy` and `--board`.
 *
 * @throws CramfsError IO, LIMIT, BAD_POLICY, BAD_BOARD
 */
export async function readMachine({
  policy: policyFile,
  board: boardFile,
}: Pick<MachineRequest, 'policy' | 'board'>): Promise<MachineFiles> {
  const policy = policyFile === undefined ? null : await parsePolicy(readText(policyFile), policyFile);
  const ofPolicy = policy === null ? {} : withTablePath(policy.machine, policyFile ?? '');
  const board = await readBoard(boardFile);
  return { policy, machine: { ...ofPolicy, ...onlyGiven(board) } };
}

/** `--board`; an empty one without it. @throws CramfsError IO, LIMIT, BAD_BOARD */
export async function readBoard(file: string | undefined): Promise<PolicyMachine> {
  return file === undefined ? {} : withTablePath(await parseBoard(readText(file), file), file);
}

function onlyGiven(machine: PolicyMachine): PolicyMachine {
  return Object.fromEntries(Object.entries(machine).filter(([, value]) => value !== undefined));
}

/**
 * The machine of a command, with the files that were read.
 *
 * @throws CramfsError USAGE, IO, LIMIT, BAD_TABLE
 */
export function machineOf(options: MachineRequest, { machine }: Pick<MachineFiles, 'machine'>): Machine {
  const partition = choosePartition(options, machine);
  if (partition !== null && partition.physBase === undefined && (options.phys ?? machine.physBase) === undefined) {
    const found = `the partition table does not give the address of the flash (${partition.noBase ?? ''}): add --flash-base`;
    throw new CramfsError('USAGE', { found });
  }
  const kernel = options.kernel ?? machine.kernel ?? DEFAULT_MODEL.name;
  return {
    pageSize: parsePageSize(options.pageSize) ?? machine.pageSize,
    kernel,
    board: (pageSize, model = kernel) => {
      const given = boardOptions(options, model, pageSize);
      return {
        ...given,
        physBase: given.physBase ?? partition?.physBase ?? machine.physBase,
        regionSize: given.regionSize ?? partition?.size ?? machine.regionSize,
        cpu: given.cpu ?? machine.cpu,
        littleEndian: given.littleEndian ?? machine.littleEndian,
        libraryPath: given.libraryPath ?? machine.libraryPath,
      };
    },
  };
}

/**
 * The board that the options describe.
 *
 * @param pageSize bytes of a page, for numbers in pages; null where it is not known yet
 * @throws CramfsError USAGE
 */
function boardOptions(options: MachineOptions, kernel: string, pageSize: number | null): BoardOptions {
  const number = (text: string | undefined, option: string): number | undefined =>
    text === undefined ? undefined : parseNumber(text, option, pageSize);
  return {
    physBase: number(options.phys, '--phys'),
    regionSize: number(options.region, '--region'),
    fill: options.fill === 'ff' ? 0xff : 0,
    cpu: options.cpu,
    littleEndian: options.endian === undefined ? undefined : options.endian === 'little',
    // The other models need not be loaded for it.
    kernel: kernel === DEFAULT_MODEL.name ? DEFAULT_MODEL : kernelModel(kernel),
    libraryPath: options.libraryPath,
    ram: options.ram?.map((text) => parseRam(text, pageSize)),
    physBits: options.physBits === undefined ? undefined : parsePhysBits(options.physBits, '--phys-bits'),
    riscvIcache: options.riscvIcache,
    stackInit: options.stackInit === undefined ? undefined : parseStackInit(options.stackInit, '--stack-init'),
  };
}
