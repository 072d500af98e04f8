/** `--require`: a mapping must be at least as direct as asked. */
import type { MapVerdict } from '../verdict/mapVerdict.ts';

/** What --require takes. PFNMAP also meets a requirement of MIXEDMAP. */
export type Requirement = 'pfnmap' | 'mixedmap';

/** Whether a verdict meets a requirement; a mapping that fails meets none. */
export function meets(verdict: MapVerdict, requirement: Requirement): boolean {
  return verdict.state === 'pfnmap' || (requirement === 'mixedmap' && verdict.state === 'mixedmap');
}
