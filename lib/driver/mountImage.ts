/**
 * An image mounted for its own sake: on a machine of its byte order and page size, at an address that does not matter.
 */
import { CramfsError } from '../base/errors.ts';
import { roundUp } from '../base/pages.ts';
import type { CramfsImage } from '../image/image.ts';
import { defaultCpuName, makeCpu } from '../mm/cpus/index.ts';
import { PhysicalMemory } from '../physmem/physicalMemory.ts';
import { mountCramfs, type MountedCramfs, type MountResult } from './mount.ts';

const SOME_ADDRESS = 0x1000_0000;
const REGION_GRANULE = 64 * 1024;

/** How the mount of an image from MTD goes where the region has room for it. */
export function mountImage(image: CramfsImage): MountResult {
  const { littleEndian, pageSize, size } = image;
  const region = Math.max(REGION_GRANULE, roundUp(size, REGION_GRANULE));
  const memory = new PhysicalMemory(image.source, { base: SOME_ADDRESS, size: region, fill: 0, littleEndian });
  return mountCramfs(memory, makeCpu(defaultCpuName(pageSize), pageSize, littleEndian));
}

/**
 * The image, mounted.
 *
 * @throws CramfsError MOUNT_REFUSED for an image that Linux does not mount
 */
export function requireMounted(image: CramfsImage): MountedCramfs {
  const result = mountImage(image);
  if (result.mounted !== null) return result.mounted;
  throw new CramfsError('MOUNT_REFUSED', {
    offset: result.offset ?? undefined,
    found: result.refusal ?? undefined,
  });
}
