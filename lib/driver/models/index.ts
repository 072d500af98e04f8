/** The kernel models there are, the default one first. */
import { CramfsError } from '../../base/errors.ts';
import { parseRelease } from '../../mm/release.ts';
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

/** A release as --kernel takes it: `5.15`, `6.6.30`, `linux-5.10`, `6.17-rc3`, or as `uname -r` prints it. */
const RELEASE = /^(?:linux-)?([0-9]{1,3})[.]([0-9]{1,4})(?:[.]([0-9]{1,5}))?(?![0-9.])/;

/**
 * The model of a release.
 *
 * @throws CramfsError USAGE for what is not a release, and for one before direct mapping
 */
export function modelOfRelease(release: string): KernelModel {
  const match = RELEASE.exec(release);
  if (match === null) throw new CramfsError('USAGE', { found: `"${release}" is not a release of Linux` });
  const [major = 0, minor = 0, patch = 0] = match.slice(1).map((digits: string | undefined) => Number(digits ?? '0'));
  const isBefore = (otherMajor: number, otherMinor: number): boolean =>
    major < otherMajor || (major === otherMajor && minor < otherMinor);
  if (isBefore(4, 15)) {
    throw new CramfsError('USAGE', {
      found: `Linux ${release} cannot map cramfs files directly: 4.15 is the first that can`,
    });
  }
  if (major === 6 && minor === 1) return linux61;
  if (isBefore(6, 17)) return linux415;
  return isBefore(6, 18) && patch < 3 ? linux617 : linux618;
}

/**
 * The model of a name, an alias or a release.
 *
 * @throws CramfsError USAGE for a name that no model has
 */
export function kernelModel(name: string): KernelModel {
  const names = [name, `linux-${name}`];
  const model = KERNEL_MODELS.find((known) => [known.name, ...known.aliases].some((each) => names.includes(each)));
  if (model !== undefined) return model;
  const release = RELEASE.test(name) ? parseRelease(name.replace(/^linux-/, '')) : null;
  if (release !== null) return { ...modelOfRelease(name), release };
  const known = KERNEL_MODELS.map((candidate) => candidate.name).join(', ');
  throw new CramfsError('USAGE', {
    found: `no kernel model is named "${name}"; there are ${known}, and releases such as 6.6.30`,
  });
}
