/**
 * What a virtual machine is to do: images at physical addresses, and requests about each. From this, what QEMU, the kernel
 * and the init program are told.
 */
import { hex, hexDigits } from '../../lib/report.ts';
import { roundDown, roundUp } from '../../lib/kernel.ts';
import { CramfsError } from '../../lib/index.ts';
import { encodeName } from '../../lib/format.ts';
import { AMD64, type AddressSpan, type Architecture, modulesOf } from './architectures.ts';
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
  /** Default "mtd". */
  readonly mount?: LabMount | undefined;
  readonly requests: readonly LabRequest[];
}

/** How an image can be mounted. */
export const LAB_MOUNTS = ['mtd', 'block', 'overlay'] as const;
/**
 * `mtd`: from the MTD device, as the transcripts have it; `block`: from a RAM disk with a copy of it; `overlay`: from the MTD
 * device, under an overlayfs with nothing above.
 */
export type LabMount = (typeof LAB_MOUNTS)[number];

/** Images that one boot takes: as many as the module has room for. */
export const MAX_REGIONS = 64;

const MIB = 2 ** 20;

/** Bytes of a page of the machine. */
export const PAGE_SIZE = 4096;

/** RAM above the regions. */
const RAM_ABOVE = 128 * MIB;
/** Where RAM of QEMU's PC goes on that does not fit below its devices. */
const FOUR_GIB = 2 ** 32;
const LOW_RAM = 3 * 2 ** 30;

/**
 * Makes sure that the machine has room for the regions.
 *
 * @throws CramfsError USAGE
 */
