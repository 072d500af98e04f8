/**
 * The architectures that the lab boots: their packages, compilers and virtual machines.
 */
import { riscvConfig } from './kernelConfig.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** Physical addresses, `end` exclusive. */
export interface AddressSpan {
  readonly start: number;
  readonly end: number;
}

/** An architecture and the machine that stands for it. */
export interface Architecture {
  /** The value of --arch. */
  readonly name: string;
  /** `uname -m`: with the release it says which CPU the emulation has. */
  readonly machine: string;
  /** Debian's name of it. */
  readonly debian: string;
  /** How releases of its kernels end, without the hyphen. */
  readonly flavour: string;
  /** Begins the names of the compiler and its companions; empty for this computer's own. */
  readonly toolPrefix: string;
  /** Packages to install, and a program or file that each of them brings. */
  readonly packages: readonly { readonly name: string; readonly brings: string }[];
  readonly qemu: string;
  /** QEMU's machine and CPU. */
  readonly machineArguments: readonly string[];
  /** How the kernel keeps its struct pages, where that decides what becomes of a mapping. */
  readonly memoryModel?: string;
  /** Lines of the configuration, where the kernel is built from Debian's source. */
  readonly config?: readonly string[];
  /** The kernel's name of it (ARCH=), where the kernel is built here. */
  readonly kernelArch?: string;
  /**
   * Where regions may lie: above what the kernel needs for itself, and below devices; the first span has the default
   * bases.
   */
  readonly regionSpace: readonly AddressSpan[];
  /** Where RAM begins, and how much the machine has at least. */
  readonly ramStart: number;
  readonly minRam: number;
  /**
   * How regions are kept from the kernel: `memmap` takes them out of its memory; `mem` gives it only what lies below
   * all regions, RAM from `ramStart` to the first span; `flash`: they lie in the machine's flash, which is no RAM.
   */
  readonly keepOff: 'memmap' | 'mem' | 'flash';
  /** Whether the machine goes on after an oops: the requests after it are answered. */
  readonly outlivesOops?: boolean;
  /** The kernel's file: the ELF file in a bzImage, the package's own, or the one that is built here. */
  readonly kernelFile: 'vmlinux' | 'vmlinuz' | 'Image';
  /** Modules of the kernel's package, in the order of loading. Others are built in, or there are none. */
  readonly modules: readonly string[];
  /** Modules of the package for other ways to mount: a RAM disk, and overlayfs. The init program loads them. */
  readonly mountModules: readonly string[];
  /** Lines: the console's, and that of the results. They may be the same. */
  readonly console: string;
  readonly results: string;
  /** More words for the kernel. */
  readonly commandLine: readonly string[];
}

const X86_MODULES = ['mtd', 'chipreg', 'map_funcs', 'map_ram', 'physmap'];

const X86 = {
  qemu: 'qemu-system-x86_64',
  machineArguments: ['-machine', 'pc', '-cpu', 'max'],
  ramStart: 0,
  minRam: 512 * MIB,
  keepOff: 'memmap',
  modules: X86_MODULES,
  mountModules: [],
  console: 'ttyS0',
  results: 'ttyS1',
  // The timer's self-test fails now and then where the host is busy.
  commandLine: ['no_timer_check'],
} as const;

const QEMU_X86 = { name: 'qemu-system-x86', brings: 'qemu-system-x86_64' };

/** The console's messages are told on the same line as the results: only those before the kernel's end. */
const ONE_LINE = { console: 'ttyAMA0', results: 'ttyAMA0', commandLine: ['loglevel=1'] };

const ARM = {
  debian: 'armhf',
  machine: 'armv7l',
  toolPrefix: 'arm-linux-gnueabihf-',
  packages: [
    { name: 'qemu-system-arm', brings: 'qemu-system-arm' },
    { name: 'gcc-arm-linux-gnueabihf', brings: 'arm-linux-gnueabihf-gcc' },
    { name: 'libc6-dev-armhf-cross', brings: '/usr/arm-linux-gnueabihf/lib/libc.a' },
  ],
  qemu: 'qemu-system-arm',
  regionSpace: [{ start: 0x5000_0000, end: 0xb000_0000 }],
  ramStart: GIB,
  minRam: 512 * MIB,
  keepOff: 'mem',
  kernelFile: 'vmlinuz',
  modules: ['map_ram', 'physmap'],
  mountModules: [],
  ...ONE_LINE,
} as const;

