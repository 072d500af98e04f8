/** Programs started on paper, held against the same programs on real kernels. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { execProgram } from '../lib/exec/execProgram.ts';
import { kernelModel } from '../lib/driver/models/index.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { Board } from '../lib/verdict/board.ts';
import {
  execRecords,
  logWithoutAddresses,
  mappingsOf,
  mappingsOfReport,
  outcomeOf,
  outcomeOfReport,
} from './execRecords.ts';
import { fixture, fixtureNames, jsonLines } from './fixtures.ts';

interface Setup {
  readonly image: string;
  readonly base: string;
  readonly mtd_size: number;
  readonly release: string;
}

const transcripts = [
  ...fixtureNames('transcripts').map((name) => `transcripts/${name}`),
  ...fixtureNames('kernels/transcripts').map((name) => `kernels/transcripts/${name}`),
].filter((name) => /\/(?:mini|root)-/.test(name) && !name.includes('arm64'));

let compared = 0;

describe.each(transcripts)('%s', (name) => {
  const [setup] = jsonLines<Setup>(name);
  if (setup === undefined) throw new Error(`${name} is empty`);
  const model = name.includes('address-as-pfn')
    ? 'linux-6.17'
    : setup.release.startsWith('6.1.')
      ? 'linux-4.15'
      : 'linux-6.18';
  const board = new Board(CramfsImage.open(fixture(`${setup.image}.gz`)), {
    physBase: Number(setup.base),
    regionSize: setup.mtd_size,
    kernel: kernelModel(model),
    physBits: name.includes('address-as-pfn') ? 46 : undefined,
  });
  const records = execRecords(name);

  test.each(records.map((record) => [record.argv.join(' '), record] as const))('%s', (_, record) => {
    const [path = '', ...args] = record.argv;
    const report = execProgram(board, { path, args });
    expect(outcomeOfReport(report)).toBe(outcomeOf(record));
    expect(logWithoutAddresses(report.log)).toEqual(logWithoutAddresses(record.kmsg));
    if (record.exit === 0) expect(mappingsOfReport(report)).toEqual(mappingsOf(record));
    compared++;
  });
});

afterAll(() => {
  // What it comes to when all of it ran; a filter may leave records out.
  expect(compared).toBeLessThanOrEqual(138);
});
