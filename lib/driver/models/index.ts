/** The kernel models there are, the default one first. */
import { CramfsError } from '../../base/errors.ts';
import type { KernelModel } from './kernelModel.ts';
import { linux415, linux61, linux617, linux618 } from './mainline.ts';
import { nommu } from './nommu.ts';
import { patchV1, patchV1Intended, patchV1PfnFixed } from './patchV1.ts';
import { patchV2, patchV2Fixed } from './patchV2.ts';

export const KERNEL_MODELS: readonly KernelModel[] = [
  linux618,
  linux617,
  linux415,
  linux61,
  patchV1,
  patchV1PfnFixed,
  patchV1Intended,
  patchV2,
  patchV2Fixed,
  nommu,
];

/** The model that is used where none is named. */
export const DEFAULT_MODEL: KernelModel = linux618;

/**
 * The model of a name or alias.
 *
 * @throws CramfsError USAGE for a name that no model has
 */
export function kernelModel(name: string): KernelModel {
  const model = KERNEL_MODELS.find((candidate) => candidate.name === name || candidate.aliases.includes(name));
  if (model !== undefined) return model;
  const known = KERNEL_MODELS.map((candidate) => candidate.name).join(', ');
  throw new CramfsError('USAGE', { found: `no kernel model is named "${name}"; there are ${known}` });
}