export function validateRegions(
  regions: readonly LabRegion[],
  { regionSpace }: Pick<Architecture, 'regionSpace'> = AMD64,
): void {
  const usage = (found: string): CramfsError => new CramfsError('USAGE', { found });
  if (regions.length === 0) throw usage('no image to boot with');
  if (regions.length > MAX_REGIONS) {
    throw usage(`one boot takes ${MAX_REGIONS} images at most, and there are ${regions.length}`);
  }
  for (const { name, image, physAddress, regionBytes } of regions) {
    if (image.length > regionBytes) {
      throw usage(`${name}: its ${image.length} bytes do not fit into a region of ${regionBytes} bytes`);
    }
    // The physmap driver would make a smaller device of it, without a word.
    if (2 ** Math.round(Math.log2(regionBytes)) !== regionBytes)
      throw usage(`${name}: the region is ${regionBytes} bytes long, not a power of two`);
    if (physAddress % 4 !== 0) throw usage(`${name}: the physical address ${hex(physAddress)} is not a multiple of 4`);
    if (!regionSpace.some(({ start, end }) => physAddress >= start && physAddress + regionBytes <= end)) {
      const spans = regionSpace.map(({ start, end }) => `between ${hex(start)} and ${hex(end)}`).join(' or ');
      throw usage(
        `${name}: a region must lie ${spans} in this machine, ` +
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

/** The pages from the lowest region to the highest, for each part of the machine's RAM that has regions. */
function regionPages(regions: readonly LabRegion[]): AddressSpan[] {
  const isLow = ({ physAddress }: LabRegion): boolean => physAddress < FOUR_GIB;
  return [regions.filter(isLow), regions.filter((region) => !isLow(region))]
    .filter((part) => part.length > 0)
    .map((part) => ({
      start: roundDown(Math.min(...part.map(({ physAddress }) => physAddress)), PAGE_SIZE),
      end: roundUp(Math.max(...part.map(({ physAddress, regionBytes }) => physAddress + regionBytes)), PAGE_SIZE),
    }));
}

/** The kernel's command line. */
export function kernelCommandLine(regions: readonly LabRegion[], architecture: Architecture = AMD64): string {
  return [
    `console=${architecture.console}`,
    'quiet',
    'panic=-1',
    // Addresses that do not change from boot to boot.
    'nokaslr',
    'norandmaps',
    ...keptOff(regions, architecture),
    // A program that makes cramfs log a lot must not push out the beginning.
    'log_buf_len=4M',
    ...architecture.commandLine,
    // Words that the kernel does not know are the environment of its first program.
    `RESULTS=/dev/${architecture.results}`,
  ].join(' ');
}

function keptOff(regions: readonly LabRegion[], { keepOff, ramStart, regionSpace }: Architecture): string[] {
  switch (keepOff) {
    case 'memmap': {
      const spans = regionPages(regions).map(({ start, end }) => `${hex(end - start)}$${hex(start)}`);
      return [`memmap=${spans.join(',')}`];
    }
    case 'mem': {
      const [{ start } = { start: ramStart }] = regionSpace;
      return [`mem=${(start - ramStart) / MIB}M${ramStart === 0 ? '' : `@${hex(ramStart)}`}`];
    }
    case 'flash':
      return [];
  }
}

/** Bytes of RAM that reach past the regions. */
function ramBytes(regions: readonly LabRegion[], { ramStart, minRam, keepOff }: Architecture): number {
  if (keepOff === 'flash') return minRam;
  const end = Math.max(...regionPages(regions).map((span) => span.end)) + RAM_ABOVE;
  // RAM of a PC leaves a hole for devices; what does not fit below them stands above.
  const bytes = ramStart === 0 && end > FOUR_GIB ? end - FOUR_GIB + LOW_RAM + LOW_RAM_MARGIN : end - ramStart;
  return Math.max(minRam, roundUp(bytes, MIB));
}

/** A PC with less than 3.5 GiB has all of it below its devices. */
const LOW_RAM_MARGIN = 512 * MIB;

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

/** The arguments of QEMU. */
export function qemuArguments(
  regions: readonly LabRegion[],
  files: MachineFiles,
  architecture: Architecture = AMD64,
): string[] {
  const { machineArguments } = architecture;
  return [
    ...['-accel', 'tcg', ...machineArguments, '-smp', '1', '-m', `${ramBytes(regions, architecture) / MIB}M`],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...linesOf(architecture, files),
    ...['-kernel', files.kernel, '-initrd', files.initramfs, '-append', kernelCommandLine(regions, architecture)],
    ...regions.flatMap(({ physAddress }, index) => [
      '-device',
      // A comma in a value is written twice.
      `loader,file=${(files.images[index] ?? '').replaceAll(',', ',,')},addr=${hex(physAddress)},force-raw=on`,
    ]),
  ];
}

/** Where the lines of the console and of the results go. */
function linesOf({ console, results }: Architecture, files: MachineFiles): string[] {
  if (results.startsWith('hvc')) {
    const line = ['-chardev', `file,id=results,path=${files.results}`, '-device', 'virtio-serial-device'];
    return ['-serial', `file:${files.console}`, ...line, '-device', 'virtconsole,chardev=results'];
  }
  return [...(console === results ? [] : ['-serial', `file:${files.console}`]), '-serial', `file:${files.results}`];
}

/** RAM of the machine, from a transcript's setup; undefined where regions are parts of it. */
export function ramText({ keepOff, ramStart, minRam }: Architecture): string | undefined {
  return keepOff === 'flash' ? `${hex(ramStart)}-${hex(ramStart + minRam - 1)}` : undefined;
}

/** The plan that the init program carries out: kernel-lab/init/init.c has the format. */
export function planText(regions: readonly LabRegion[], architecture: Architecture = AMD64): string {
  const list = (value: (region: LabRegion) => number): string => regions.map((region) => hex(value(region))).join(',');
  const parameters: Readonly<Record<string, readonly string[]>> = {
    cramfs_lab: [`base=${list((region) => region.physAddress)}`, `size=${list((region) => region.regionBytes)}`],
  };
  const lines = [
    ...modulesOf(architecture).map((name) => ['module', `/${name}.ko`, ...(parameters[name] ?? [])]),
    ...regions.flatMap(({ mount = 'mtd', requests }) => [['region', mount], ...requests.map(requestWords)]),
  ];
  return lines.map((words) => `${words.map(planWord).join(' ')}\n`).join('');
}

/** Lines of a plan before the first region's. */
export function planHeadLines(architecture: Architecture = AMD64): number {
  return modulesOf(architecture).length;
}

function requestWords(request: LabRequest): readonly string[] {
  switch (request.type) {
    case 'vector': {
      const { type, length, offset, prot, flags, path } = request;
      return [type, hex(length), hex(offset), prot, flags, path];
    }
    case 'read':
      return [request.type, request.path];
    case 'exec':
      return [...(request.capture === undefined ? ['exec'] : ['capture', request.capture]), ...request.argv];
  }
}

/** A word with its bytes outside printable ASCII, spaces and percent signs as %XX; a % alone is the empty word. */
function planWord(word: string): string {
  if (word === '') return '%';
  return Array.from(encodeName(word), (byte) =>
    byte > 0x20 && byte < 0x7f && byte !== 0x25 ? String.fromCharCode(byte) : `%${hexDigits(byte, 2)}`,
  ).join('');
}
