/**
 * Two kernels on one image: whichever is named first, the worse one is reported.
 */
import { describe, expect, test } from '@jest/globals';
import { kernelModel } from '../lib/driver/models/named.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { comparisonText } from '../lib/report/compareText.ts';
import { NO_COLOURS } from '../lib/report/style.ts';
import { Board } from '../lib/verdict/board.ts';
import { compareKernels, type KernelComparison } from '../lib/verdict/compareKernels.ts';
import { fixture } from './support/fixtures.ts';

const image = CramfsImage.open(fixture('patch/adv.cramfs.gz'));
const board = (kernel: string): Board => new Board(image, { kernel: kernelModel(kernel) });

/** Outcomes with the name of the kernel that has them. */
function outcomes(first: string, second: string, { outcomes: counts }: KernelComparison): unknown[] {
  return counts.map(({ outcome, worse, shared, atOffset, count, of, example }) => ({
    outcome,
    kernel: worse === null ? null : worse === 'first' ? first : second,
    shared,
    atOffset,
    count,
    of,
    request: example.request,
    violations: example.violations,
  }));
}

describe('compareKernels', () => {
  test.each([
    ['linux-6.18', 'linux-6.17'],
    ['linux-6.18', 'patch-v1'],
    ['linux-6.17', 'patch-v2'],
    ['linux-6.18', 'linux-4.15'],
    ['patch-v1', 'patch-v2'],
  ])('says the same of %s and %s, whichever comes first', (one, other) => {
    const there = compareKernels(board(one), board(other));
    const back = compareKernels(board(other), board(one));
    expect(there.different).toBeGreaterThan(0);
    expect(outcomes(one, other, there)).toEqual(outcomes(other, one, back));
  });

  test('says that 6.17 kills, of 6.18 nothing', () => {
    const comparison = compareKernels(board('linux-6.17'), board('linux-6.18'));
    expect(comparison.outcomes.map(({ outcome, worse }) => ({ outcome, worse }))).toContainEqual({
      outcome: 'killed',
      worse: 'first',
    });
    expect(comparison.outcomes.every(({ worse }) => worse === 'first')).toBe(true);
    const names = { first: 'linux-6.17', second: 'linux-6.18', image: 'adv.cramfs' };
    const text = comparisonText(comparison, names, NO_COLOURS, 120);
    expect(text).toContain('linux-6.17 kills the process at a touch for');
    expect(text).not.toContain('linux-6.18 kills');
    expect(text).toMatch(/--kernel linux-6.17 --trace/);
  });

  test('says of equal outcomes only that they differ in what is reported', () => {
    const { outcomes: counts } = compareKernels(board('linux-6.18'), board('linux-4.15'));
    expect(counts.map(({ outcome, worse }) => ({ outcome, worse }))).toEqual(
      counts.map(() => ({ outcome: 'reported-otherwise', worse: null })),
    );
  });
});

describe('the model of a release', () => {
  test.each([
    ['4.15', 'linux-4.15'],
    ['5.15', 'linux-4.15'],
    ['linux-5.10', 'linux-4.15'],
    ['6.6.30', 'linux-4.15'],
    ['6.1', 'linux-6.1'],
    ['6.1.192', 'linux-6.1'],
    ['6.12.117+deb12-amd64', 'linux-4.15'],
    ['6.16.9', 'linux-4.15'],
    ['6.17', 'linux-6.17'],
    ['6.17-rc3', 'linux-6.17'],
    ['6.17.2', 'linux-6.17'],
    ['6.17.3', 'linux-6.18'],
    ['6.18', 'linux-6.18'],
    ['7.3.4', 'linux-6.18'],
  ])('%s is %s', (release, model) => {
    const found = kernelModel(release);
    expect(found.title).toBe(kernelModel(model).title);
    // It is found again by its name, release and all.
    expect(kernelModel(found.name)).toEqual(found);
    expect(found.name).toBe(release);
  });

  test('a release before direct mapping has none, and other names are refused', () => {
    expect(() => kernelModel('4.14')).toThrow('4.15 is the first that can');
    expect(() => kernelModel('6')).toThrow('no kernel model is named "6"');
    expect(() => kernelModel('5.15.')).toThrow('no kernel model is named "5.15."');
  });
});
