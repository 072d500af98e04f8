/** One truth: what an audit, a policy, a diff and the proof of mkfs say of segments is what exec says of the started program. */
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { auditImage } from '../lib/audit/auditImage.ts';
import type { AuditResult } from '../lib/audit/result.ts';
import { diffImages } from '../lib/diff/diff.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { sha256Hash } from '../lib/mkfs/contentHash.node.ts';
import { classicDeflate } from '../lib/mkfs/deflate.ts';
import { directCompressor } from '../lib/mkfs/encodeFile.ts';
import { rememberingCompressor } from '../lib/mkfs/rememberingCompressor.ts';
import { tarTree } from '../lib/mkfs/source/tar.ts';
import { choiceOf } from '../lib/mkfs/xip/choice.ts';
import { planXip, type XipSpec } from '../lib/mkfs/xip/plan.ts';
import { proveXip } from '../lib/mkfs/xip/prove.ts';
import { openDetected } from '../lib/inspect/openDetected.ts';
import { kernelModel } from '../lib/driver/models/named.ts';
import { REQUIREMENT_UNMET } from '../lib/policy/requirements.ts';
import { jsonReport } from '../lib/report/audit/json.ts';
import { Board } from '../lib/verdict/board.ts';
import { audited, reportOf } from './support/auditHelp.ts';
import type { Sarif } from './support/sarifSchema.ts';
import { fixture } from './support/fixtures.ts';
import {
  compareDiff,
  compareFiles,
  comparePlan,
  compareUnmet,
  execTruth,
  isDirect,
  judged,
  unmetOf,
} from './support/oneTruth.ts';

const hash = sha256Hash;
const compressor = rememberingCompressor(directCompressor(classicDeflate(9)), hash);
const SPEC: XipSpec = {
  mode: 'mmu',
  physBase: 0x1000_0000,
  layout: 'packed',
  choice: choiceOf(['auto'], new Set()),
  profile: null,
  avoidLastPageDefect: true,
  flashBudget: null,
};

const boardOf = (name: string, kernel = 'linux-6.18'): Board =>
  new Board(openDetected(fixture(`images/${name}.cramfs.gz`)), { kernel: kernelModel(kernel) });
const audit = (board: Board): AuditResult => auditImage(board, { name: 'image', inflate: false });

describe.each(['root-XX', 'mini-XX', 'mini-X'])('the audit of %s', (name) => {
  test.each(['linux-6.18', 'linux-6.17', 'linux-6.1', 'patch-v1'])(
    'says of each segment what exec says: %s',
    (kernel) => {
      const board = boardOf(name, kernel);
      const result = audit(board);
      const { compared, differing } = compareFiles(execTruth(board, result), result.files);
      expect(differing).toEqual([]);
      expect(compared).toBeGreaterThan(5);
    },
  );
});

describe('what is made of the audit', () => {
  const board = boardOf('root-XX');
  const result = audit(board);

  test('shows a library that is wholly direct in a mixed map as direct', () => {
    const mixed = result.files
      .flatMap(({ segments }) => segments)
      .filter(({ state, directPages, pages }) => state === 'mixedmap' && directPages === pages);
    expect(mixed.length).toBeGreaterThan(0);
    expect(result.numbers.textDirectBytes).toBe(result.numbers.textBytes);
  });

  const truth = execTruth(board, result);

  test('has the same segments in its JSON', async () => {
    const pieces: string[] = [];
    const images = [{ image: 'image', index: 0, result, error: null }];
    const options = { images: 1, shard: null, width: 80, notes: false, version: '0' };
    for await (const piece of jsonReport(Readable.from(images), options as never)) pieces.push(piece);
    const document = JSON.parse(pieces.join('')) as { images: Pick<AuditResult, 'files'>[] };
    const { compared, differing } = compareFiles(truth, document.images[0]?.files ?? []);
    expect(differing).toEqual([]);
    expect(compared).toBeGreaterThan(5);
  });

  test('is what a policy judges: shares of pages and states as loaded', async () => {
    const byState = unmetOf(await judged(result, 'state: pfnmap'));
    const byShare = unmetOf(await judged(result, 'direct: 100 %'));
    expect(compareUnmet(truth, byState, ({ state }) => state === 'pfnmap').differing).toEqual([]);
    expect(compareUnmet(truth, byShare, isDirect).differing).toEqual([]);
    expect(byState.length).toBeGreaterThan(byShare.length);
  });

  test('is what SARIF and JUnit show of a policy', async () => {
    const images = [audited(await judged(result, 'state: pfnmap'))];
    const sarif = JSON.parse(await reportOf('sarif', images)) as Sarif;
    const inSarif = sarif.runs[0].results.filter(({ ruleId }) => ruleId === REQUIREMENT_UNMET.id);
    const inJunit = (await reportOf('junit', images))
      .split('<testcase ')
      .filter((each) => each.includes(`: ${REQUIREMENT_UNMET.id}"`));
    let compared = 0;
    for (const [path, segments] of truth) {
      for (const { segment, state, kind, perms, directPages, pages } of segments) {
        if (kind === 'data' || state === 'pfnmap') continue;
        const words = `segment ${String(segment)} (${perms}, ${String(directPages)} of ${String(pages)} page`;
        const shows = (text: string): boolean => text.includes(words);
        expect(inSarif.map(({ message }) => message.text).filter(shows)).not.toEqual([]);
        expect(inJunit.filter((each) => each.includes(`name="${path}: `)).filter(shows)).toHaveLength(1);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(3);
  });

  test('is what a diff to another layout shows', () => {
    for (const [nameA, nameB] of [
      ['mini-plain', 'mini-XX'],
      ['mini-XX', 'mini-X'],
    ] as const) {
      const [a, b] = [boardOf(nameA), boardOf(nameB)];
      const diff = diffImages(a, b, { names: { a: nameA, b: nameB }, content: false });
      const { compared, differing } = compareDiff(
        { a: execTruth(a, audit(a)), b: execTruth(b, audit(b)) },
        diff,
        a.cpu.pageSize,
      );
      expect(differing).toEqual([]);
      expect(compared).toBeGreaterThan(3);
    }
  });

  test.each([null, 600_000])('is what mkfs has planned and proved, within %s bytes of flash', async (flashBudget) => {
    const plan = await planXip(tarTree(fixture('trees/root.tar.gz')), { ...SPEC, flashBudget }, { compressor, hash });
    const { segments } = proveXip(plan);
    const { physBase } = plan.spec;
    const built = new Board(CramfsImage.open(plan.image.bytes, { pageSize: plan.pageSize }), { physBase });
    const { compared, differing } = comparePlan(execTruth(built, audit(built)), plan);
    expect(differing).toEqual([]);
    expect(compared).toBeGreaterThan(3);
    expect(compared).toBeLessThanOrEqual(segments);
  });
});
