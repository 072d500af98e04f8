/** The kernel models there are, the default one first. */
import { CramfsError } from '../../base/errors.ts';
import { didYouMean } from '../../base/suggest.ts';
import { isBefore, type Release } from '../../mm/release.ts';
import { verifiesFileType } from './fileTypes.ts';
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

/** The model that is used where none is named. */
export const DEFAULT_MODEL: KernelModel = linux618;

/** A release as --kernel takes it: `5.15`, `6.6.30`, `linux-5.10`, `6.17-rc3`, or as `uname -r` prints it. No minor number was above 20. */
const RELEASE = /^(?:linux-)?([0-9]{1,3})[.]([0-9]|1[0-9]|20)(?:[.]([0-9]{1,5}))?(?![0-9.])/;

/** How Debian names kernels whose patch level it does not say: `6.1.0-56-amd64`. */
const WITHOUT_PATCH_LEVEL = /^(?:linux-)?[0-9]+[.][0-9]+[.]0-[0-9]+/;

/**
 * The model of a release, with its release. Where no patch level is given it is the last of its series; of 6.17, the first.
 *
 * @throws CramfsError USAGE for what is not a release, and for one before direct mapping
 */
export function modelOfRelease(text: string): KernelModel {
  const match = RELEASE.exec(text);
  if (match === null) throw new CramfsError('USAGE', { found: `"${text}" is not a release of Linux` });
  const release: Release = [Number(match[1]), Number(match[2])];
  const patch = match[3] === undefined || WITHOUT_PATCH_LEVEL.test(text) ? null : Number(match[3]);
  if (isBefore(release, [4, 15])) {
    throw new CramfsError('USAGE', {
      found: `Linux ${text.replace(/^linux-/, '')} cannot map cramfs files directly: 4.15 is the first that can`,
    });
  }
  const model = familyOf(release, patch);
  return { ...model, release, verifiesFileType: verifiesFileType(release, model === linux617 ? (patch ?? 0) : patch) };
}

function familyOf(release: Release, patch: number | null): KernelModel {
  const [major, minor] = release;
  if (major === 6 && minor === 1) return linux61;
  if (isBefore(release, [6, 17])) return linux415;
  return isBefore(release, [6, 18]) && (patch ?? 0) < 3 ? linux617 : linux618;
}

/**
 * The model of a name or a release. The model of a release has the given text as its name, by which it is found again.
 *
 * @throws CramfsError USAGE for a name that no model has
 */
export function kernelModel(name: string): KernelModel {
  const model = KERNEL_MODELS.find((known) => known.name === name);
  if (model !== undefined) return model;
  if (RELEASE.test(name)) return { ...modelOfRelease(name), name };
  const renamed = KERNEL_MODELS.find(({ aliases }) => aliases.includes(name));
  if (renamed !== undefined) return renamed;
  const known = KERNEL_MODELS.map((candidate) => candidate.name);
  throw new CramfsError('USAGE', {
    found: `no kernel model is named "${name}"${didYouMean(name, known)}; there are ${known.join(', ')}, and releases such as 6.6.30`,
  });
}
