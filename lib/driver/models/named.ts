/** Kernel models by their names, and by releases of Linux. */
import { CramfsError } from '../../base/errors.ts';
import { didYouMean } from '../../base/suggest.ts';
import { isBefore, type Release } from '../../mm/release.ts';
import { verifiesFileType } from './fileTypes.ts';
import { KERNEL_MODELS } from './index.ts';
import type { KernelModel } from './kernelModel.ts';
import { linux415, linux61, linux617, linux618 } from './mainline.ts';

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
