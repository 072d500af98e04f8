/** States of mappings, with and without an MMU. */
import type { MapState, MapVerdict } from '../verdict/mapVerdict.ts';

/** The state of a mapping; without an MMU a mapping of flash is wholly direct, and a copy not at all. */
export function stateOf({ state, nommu }: MapVerdict): MapState | null {
  if (nommu === undefined || nommu.inFlash === null) return state;
  return nommu.inFlash ? 'pfnmap' : 'none';
}
