/** The state of a mapping, as VmFlags show it. */
import type { Vma } from '../mm/vma.ts';
import { VM_MIXEDMAP, VM_PFNMAP } from '../mm/vmFlags.ts';
import type { MapState } from './mapVerdict.ts';

/** VM_PFNMAP, VM_MIXEDMAP or neither of both. */
export function vmaState({ vmFlags }: Pick<Vma, 'vmFlags'>): MapState {
  if ((vmFlags & VM_PFNMAP) !== 0) return 'pfnmap';
  return (vmFlags & VM_MIXEDMAP) !== 0 ? 'mixedmap' : 'none';
}
