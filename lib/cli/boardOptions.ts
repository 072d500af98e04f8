/**
 * The options that describe the machine: shared by every command that maps.
 */
import { hex } from '../base/hex.ts';
import { type Command, Option } from 'commander';
import { DEFAULT_PHYS_BASE } from '../verdict/board.ts';
import type { CpuName } from '../mm/cpu.ts';
import { CPU_NAMES } from '../mm/cpus/index.ts';
import type { Io } from './io.ts';
import { GROUPS, grouped } from './help/groups.ts';
import { addListOptions } from './listMachines.ts';
import type { PartitionOptions } from './partitionOptions.ts';

/** The options as commander hands them over: text, still. */
export interface MachineOptions extends PartitionOptions {
  readonly phys?: string;
  readonly region?: string;
  readonly fill: string;
  readonly cpu?: CpuName | undefined;
  readonly endian?: 'little' | 'big';
  readonly physBits?: string;
  readonly ram?: readonly string[];
  readonly stackInit?: string;
  readonly riscvIcache?: 'fixed' | 'sparsemem' | 'flatmem';
  readonly libraryPath?: string;
}

/** Adds the options of the machine. A command that takes kernels as arguments leaves out --kernel. */
export function addMachineOptions(
  command: Command,
  io: Io,
  { kernel = true }: { readonly kernel?: boolean } = {},
): Command {
  addPartitionOptions(command);
  grouped(command, GROUPS.machine, addMemoryOptions);
  return grouped(command, GROUPS.kernel, () => addKernelOptions(command, io, kernel));
}

/** Adds the options that take the machine from a partition table. */
export function addPartitionOptions(command: Command): Command {
  return grouped(command, GROUPS.partition, () =>
    command
      .option(
        '--partition-table <file>',
        'partition table: ESP-IDF (binary or CSV), device tree (.dts or .dtb), or a file with mtdparts=…, or that text itself',
      )
      .option('--partition <name>', 'the partition of the image; gives its physical address and size')
      .option('--flash-base <address>', 'physical address of the flash, for tables that have only offsets'),
  );
}

function addMemoryOptions(command: Command): Command {
  return command
    .option('--board <file>', 'board file (YAML): the machine, where options say nothing else; see docs/board.md')
    .option('--policy <file>', 'policy file; its machine is used where neither options nor the board say anything else')
    .option('--phys <address>', `physical address of the image, 0 if it has none (default: ${hex(DEFAULT_PHYS_BASE)})`)
    .option('--region <size>', 'size of the memory region with the image (default: image size rounded up to 64 KiB)')
    .addOption(
      new Option('--fill <byte>', 'the byte that fills the rest of the region').choices(['00', 'ff']).default('00'),
    )
    .option('--ram <base,size...>', 'RAM (default: unknown, anywhere below 4 GiB)');
}

function addKernelOptions(command: Command, io: Io, kernel: boolean): Command {
  if (kernel) command.option('--kernel <model>', 'kernel model (default: from the policy, else the newest mainline)');
  return addListOptions(command, io)
    .addOption(
      new Option('--cpu <name>', "CPU (default: detected from the image's programs; --list-cpus lists all)").choices(
        CPU_NAMES,
      ),
    )
    .addOption(
      new Option('--endian <order>', 'byte order of the CPU (default: as the image)').choices(['little', 'big']),
    )
    .option('--phys-bits <n>', 'physical address bits of the CPU (default: 40)')
    .addOption(icacheOption())
    .option(
      '--stack-init <value>',
      'value of uninitialised automatic variables: zero, pattern or a number (default: zero)',
    );
}

/** What the kernel of a RISC-V board does about its instruction cache. */
export function icacheOption(): Option {
  return new Option(
    '--riscv-icache <kernel>',
    'RISC-V: flush_icache_pte() fixed, or unfixed with this memory model (default: unfixed, model unknown)',
  ).choices(['fixed', 'sparsemem', 'flatmem']);
}

/** Adds the options of commands that start programs. */
export function addProgramOptions(command: Command): Command {
  return grouped(command, GROUPS.kernel, () =>
    command.option('--library-path <dirs>', 'LD_LIBRARY_PATH of the programs (default: not set)'),
  );
}
