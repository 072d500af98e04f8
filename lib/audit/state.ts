/** States of mappings, with and without an MMU. */
import type { MapState, MapVerdict } from '../verdict/mapVerdict.ts';

/** The state of a mapping; without an MMU a mapping of flash is wholly direct, and a copy not at all. */
export function stateOf(verdict: MapVerdict): MapState | null {
  if (verdict.kind !== 'nommu') return verdict.state;
  return verdict.nommu.inFlash ? 'pfnmap' : 'none';
}
