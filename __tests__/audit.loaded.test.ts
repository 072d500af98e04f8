/** One truth: what an audit, a policy, a diff and the proof of mkfs say of segments is what exec says of the started program. */
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { auditImage } from '../lib/audit/auditImage.ts';
import type { AuditResult } from '../lib/audit/result.ts';
import { execProgram, type ExecReport } from '../lib/exec/execProgram.ts';
import { isFinding } from '../lib/findings/finding.ts';
import { openDetected } from '../lib/inspect/openDetected.ts';
import { kernelModel } from '../lib/driver/models/index.ts';
import { applyPolicy } from '../lib/policy/applyPolicy.ts';
import { parsePolicy } from '../lib/policy/parsePolicy.ts';
import { REQUIREMENT_UNMET } from '../lib/policy/requirements.ts';
import { jsonReport } from '../lib/report/audit/json.ts';
import { Board } from '../lib/verdict/board.ts';
import { fixture } from './support/fixtures.ts';

const boardOf = (name: string, kernel = 'linux-6.18'): Board =>
  new Board(openDetected(fixture(`images/${name}.cramfs.gz`)), { kernel: kernelModel(kernel) });
const audit = (board: Board): AuditResult => auditImage(board, { name: 'image', inflate: false });

/** What exec says of each program that an audit has started. */
function starts(board: Board, { files }: AuditResult): ExecReport[] {
  return files.flatMap(({ path, run }) => (run === null ? [] : [execProgram(board, { path })]));
}

/** Segments of which two sides say otherwise. */
function differences(board: Board, result: AuditResult): { readonly compared: number; readonly differing: unknown[] } {
  const differing: unknown[] = [];
  let compared = 0;
  const reports = starts(board, result);
  const running = new Set(
    reports.filter(({ outcome }) => outcome.kind === 'runs').flatMap(({ objects }) => objects.map(({ path }) => path)),
  );
  for (const { outcome, objects } of reports) {
    for (const { path, segments } of objects) {
      // What a program that runs makes of a file outranks what another one leaves of it.
      if (outcome.kind !== 'runs' && running.has(path)) continue;
      const file = result.files.find((each) => each.path === path);
      for (const { segment, state, directPages, pages, kind } of segments) {
        compared++;
        const found = file?.segments.find((each) => each.segment === segment);
        const said = { state: found?.state, directPages: found?.directPages, pages: found?.pages, kind: found?.kind };
        const loaded = { state, directPages, pages, kind };
        if (JSON.stringify(said) !== JSON.stringify(loaded)) differing.push({ path, segment, said, loaded });
      }
    }
  }
  return { compared, differing };
}

describe.each(['root-XX', 'mini-XX', 'mini-X'])('the audit of %s', (name) => {
  test.each(['linux-6.18', 'linux-6.17', 'linux-6.1', 'patch-v1'])(
    'says of each segment what exec says: %s',
    (kernel) => {
      const board = boardOf(name, kernel);
      const { compared, differing } = differences(board, audit(board));
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

  test('has the same segments in its JSON', async () => {
    const pieces: string[] = [];
    const images = [{ image: 'image', index: 0, result, error: null }];
    const options = { images: 1, shard: null, width: 80, notes: false, version: '0' };
    for await (const piece of jsonReport(Readable.from(images), options as never)) pieces.push(piece);
    const document = JSON.parse(pieces.join('')) as { images: { files: unknown }[] };
    expect(document.images[0]?.files).toEqual(JSON.parse(JSON.stringify(result.files)));
  });

  test('is what a policy judges: shares of pages and states as loaded', async () => {
    const findingsOf = async (requirement: string) => {
      const text = `version: 1\nrequires:\n  - { paths: "/**", segments: read-only, ${requirement} }\n`;
      const policy = await parsePolicy(text, 'policy.yml');
      return applyPolicy(result, policy, '2026-01-01').findings.flatMap((finding) =>
        isFinding(REQUIREMENT_UNMET, finding) ? [{ path: finding.path, segment: finding.args.segment?.segment }] : [],
      );
    };
    const unmet = (isMet: (segment: AuditResult['files'][number]['segments'][number]) => boolean) =>
      result.files.flatMap(({ path, segments }) =>
        segments
          .filter((segment) => segment.kind !== 'data' && !isMet(segment))
          .map(({ segment }) => ({ path, segment })),
      );
    const byState = await findingsOf('state: pfnmap');
    const byShare = await findingsOf('direct: 100 %');
    expect(byState).toEqual(unmet(({ state }) => state === 'pfnmap'));
    expect(byShare).toEqual(unmet(({ directPages, pages }) => directPages === pages));
    expect(byState.length).toBeGreaterThan(byShare.length);
  });
});
