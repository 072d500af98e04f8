/**
 * What a virtual machine is to do: images at physical addresses, and requests about each. From this, what QEMU, the kernel
 * and the init program are told.
 */
import { hex, hexDigits } from '../../lib/report.ts';
import { roundDown, roundUp } from '../../lib/kernel.ts';
import { CramfsError } from '../../lib/index.ts';
import { encodeName } from '../../lib/format.ts';
import type { LabRequest } from './record.ts';

/** An image in a memory region of its own, and what the kernel is asked about it. */
export interface LabRegion {
  /** What the transcript calls the image. */
  readonly name: string;
  readonly image: Uint8Array;
  /** Physical address of the region and of the image in it. */
  readonly physAddress: number;
  /** Bytes, a power of two; behind the image they are zero. */
  readonly regionBytes: number;
  readonly requests: readonly LabRequest[];
}

/** Images that one boot takes: as many as the module has room for. */
export const MAX_REGIONS = 64;

const MIB = 2 ** 20;

/** Bytes of a page of the machine. */
export const PAGE_SIZE = 4096;

/** Where regions may lie: above what the kernel needs for itself, and below the devices of QEMU's PC with its initramfs. */
const REGION_SPACE = { start: 128 * MIB, end: 3072 * MIB };
/** RAM of the machine, and how much of it lies above the regions. */
const MIN_RAM = 512 * MIB;
const RAM_ABOVE = 128 * MIB;

/**
 * Makes sure that the machine has room for the regions.
 *
 * @throws CramfsError USAGE
 */
export function validateRegions(regions: readonly LabRegion[]): void {
  const usage = (found: string): CramfsError => new CramfsError('USAGE', { found });
  if (regions.length === 0) throw usage('there is no image to boot with');
  if (regions.length > MAX_REGIONS) {
    throw usage(`one boot takes ${MAX_REGIONS} images at most, and there are ${regions.length}`);
  }
  for (const { name, image, physAddress, regionBytes } of regions) {
    if (image.length > regionBytes) {
      throw usage(`${name}: its ${image.length} bytes do not fit into a region of ${regionBytes} bytes`);
    }
    // The physmap driver would make a smaller device of it, without a word.
    if (2 ** Math.round(Math.log2(regionBytes)) !== regionBytes)
      throw usage(`${name}: ${regionBytes} bytes of a region are no power of two`);
    if (physAddress % 4 !== 0) throw usage(`${name}: the physical address ${hex(physAddress)} is no multiple of 4`);
    if (physAddress < REGION_SPACE.start || physAddress + regionBytes > REGION_SPACE.end) {
      throw usage(
        `${name}: a region must lie between ${hex(REGION_SPACE.start)} and ${hex(REGION_SPACE.end)} in this machine, ` +
          `and not at ${hex(physAddress)} to ${hex(physAddress + regionBytes)}`,
      );
    }
  }
  const sorted = [...regions].sort((a, b) => a.physAddress - b.physAddress);
  sorted.slice(1).forEach((region, index) => {
    const below = sorted[index];
    if (below !== undefined && below.physAddress + below.regionBytes > region.physAddress) {
      throw usage(`the regions of ${below.name} and ${region.name} overlap at ${hex(region.physAddress)}`);
    }
  });
}

/** The pages from the lowest region to the highest. */
function regionPages(regions: readonly LabRegion[]): { readonly start: number; readonly end: number } {
  const start = Math.min(...regions.map(({ physAddress }) => physAddress));
  const end = Math.max(...regions.map(({ physAddress, regionBytes }) => physAddress + regionBytes));
  return { start: roundDown(start, PAGE_SIZE), end: roundUp(end, PAGE_SIZE) };
}

/** The kernel's command line. */
export function kernelCommandLine(regions: readonly LabRegion[]): string {
  const { start, end } = regionPages(regions);
  return [
    'console=ttyS0',
    'quiet',
    'panic=-1',
    // Addresses that do not change from boot to boot.
    'nokaslr',
    'norandmaps',
    `memmap=${hex(end - start)}$${hex(start)}`,
    // A program that makes cramfs log a lot must not push out the beginning.
    'log_buf_len=4M',
  ].join(' ');
}

/** Files that QEMU is told of. */
export interface MachineFiles {
  readonly kernel: string;
  readonly initramfs: string;
  /** One for each region. */
  readonly images: readonly string[];
  /** Where the kernel's console goes. */
  readonly console: string;
  /** Where the second serial line goes, which has the results. */
  readonly results: string;
}

/** The arguments of qemu-system-x86_64. */
export function qemuArguments(regions: readonly LabRegion[], files: MachineFiles): string[] {
  const ram = Math.max(MIN_RAM, roundUp(regionPages(regions).end, MIB) + RAM_ABOVE);
  return [
    ...['-accel', 'tcg', '-machine', 'pc', '-cpu', 'max', '-smp', '1', '-m', `${ram / MIB}M`],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-serial', `file:${files.console}`, '-serial', `file:${files.results}`],
    ...['-kernel', files.kernel, '-initrd', files.initramfs, '-append', kernelCommandLine(regions)],
    ...regions.flatMap(({ physAddress }, index) => [
      '-device',
      // A comma in a value is written twice.
      `loader,file=${(files.images[index] ?? '').replaceAll(',', ',,')},addr=${hex(physAddress)},force-raw=on`,
    ]),
  ];
}

/** Names of the kernel modules in the initramfs, in the order in which they must be loaded. */
export const MODULES = ['mtd', 'chipreg', 'map_funcs', 'map_ram', 'physmap', 'cramfs_lab', 'cramfs'] as const;

/** The plan that the init program carries out: kernel-lab/init/init.c has the format. */
export function planText(regions: readonly LabRegion[]): string {
  const list = (value: (region: LabRegion) => number): string => regions.map((region) => hex(value(region))).join(',');
  const parameters: Readonly<Record<string, readonly string[]>> = {
    cramfs_lab: [`base=${list((region) => region.physAddress)}`, `size=${list((region) => region.regionBytes)}`],
  };
  const lines = [
    ...MODULES.map((name) => ['module', `/${name}.ko`, ...(parameters[name] ?? [])]),
    ...regions.flatMap(({ requests }) => [['region'], ...requests.map(requestWords)]),
  ];
  return lines.map((words) => `${words.map(planWord).join(' ')}\n`).join('');
}

/** Lines of a plan before the first region's. */
export const PLAN_HEAD_LINES = MODULES.length;

function requestWords(request: LabRequest): readonly string[] {
  switch (request.type) {
    case 'vector': {
      const { type, length, offset, prot, flags, path } = request;
      return [type, hex(length), hex(offset), prot, flags, path];
    }
    case 'read':
      return [request.type, request.path];
    case 'exec':
      return [request.type, ...request.argv];
  }
}

/** A word with its bytes outside printable ASCII, spaces and percent signs as %XX. */
function planWord(word: string): string {
  return Array.from(encodeName(word), (byte) =>
    byte > 0x20 && byte < 0x7f && byte !== 0x25 ? String.fromCharCode(byte) : `%${hexDigits(byte, 2)}`,
  ).join('');
}
