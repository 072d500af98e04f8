// An image of at least 150 MB for benchmarks: one that is named, or one that mkfs.cramfs makes from a part of /usr.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const LEAST_BYTES = 150e6;

/** Folders of programs and libraries: one has the right size on most machines. cramfs images end at some 270 MB. */
const sources = () => {
  const inLib = existsSync('/usr/lib') ? readdirSync('/usr/lib').filter((name) => name.endsWith('-linux-gnu')) : [];
  return [...inLib.map((name) => `/usr/lib/${name}`), '/usr/bin', '/usr/share', '/usr/lib'].filter(existsSync);
};

/**
 * The path of a large image, made in `folder` unless `given` names one; null where none can be made.
 * @param {string} folder
 * @param {string | undefined} given
 */
export function bigImage(folder, given) {
  if (given !== undefined) return given;
  const image = join(folder, 'big.cramfs');
  for (const source of sources()) {
    const { error } = spawnSync('mkfs.cramfs', ['-N', 'little', source, image], { stdio: 'ignore' });
    if (error) return null;
    if (existsSync(image) && statSync(image).size >= LEAST_BYTES) return image;
  }
  return null;
}
