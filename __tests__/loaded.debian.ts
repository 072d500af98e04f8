/**
 * One truth, on Debian's own programs: an audit, a policy, a diff, the plan of mkfs and its proof say of each segment what
 * exec says. `npm run test:debian` downloads the programs.
 */
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, test } from '@jest/globals';
import { auditImage } from '../lib/audit/auditImage.ts';
import type { AuditResult } from '../lib/audit/result.ts';
import { diffImages } from '../lib/diff/diff.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { sha256Hash } from '../lib/mkfs/contentHash.node.ts';
import { classicDeflate } from '../lib/mkfs/deflate.ts';
import { directCompressor } from '../lib/mkfs/encodeFile.ts';
import { rememberingCompressor } from '../lib/mkfs/rememberingCompressor.ts';
import { directoryTree } from '../lib/mkfs/source/directoryTree.node.ts';
import { choiceOf } from '../lib/mkfs/xip/choice.ts';
import { planXip, type XipPlan, type XipSpec } from '../lib/mkfs/xip/plan.ts';
import { proveXip } from '../lib/mkfs/xip/prove.ts';
import { Board } from '../lib/verdict/board.ts';
import {
  compareDiff,
  compareFiles,
  comparePlan,
  compareUnmet,
  execTruth,
  isDirect,
  unmetOfLoaded,
} from './support/oneTruth.ts';

const ROOTS = process.env.DEBIAN_ROOTS ?? '';
const hash = sha256Hash;
const compressor = rememberingCompressor(directCompressor(classicDeflate(1)), hash);
const SPEC: XipSpec = {
  mode: 'mmu',
  physBase: 0x6000_0000,
  layout: 'packed',
  choice: choiceOf(['auto'], new Set()),
  profile: null,
  avoidLastPageDefect: true,
  flashBudget: null,
};
const MINUTES = 60_000;

const audit = (board: Board): AuditResult => auditImage(board, { name: 'image', inflate: false });
const boardOf = ({ image, pageSize, spec: { physBase } }: XipPlan): Board =>
  new Board(CramfsImage.open(image.bytes, { pageSize }), { physBase });

describe.each(['amd64', 'armhf'])('an image of Debian %s', (architecture) => {
  test(
    'has one truth about each segment',
    async () => {
      const tree = directoryTree(join(ROOTS, architecture, 'root'));
      const whole = await planXip(tree, SPEC, { compressor, hash });
      const half = Math.round((whole.plainSize + whole.image.bytes.length) / 2);
      const partly = await planXip(tree, { ...SPEC, flashBudget: half }, { compressor, hash });
      const [a, b] = [boardOf(partly), boardOf(whole)];
      const [auditA, auditB] = [audit(a), audit(b)];
      const truth = { a: execTruth(a, auditA), b: execTruth(b, auditB) };
      proveXip(whole);
      proveXip(partly);
      const diff = diffImages(a, b, { names: { a: 'a', b: 'b' }, content: false });
      const comparisons = {
        audit: compareFiles(truth.b, auditB.files),
        'audit, half in flash': compareFiles(truth.a, auditA.files),
        JSON: compareFiles(truth.b, (JSON.parse(JSON.stringify(auditB)) as AuditResult).files),
        plan: comparePlan(truth.b, whole),
        'plan, half in flash': comparePlan(truth.a, partly),
        'policy, direct': compareUnmet(truth.a, await unmetOfLoaded(truth.a, auditA, 'direct: 100 %'), isDirect),
        'policy, state': compareUnmet(
          truth.b,
          await unmetOfLoaded(truth.b, auditB, 'state: pfnmap'),
          ({ state }) => state === 'pfnmap',
        ),
        diff: compareDiff(truth, diff, b.cpu.pageSize),
      };
      const programs = auditB.files.filter(({ run }) => run !== null).length;
      const counts = Object.entries(comparisons).map(([name, { compared }]) => `${name} ${String(compared)}`);
      process.stderr.write(`${architecture}: ${String(programs)} programs; segments: ${counts.join(', ')}\n`);
      expect(programs).toBeGreaterThanOrEqual(20);
      for (const [name, { compared, differing }] of Object.entries(comparisons)) {
        expect([name, differing]).toEqual([name, []]);
        expect(compared).toBeGreaterThan(20);
      }
    },
    20 * MINUTES,
  );
});