/** Debian 12 has no kernels for it; with an MMU, an oops at each direct executable page, or a bit set elsewhere. */
const RISCV64 = {
  machine: 'riscv64',
  debian: 'riscv64',
  toolPrefix: 'riscv64-linux-gnu-',
  packages: [
    { name: 'qemu-system-misc', brings: 'qemu-system-riscv64' },
    { name: 'gcc-riscv64-linux-gnu', brings: 'riscv64-linux-gnu-gcc' },
    { name: 'libc6-dev-riscv64-cross', brings: '/usr/riscv64-linux-gnu/lib/libc.a' },
    { name: 'flex', brings: 'flex' },
    { name: 'bison', brings: 'bison' },
    { name: 'bc', brings: 'bc' },
  ],
  qemu: 'qemu-system-riscv64',
  machineArguments: ['-machine', 'virt'],
  kernelArch: 'riscv',
  // The second bank of the machine's flash.
  regionSpace: [{ start: 0x2200_0000, end: 0x2400_0000 }],
  ramStart: 2 * GIB,
  minRam: 512 * MIB,
  keepOff: 'flash',
  outlivesOops: true,
  kernelFile: 'Image',
  modules: [],
  mountModules: [],
  console: 'ttyS0',
  results: 'hvc0',
  commandLine: [],
} as const;

/** The default: this computer's own. */
export const AMD64: Architecture = {
  ...X86,
  name: 'amd64',
  machine: 'x86_64',
  debian: 'amd64',
  flavour: 'amd64',
  toolPrefix: '',
  packages: [QEMU_X86],
  // QEMU's PC has its devices between 3 GiB and 4 GiB.
  regionSpace: [
    { start: 128 * MIB, end: 3 * GIB },
    { start: 4 * GIB, end: 8 * GIB },
  ],
  kernelFile: 'vmlinux',
  mountModules: ['brd', 'overlay'],
};

/** All of them, in the order of the help. */
export const ARCHITECTURES: readonly Architecture[] = [
  AMD64,
  {
    ...X86,
    name: 'i386',
    machine: 'i686',
    debian: 'i386',
    flavour: '686-pae',
    toolPrefix: 'i686-linux-gnu-',
    packages: [
      QEMU_X86,
      { name: 'gcc-i686-linux-gnu', brings: 'i686-linux-gnu-gcc' },
      { name: 'libc6-dev-i386-cross', brings: '/usr/i686-linux-gnu/lib/libc.a' },
    ],
    // The kernel reaches 896 MiB directly, and the initramfs must lie there.
    regionSpace: [{ start: 128 * MIB, end: 768 * MIB }],
    kernelFile: 'vmlinuz',
  },
  {
    name: 'arm64',
    machine: 'aarch64',
    debian: 'arm64',
    flavour: 'arm64',
    toolPrefix: 'aarch64-linux-gnu-',
    packages: [
      { name: 'qemu-system-arm', brings: 'qemu-system-aarch64' },
      { name: 'gcc-aarch64-linux-gnu', brings: 'aarch64-linux-gnu-gcc' },
      { name: 'libc6-dev-arm64-cross', brings: '/usr/aarch64-linux-gnu/lib/libc.a' },
    ],
    qemu: 'qemu-system-aarch64',
    machineArguments: ['-machine', 'virt', '-cpu', 'max'],
    regionSpace: [{ start: 0x5000_0000, end: 4 * GIB }],
    ramStart: GIB,
    minRam: 512 * MIB,
    keepOff: 'mem',
    kernelFile: 'vmlinuz',
    // Without CONFIG_MTD_PHYSMAP: our module makes the devices itself.
    modules: ['mtd', 'chipreg', 'map_ram'],
    mountModules: [],
    ...ONE_LINE,
  },
  { ...ARM, name: 'armhf', flavour: 'armmp', machineArguments: ['-machine', 'virt,highmem=off', '-cpu', 'cortex-a15'] },
  { ...ARM, name: 'armhf-lpae', flavour: 'armmp-lpae', machineArguments: ['-machine', 'virt', '-cpu', 'cortex-a15'] },
  {
    ...RISCV64,
    name: 'riscv64',
    flavour: 'sparsemem',
    memoryModel: 'SPARSEMEM_VMEMMAP',
    config: riscvConfig('sparsemem'),
  },
  { ...RISCV64, name: 'riscv64-flatmem', flavour: 'flatmem', memoryModel: 'FLATMEM', config: riscvConfig('flatmem') },
];

/** Where images lie by default: fixtures of all architectures have these places in a page. */
export function defaultBases({ regionSpace, ramStart }: Architecture): number[] {
  const start = ramStart === 0 ? 0x1000_0000 : (regionSpace[0]?.start ?? 0);
  return [start, start + 0x800, start + 0xef0];
}

/** The modules of a plan, in the order of loading: the kernel's, ours, and cramfs. */
export function modulesOf({ modules }: Architecture): string[] {
  return [...modules, ...OWN_MODULES];
}

/** Modules that are built here. */
export const OWN_MODULES: readonly string[] = ['cramfs_lab', 'cramfs'];
