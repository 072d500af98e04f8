/** The CPU of a machine in words, as the headings of reports have it. */
import type { Machine } from '../verdict/machine.ts';

/** What is shown of a CPU. */
export type CpuShown = Pick<Machine, 'littleEndian' | 'programsFor' | 'programsNeedNommu'> & { readonly cpu: string };

/** The CPU and its byte order; where the image's programs are for another, which, and how to choose that. */
export function cpuText({ cpu, littleEndian, programsFor, programsNeedNommu }: CpuShown): string {
  const doubt = programsFor === null ? '' : otherMachine("the image's programs are", programsFor, programsNeedNommu);
  return `${littleEndian ? `${cpu}, little endian` : `a big-endian CPU (else as ${cpu})`}${doubt}`;
}

/** That programs are for a machine that the CPU is not; where only kernels without an MMU run on it, that too. */
export function otherMachine(whatAre: string, machine: string, needsNommu: boolean): string {
  const how = needsNommu ? ', without an MMU: try --kernel nommu-6.12' : '';
  return ` (${whatAre} for ${machine}${how})`;
}
