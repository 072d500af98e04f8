// The trees that benchmarks work on: many small files, which are generated, and a part of Debian's /usr.
import {
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

const KEYS = ['interface', 'address', 'timeout', 'enabled', 'path', 'user', 'level', 'retries', 'mode', 'server'];

/** Numbers that are the same in every run. @param {number} seed */
function generator(seed) {
  let state = seed;
  return (/** @type {number} */ below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/**
 * Configuration files of 1 to 40 lines, 240 a folder.
 * @param {string} folder that is made
 * @param {number} files
 */
export function smallTree(folder, files) {
  const random = generator(12345);
  let directory = folder;
  // The modes are in the images.
  const umask = process.umask(0o022);
  mkdirSync(folder, { recursive: true });
  for (let i = 0; i < files; i++) {
    if (i % 240 === 0) mkdirSync((directory = join(folder, `conf.${String(i / 240).padStart(4, '0')}`)));
    const lines = [`# file ${i}`];
    for (let line = random(40); line > 0; line--) {
      lines.push(`${KEYS[random(KEYS.length)] ?? ''}.${random(300)} = ${random(4) === 0 ? 'yes' : random(1 << 20)}`);
    }
    writeFileSync(join(directory, `service-${i}.conf`), `${lines.join('\n')}\n`);
  }
  process.umask(umask);
}

/** What is left out of /usr/share, and files that do not fit in the format. */
const LEFT_OUT = new Set(['doc', 'man', 'locale', 'icons']);
const LARGEST_FILE = (1 << 24) - 1;

/**
 * /usr/share without documentation, locales and icons, Python, and the shared libraries, until `megabytes` are reached.
 * @param {string} folder that is made
 * @param {number} megabytes
 */
export function systemTree(folder, megabytes) {
  let left = megabytes * 1e6;
  /** @param {string} from @param {string} to @param {(name: string) => boolean} wanted */
  const copy = (from, to, wanted) => {
    if (!existsSync(from)) return;
    mkdirSync(to, { recursive: true });
    for (const name of readdirSync(from).sort()) {
      const [source, target] = [join(from, name), join(to, name)];
      const stat = lstatSync(source);
      if (!wanted(name) || existsSync(target)) continue;
      if (stat.isDirectory()) copy(source, target, () => true);
      else if (stat.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
      else if (stat.isFile() && stat.size <= Math.min(LARGEST_FILE, left) && (stat.mode & 0o444) === 0o444) {
        left -= stat.size;
        try {
          linkSync(source, target);
        } catch {
          copyFileSync(source, target);
        }
      }
    }
  };
  copy('/usr/share', join(folder, 'share'), (name) => !LEFT_OUT.has(name));
  for (const name of ['python3', 'python3.11', 'python3.13'])
    copy(`/usr/lib/${name}`, join(folder, 'lib', name), () => true);
  for (const name of existsSync('/usr/lib') ? readdirSync('/usr/lib') : []) {
    if (name.endsWith('-linux-gnu'))
      copy(`/usr/lib/${name}`, join(folder, 'lib', name), (file) => file.includes('.so'));
  }
}
