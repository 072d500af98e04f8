/** `--require`: a mapping must be at least as direct as asked. */
import type { MapVerdict } from '../verdict/mapVerdict.ts';

/** What --require takes. PFNMAP also meets a requirement of MIXEDMAP. */
export type Requirement = 'pfnmap' | 'mixedmap';

/**
 * Whether a verdict meets a requirement; a mapping that fails meets none. Without an MMU a mapping is all or nothing: in
 * flash it meets either.
 */
export function meets(verdict: MapVerdict, requirement: Requirement): boolean {
  if (verdict.nommu !== undefined) return verdict.nommu.inFlash === true;
  return verdict.state === 'pfnmap' || (requirement === 'mixedmap' && verdict.state === 'mixedmap');
}
