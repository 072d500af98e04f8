/** The image of a command in a region of physical memory. */
import { GROUPS, grouped, IMAGE_ARGUMENT, openSource, type Io, parseNumber } from '../../../lib/cli/shared.ts';
import { type Command, Option } from 'commander';
import { type Architecture, defaultBases } from '../architectures.ts';
import { LAB_MOUNTS, type LabRegion, PAGE_SIZE, validateRegions } from '../bootPlan.ts';
import type { LabRequest } from '../record.ts';
import { architectureOf, type KernelOptions } from './labOptions.ts';

/** The options that say where the image lies. */
export interface RegionOptions extends KernelOptions {
  readonly phys?: string;
  readonly region?: string;
  readonly regionSize?: string;
}

/** The region of the recorded transcripts; larger images get a larger one. */
const REGION_BYTES = 64 * 2 ** 20;

/** Bytes of the largest region that a machine has room for at an address. */
function roomAt(physAddress: number, { regionSpace }: Architecture): number {
  const span = regionSpace.find(({ start, end }) => physAddress >= start && physAddress < end);
  return span === undefined ? REGION_BYTES : 2 ** Math.floor(Math.log2(span.end - physAddress));
}

/** Adds the image and the options that say where it lies. */
export function addRegionOptions(command: Command): Command {
  return grouped(command.argument('<image>', IMAGE_ARGUMENT), GROUPS.machine, () =>
    command
      .option('--phys <address>', 'physical address of the image (default: the lowest with enough space)')
      .option(
        '--region <size>',
        'size of the memory region with the image, a power of two (default: 64M, or what the machine has room for)',
      )
      .addOption(new Option('--region-size <size>').hideHelp()),
  );
}

/** Adds the way to mount the image. */
export function addMountOption(command: Command): Command {
  return grouped(command, GROUPS.machine, () =>
    command.addOption(
      new Option(
        '--mount <how>',
        'mount from MTD, from a RAM disk, or under an empty overlayfs (default: mtd)',
      ).choices(LAB_MOUNTS),
    ),
  );
}

/**
 * Reads an image and gives it its region.
 *
 * @param requestsFor what the kernel is asked about the image
 * @throws CramfsError IO, USAGE
 */
export function openRegion(
  file: string,
  options: RegionOptions,
  io: Io,
  requestsFor: (image: Uint8Array) => readonly LabRequest[],
): LabRegion {
  const number = (text: string | undefined, option: string, otherwise: number): number =>
    text === undefined ? otherwise : parseNumber(text, option, PAGE_SIZE);
  const architecture = architectureOf(options);
  const source = openSource(file, io);
  try {
    const image = source.read(0, source.size).slice();
    const physAddress = number(options.phys, '--phys', defaultBases(architecture)[0] ?? 0);
    const usual = Math.min(REGION_BYTES, roomAt(physAddress, architecture));
    const whole = Math.max(usual, 2 ** Math.ceil(Math.log2(image.length)));
    const region = {
      name: file,
      image,
      physAddress,
      regionBytes: number(options.region ?? options.regionSize, '--region', whole),
      mount: options.mount,
      requests: requestsFor(image),
    };
    validateRegions([region], architecture);
    return region;
  } finally {
    source.close();
  }
}
