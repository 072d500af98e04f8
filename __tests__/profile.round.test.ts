/**
 * From the board and back, as real kernels went it once (fixtures/profile/round): what three programs used on a plain image, and
 * what they brought into RAM on the image that was built by that. `npm run test:profile` does it again with kernels.
 */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { CramfsImage } from '../lib/image/image.ts';
import { type PageUseInRam } from '../lib/profile/pageUse.ts';
import { fixture } from './support/fixtures.ts';
import {
  imageAtHalf,
  inPageTables,
  listed,
  predicted,
  ROUND_PROGRAMS,
  traced,
  unexpected,
  usedOnPlain,
} from './support/profileRound.ts';

const recorded = (what: string, program: string, release: string, ending: string): string =>
  Buffer.from(fixture(`profile/round/${what}-${program.split('/').at(-1) ?? ''}@${release}${ending}`)).toString(
    'latin1',
  );

describe.each(['6.1', '6.12'])('Linux %s', (release) => {
  const plain = (program: string): string => recorded('plain', program, release, '.trace.gz');
  const second = (program: string): string => recorded('xip', program, release, '.trace.gz');
  let image: CramfsImage;
  const prediction = async (program: string): Promise<PageUseInRam> =>
    predicted(image, release, program, await usedOnPlain([plain(program)]));

  beforeAll(async () => {
    image = CramfsImage.open((await imageAtHalf(await usedOnPlain(ROUND_PROGRAMS.map(plain)))).image.bytes);
  });

  test.each(ROUND_PROGRAMS)('brings the predicted pages of %s into RAM, and no others', async (program) => {
    const { faulting, cached } = await prediction(program);
    const trace = second(program);
    expect(traced(image, trace, 'add_to_page_cache')).toEqual(listed(cached));
    // Before 6.11 nothing records faults.
    expect(traced(image, trace, 'fault')).toEqual(release === '6.1' ? [] : listed(faulting));
    expect(listed(faulting).length).toBeGreaterThan(1);
  });

  test.each(ROUND_PROGRAMS)('has the predicted pages of %s in its page tables', async (program) => {
    const smaps = recorded('tables', program, release, '.smaps.gz');
    const tables = inPageTables(image, smaps, recorded('tables', program, release, '.pagemap'));
    expect(unexpected(tables, await prediction(program))).toEqual([]);
    expect(tables.shared.length + tables.own.length).toBeGreaterThan(1);
  });

  test('reads first pages that are direct into the page cache: they fault never, and take RAM', async () => {
    const { faulting, cached } = await prediction('/opt/rpath');
    const read = listed(cached).filter((page) => !listed(faulting).includes(page));
    expect(read.length).toBeGreaterThan(1);
    expect(read.every((page) => page.endsWith(' 0'))).toBe(true);
  });
});
