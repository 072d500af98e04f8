/** Images, mounted for tests. */
import { PathWalker } from '../../lib/driver/lookup.ts';
import { mountCramfs, type MountedCramfs } from '../../lib/driver/mount.ts';
import { CramfsImage } from '../../lib/image/image.ts';
import type { CpuName } from '../../lib/mm/cpu.ts';
import { defaultCpuName, makeCpu } from '../../lib/mm/cpus/index.ts';
import type { Release } from '../../lib/mm/release.ts';
import { PhysicalMemory } from '../../lib/physmem/physicalMemory.ts';

/** How to mount. */
interface MountSettings {
  readonly cpu?: CpuName;
  readonly release?: Release;
}

/** The image, mounted in a region with some room after it. */
export function mountedImage(image: CramfsImage, { cpu, release }: MountSettings = {}): MountedCramfs {
  const { littleEndian, pageSize, size } = image;
  const memory = new PhysicalMemory(image.source, { base: 0x1000_0000, size: size + (1 << 16), littleEndian });
  const name = cpu ?? defaultCpuName(pageSize);
  const { mounted } = mountCramfs(memory, makeCpu(name, pageSize, littleEndian, { release }));
  if (mounted === null) throw new Error('the image does not mount');
  return mounted;
}

/** Walks paths in an image. */
export function walkerIn(from: CramfsImage | Uint8Array, settings: MountSettings = {}): PathWalker {
  const image = from instanceof Uint8Array ? CramfsImage.open(from) : from;
  return new PathWalker(mountedImage(image, settings), image);
}
