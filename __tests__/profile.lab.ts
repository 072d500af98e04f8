/**
 * From the board and back, with real kernels: a plain image, three programs, their traces, the image built by them within half
 * of the flash, and a second boot: the pages predicted to fault are those that fault. `npm run test:profile`; the first
 * run downloads two kernels (docs/kernel-lab.md).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import process from 'node:process';
import { describe, expect, test } from '@jest/globals';
import { CramfsImage } from '../lib/image/image.ts';
import { bootImage } from '../kernel-lab/host/boot.node.ts';
import { type Lab, prepareLab } from '../kernel-lab/host/build.node.ts';
import type { LabExecRecord } from '../kernel-lab/host/record.ts';
import { plainExec64 } from './support/plainExec64.ts';
import {
  imageAtHalf,
  inPageTables,
  listed,
  predicted,
  ROUND_ADDRESS,
  ROUND_PROGRAMS,
  traced,
  unexpected,
  usedOnPlain,
} from './support/profileRound.ts';

const MINUTES = 60_000;
/** A folder for what is recorded, for fixtures/profile/round. */
const RECORD = process.env.RECORD_PROFILE;

async function run(lab: Lab, image: Uint8Array, capture: 'trace' | 'smaps'): Promise<LabExecRecord[]> {
  const requests = ROUND_PROGRAMS.map((program) => ({ type: 'exec', argv: [program], capture }) as const);
  const region = { name: 'round', image, physAddress: ROUND_ADDRESS, regionBytes: 2 ** 26, requests };
  const { records } = await bootImage(lab, region);
  return records.filter((record): record is LabExecRecord => record.type === 'exec');
}

function record(release: string, what: string, records: readonly LabExecRecord[]): void {
  if (RECORD === undefined) return;
  mkdirSync(RECORD, { recursive: true });
  for (const { argv, captured = '', cached } of records) {
    const name = `${RECORD}/${what}-${argv[0]?.split('/').at(-1) ?? ''}@${release}`;
    writeFileSync(
      `${name}.${what === 'tables' ? 'smaps' : 'trace'}.gz`,
      gzipSync(Buffer.from(captured, 'latin1'), { level: 9 }),
    );
    if (cached !== undefined) writeFileSync(`${name}.pagemap`, cached);
  }
}

describe.each(['6.1', '6.12'])('Linux %s', (release) => {
  test(
    'faults in the pages that were predicted',
    async () => {
      const lab = await prepareLab({ kernelRelease: release, say: () => undefined });
      const first = await run(lab, await plainExec64(), 'trace');
      record(release, 'plain', first);
      const { image } = await imageAtHalf(await usedOnPlain(first.map(({ captured = '' }) => captured)));
      const built = CramfsImage.open(image.bytes);
      const second = await run(lab, image.bytes, 'trace');
      const atEnd = await run(lab, image.bytes, 'smaps');
      record(release, 'xip', second);
      record(release, 'tables', atEnd);
      const figures: string[] = [];
      // mm_filemap_fault came with 6.11.
      const hasFaults = release !== '6.1';
      for (const [index, program] of ROUND_PROGRAMS.entries()) {
        const used = await usedOnPlain([first[index]?.captured ?? '']);
        const { faulting, cached } = predicted(built, release, program, used);
        const trace = second[index]?.captured ?? '';
        const { captured = '', cached: pagemap = '' } = atEnd[index] ?? {};
        const prediction = { faulting, cached };
        const tables = inPageTables(built, captured, pagemap);
        const [faults, added] = [traced(built, trace, 'fault'), traced(built, trace, 'add_to_page_cache')];
        figures.push(
          `Linux ${release} ${program}: ${String(used.totals.pages)} pages used; ` +
            `fault: ${String(listed(faulting).length)} predicted, ${hasFaults ? String(faults.length) : 'not recorded'}; ` +
            `in RAM: ${String(listed(cached).length)} predicted, ${String(added.length)} came; ` +
            `in the page tables: ${String(tables.shared.length + tables.own.length)}`,
        );
        expect(added).toEqual(listed(cached));
        if (hasFaults) expect(faults).toEqual(listed(faulting));
        expect(unexpected(tables, prediction)).toEqual([]);
      }
      process.stderr.write(`${figures.join('\n')}\n`);
    },
    10 * MINUTES,
  );
});
