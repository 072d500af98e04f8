/**
 * The hazards of the posted patch, found by checks that know none of them; and kernels that have none.
 */
import { describe, expect, test } from '@jest/globals';
import { CramfsImage } from '../lib/image/image.ts';
import { kernelModel } from '../lib/driver/models/named.ts';
import { Board } from '../lib/verdict/board.ts';
import { causeText } from '../lib/audit/violationWords.ts';
import { checkInvariants } from '../lib/verdict/invariants.ts';
import type { InvariantCode } from '../lib/verdict/violation.ts';
import type { MapRequest } from '../lib/verdict/request.ts';
import { fixture, fixtureNames, jsonLines } from './support/fixtures.ts';

const detail = { trace: true, crc: true };
const PATTERN = 0xfefefefe;
const adv = CramfsImage.open(fixture('patch/adv.cramfs.gz'));

function violations(kernel: string, request: MapRequest, options: { stackInit?: number; physBits?: number } = {}) {
  const board = new Board(adv, { kernel: kernelModel(kernel), regionSize: 1 << 26, ...options });
  return checkInvariants(board.map(request, detail), board);
}

describe('hazards of the posted patch', () => {
  const cases: readonly {
    readonly hazard: string;
    readonly kernel?: string;
    readonly request: MapRequest;
    readonly options?: { stackInit?: number; physBits?: number };
    readonly codes: readonly InvariantCode[];
    readonly cause: RegExp;
  }[] = [
    {
      hazard: 'H1 address for PFN, killed by a corrupt entry',
      request: { path: '/a_pm4', length: 20480, shared: true },
      codes: ['touch-kills', 'entry-outside-image'],
      cause: /vmf_insert_mixed\(pfn 0x10009000/,
    },
    {
      hazard: 'H1 address for PFN, where nothing is there',
      request: { path: '/a_pm4', length: 20480, shared: true },
      options: { physBits: 46 },
      codes: ['wrong-content', 'entry-outside-image'],
      cause: /vmf_insert_mixed\(pfn 0x10009000/,
    },
    {
      hazard: 'H2 pgoff overwritten',
      request: { path: '/a_pm4', offset: 4096, length: 4096 },
      codes: ['wrong-content', 'state-disagrees'],
      cause: /remap_pfn_range_complete\(pfn 0x10009/,
    },
    {
      hazard: 'H3 unchecked walk, kernel BUG',
      request: { path: '/c_legunc_first', offset: 4096, length: 12288, lone: true },
      codes: ['kernel-dies'],
      cause: /size 0x0\) = BUG/,
    },
    {
      hazard: 'H3 unchecked walk, EINVAL',
      request: { path: '/c_legunc_first', offset: 4096, length: 12288, lone: true },
      options: { stackInit: PATTERN },
      codes: ['mapping-refused'],
      cause: /= -22$/,
    },
    {
      hazard: 'H3 unchecked walk, the start of the image mapped',
      request: { path: '/c_legunc_first', offset: 4096, length: 12288, lone: true },
      options: { stackInit: 3 },
      codes: ['wrong-content', 'stray-memory'],
      cause: /remap_pfn_range_complete\(pfn 0x10000, /,
    },
    {
      hazard: 'H4 page count starts at 0',
      request: { path: '/a_pm4', offset: 0, length: 16384 },
      codes: ['pfnmap-incomplete', 'wrong-content'],
      cause: /1 of 4 pages/,
    },
    {
      hazard: 'H5 page count starts large',
      request: { path: '/a_pm4', length: 4096, lone: true },
      options: { stackInit: PATTERN },
      codes: ['entry-outside-vma'],
      cause: /size 0x4000/,
    },
    {
      hazard: 'H6 the same with a neighbour',
      request: { path: '/a_pm4', length: 4096 },
      options: { stackInit: PATTERN },
      codes: ['kernel-dies'],
      cause: /size 0x4000\) = BUG/,
    },
    {
      hazard: 'H8 shared last page mapped',
      kernel: 'patch-v1-pfn-fixed',
      request: { path: '/a_tail_shared', shared: true },
      options: { stackInit: PATTERN },
      codes: ['tail-not-zero', 'stray-memory'],
      cause: /vmf_insert_mixed/,
    },
  ];

  test.each(cases)('$hazard', ({ kernel, request, options, codes, cause }) => {
    const found = violations(kernel ?? 'patch-v1', request, options);
    expect(found.map((violation) => violation.code)).toEqual(expect.arrayContaining([...codes]));
    expect(found.map((violation) => (violation.cause === null ? '' : causeText(violation.cause))).join('\n')).toMatch(
      cause,
    );
    const mainline = violations('linux-6.18', request);
    for (const code of codes.filter((each) => each !== 'wrong-content')) {
      expect(mainline.map((violation) => violation.code)).not.toContain(code);
    }
  });

  test('H7 the same in a mixed map: EFAULT', () => {
    const adj = CramfsImage.open(fixture('patch/adj.cramfs.gz'));
    const board = new Board(adj, { kernel: kernelModel('patch-v1'), stackInit: PATTERN });
    const verdict = board.map({ path: '/a', length: 12288, lone: true }, detail);
    expect(verdict.errno).toBe('EFAULT');
    const [violation] = checkInvariants(verdict, board);
    expect(violation).toMatchObject({ code: 'mapping-refused', severity: 'error' });
    expect(violation?.cause).toEqual({
      kind: 'call',
      call: { call: 'vmf_insert_mixed', pfn: '0x10004000', page: 3, result: '0x2' },
    });
  });
});

describe('kernels without hazards', () => {
  interface Line {
    readonly type: string;
    readonly image: string;
    readonly base: string;
    readonly path: string;
    readonly length: number;
    readonly offset: number;
    readonly prot: string;
    readonly flags: string;
  }

  const requests = (name: string): { setup: Line; vectors: Line[] } => {
    const [setup, ...lines] = jsonLines<Line>(`transcripts/${name}`);
    if (setup === undefined) throw new Error(`${name} is empty`);
    return { setup, vectors: lines.filter((line) => line.type === 'vector') };
  };

  test.each(fixtureNames('transcripts'))('patch-v1-intended equals linux-6.18 on %s', (name) => {
    const { setup, vectors } = requests(name);
    const image = CramfsImage.open(fixture(`${setup.image}.gz`));
    const options = { physBase: Number(setup.base), regionSize: 1 << 26 };
    const mainline = new Board(image, options);
    const intended = new Board(image, { ...options, kernel: kernelModel('patch-v1-intended') });
    for (const vector of vectors) {
      const flags = vector.flags.split(',');
      const request = { ...vector, flags: undefined, shared: flags.includes('shared'), rdwr: flags.includes('rdwr') };
      const expected = { ...mainline.map(request, { crc: true }), machine: intended.machine };
      expect(intended.map(request, { crc: true })).toEqual(expected);
    }
  });

  test.each(
    ['linux-6.18', 'linux-4.15', 'patch-v2-fixed', 'patch-v1-intended'].flatMap((kernel) =>
      ['mini-XX@0x10000000', 'mini-X@0x10000ef0', 'root-XX@0x10000000'].map((name) => ({ kernel, name })),
    ),
  )('$kernel on $name: nothing but the last-page defect', ({ kernel, name }) => {
    const { setup, vectors } = requests(`${name}.jsonl.gz`);
    const image = CramfsImage.open(fixture(`${setup.image}.gz`));
    const board = new Board(image, { physBase: Number(setup.base), kernel: kernelModel(kernel) });
    let checked = 0;
    for (const vector of vectors) {
      const request = { ...vector, flags: undefined, shared: vector.flags.startsWith('shared') };
      const verdict = board.map(request, detail);
      for (const violation of checkInvariants(verdict, board)) {
        // The defect: a page-multiple file whose last block is direct reads as zeros there.
        expect(['wrong-content', 'read-differs']).toContain(violation.code);
        expect((verdict.file?.size ?? 1) % 4096).toBe(0);
        expect(vector.offset / 4096 + (violation.pages?.first ?? 0)).toBe((verdict.file?.size ?? 0) / 4096 - 1);
        if (violation.code === 'wrong-content') expect(violation.sees).toEqual({ shows: 'zeros' });
      }
      checked++;
    }
    expect(checked).toBe(vectors.length);
  });
});
