/** The kernel models there are, the default one first. */
import type { KernelModel } from './kernelModel.ts';
import { linux415, linux61, linux617, linux618 } from './mainline.ts';
import { linearXip } from './linearXip.ts';
import { nommu, nommu612 } from './nommu.ts';
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
  nommu612,
  linearXip,
];

/** Those of kernels that were released, the newest first: not of patches, and not of vendors. */
export const RELEASED_MODELS: readonly KernelModel[] = [linux618, linux617, linux415, linux61, nommu, nommu612];
