// How cost grows with the number of files: the small tree once, four times and sixteen times as large.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { CRAMFS, run } from './measure.mjs';
import { smallTree } from './trees.mjs';

/** Times the files of the smallest tree. */
const TIMES = [1, 4, 16];
/** How much dearer a file may be in the largest tree than in the middle one. */
export const ALLOWED = 1.25;

/**
 * @typedef {object} Growth
 * @property {string} name
 * @property {{ files: number, cpu: number, megabytes: number }[]} sizes cpu: seconds without node's start-up
 * @property {number} perFile the cost of a file in the largest tree beside that in the middle one
 */

/**
 * @param {string} folder with the tree `small`
 * @param {number} files of the tree `small`
 * @param {number} runs of which the fastest counts
 * @returns {Growth[]}
 */
export function measureGrowth(folder, files, runs) {
  const node = process.execPath;
  const least = (/** @type {string[]} */ command, /** @type {string | null} */ made) => {
    const all = Array.from({ length: runs }, () => {
      const measured = run(command);
      if (made !== null) rmSync(made, { recursive: true, force: true });
      return measured;
    });
    return { cpu: Math.min(...all.map(({ cpu }) => cpu)), megabytes: Math.max(...all.map((one) => one.megabytes)) };
  };
  const trees = TIMES.map((times) => {
    const count = Math.floor((files * times) / 16);
    const tree = times === 16 ? join(folder, 'small') : join(folder, `small-${times}`);
    if (!existsSync(tree)) smallTree(tree, count);
    const [image, other] = [`${tree}.cramfs`, `${tree}-other.cramfs`];
    if (!existsSync(image)) run([node, CRAMFS, 'mkfs', '--deflate', 'fast', tree, image]);
    run([node, CRAMFS, 'mkfs', '--layout', 'util-linux', '--deflate', 'fast', tree, other]);
    return { count, tree, image, other };
  });
  const out = existsSync('/dev/shm') ? join('/dev/shm', `cramfs-bench-${process.pid}`) : join(folder, 'out');
  /** @typedef {(typeof trees)[number]} Tree */
  /** @type {{ name: string, args: (tree: Tree) => string[], made?: string }[]} */
  const commands = [
    { name: 'check', args: ({ image }) => ['check', image] },
    { name: 'audit', args: ({ image }) => ['audit', image] },
    { name: 'diff', args: ({ image, other }) => ['diff', image, other] },
    { name: 'extract', args: ({ image }) => ['extract', '--quiet', image, out], made: out },
    { name: 'mkfs', args: ({ tree }) => ['mkfs', tree, out], made: out },
    { name: 'compare-kernels', args: ({ image }) => ['compare-kernels', image, 'linux', 'patch-v1'] },
  ];
  const startUp = least([node, '-e', '0'], null).cpu;
  return commands.map(({ name, args, made }) => {
    const sizes = trees.map((tree) => {
      const { cpu, megabytes } = least([node, CRAMFS, ...args(tree)], made ?? null);
      return { files: tree.count, cpu: Math.max(cpu - startUp, 0.01), megabytes };
    });
    const [, middle, large] = sizes.map((size) => size.cpu / size.files);
    return { name, sizes, perFile: (large ?? NaN) / (middle ?? NaN) };
  });
}
