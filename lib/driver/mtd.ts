/**
 * From the source of a mount to an MTD device: get_tree_mtd() of drivers/mtd/mtdsuper.c, in a kernel without block
 * devices.
 */
import type { Cpu } from '../mm/cpu.ts';
import type { Errno } from '../mm/errno.ts';
import type { PhysicalMemory } from '../physmem/physicalMemory.ts';
import { mountCramfs, type MountResult } from './mount.ts';

/** An MTD device: a chip, or a partition of one. */
export interface MtdDevice {
  readonly name: string;
  /** The device's own memory, from its first byte on. */
  readonly memory: PhysicalMemory;
  /** Whether the driver can tell its physical address. A device made of several chips cannot. Default true. */
  readonly point?: boolean | undefined;
}

/**
 * Mounts cramfs from a source: "mtd0" is the device of that number, "mtd:NAME" the one of that name, and nothing else is
 * an MTD device.
 *
 * @param devices in the order of their numbers
 * @throws CramfsError IO when the image's source fails
 */
export function mountFromMtd(source: string, devices: readonly MtdDevice[], cpu: Cpu): MountResult {
  const found = findDevice(source, devices);
  if ('errno' in found) {
    return { errno: found.errno, log: found.log, offset: null, refusal: 'no such MTD device', mounted: null };
  }
  return mountCramfs(found.memory, cpu, { mtdName: found.name, fallbackLog: null, point: found.point });
}

function findDevice(source: string, devices: readonly MtdDevice[]): MtdDevice | { errno: Errno; log: string[] } {
  const log: string[] = [];
  if (source.startsWith('mtd:')) {
    const name = source.slice('mtd:'.length);
    const device = devices.find((candidate) => candidate.name === name);
    if (device !== undefined) return device;
    log.push(`MTD: MTD device with name "${name}" not found`);
  } else if (source.startsWith('mtd')) {
    const number = simpleStrtoul(source.slice('mtd'.length));
    if (number !== null) {
      return devices[number] ?? { errno: 'ENODEV', log: [`MTDSB: Device #${String(number)} doesn't appear to exist`] };
    }
  }
  log.push(`MTD: Attempt to mount non-MTD device "${source}"`);
  return { errno: 'EINVAL', log };
}

/** simple_strtoul() with base 0: decimal, 0x…, or octal with a leading 0; null for text that is no number as a whole. */
function simpleStrtoul(text: string): number | null {
  if (/^0x[0-9a-f]+$/i.test(text)) return Number(text);
  if (/^0[0-7]*$/.test(text)) return Number.parseInt(text, 8);
  return /^[1-9][0-9]*$/.test(text) ? Number(text) : null;
}
