/**
 * What a verdict is about beside the file: the machine, as plain data.
 */
import type { CpuName } from '../mm/cpu.ts';

/** A board in values. */
export interface Machine {
  /** Name of the kernel model. */
  readonly kernel: string;
  readonly cpu: CpuName;
  readonly littleEndian: boolean;
  /** Bytes. */
  readonly pageSize: number;
  /** Physical address of the image; 0 for none. */
  readonly physBase: number;
  /** Bytes of the region that the image is in. */
  readonly regionSize: number;
  readonly hasMmu: boolean;
  /** What the image's programs are for where that is not modelled and the CPU stands in for it; else null. */
  readonly programsFor: string | null;
  /** Whether that is a CPU without an MMU, which kernels with one do not run on. */
  readonly programsNeedNommu: boolean;
}
