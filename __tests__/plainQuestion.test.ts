/** Plain questions are understood without commander, and as commander understands them. */
import { describe, expect, test } from '@jest/globals';
import type { MapOptions } from '../lib/cli/commands/mapAnswer.ts';
import { mapProgram } from '../lib/cli/mapProgram.ts';
import { PLAIN_DEFAULTS, PLAIN_FLAGS, PLAIN_VALUES, plainQuestion } from '../lib/cli/plainQuestion.ts';

import { randomFrom } from '../scripts/fuzz/mutate.ts';
import { silentIo } from './support/cli.ts';

const FLAGS = [...PLAIN_FLAGS];
const VALUES = [...PLAIN_VALUES.keys()];

/** What commander makes of words; null where it refuses them, or prints something else. */
async function understood(argv: readonly string[]): Promise<unknown> {
  let question: unknown = null;
  const program = mapProgram(silentIo()).action((image?: string, path?: string, options?: MapOptions) => {
    question = { image, path, options };
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch {
    return null;
  }
  return question;
}

describe('commander understands alike', () => {
  test.each(FLAGS)('%s', async (flag) => {
    const question = await understood(['a.img', flag, '/b']);
    expect(question).not.toBeNull();
    expect(plainQuestion(['a.img', flag, '/b'])).toEqual(question);
  });

  test.each([...PLAIN_VALUES])('%s', async (option, values) => {
    for (const value of values ?? ['4p', 'x=y']) {
      const argv = [option, value, 'a.img', ...(option === '--batch' ? [] : ['/b']), '--json'];
      const question = await understood(argv);
      expect(question).not.toBeNull();
      expect(plainQuestion(argv)).toEqual(question);
    }
  });

  test('whatever it is given', async () => {
    const random = randomFrom(20261128);
    const odd = ['', '-', '--', '-1', '--json=1', '-V', '--nothing', '--help', '--private', '--svg', '--fill'];
    const usual = ['a.img', '/b', '/b', 'x', ...FLAGS, ...VALUES.flatMap((option) => [option, '0'])];
    let plain = 0;
    for (let i = 0; i < 4000; i++) {
      const words = random(4) === 0 ? odd : usual;
      const argv = Array.from({ length: 2 + random(4) }, () => words[random(words.length)] ?? '');
      if (random(2) === 0) argv.unshift('a.img');
      const question = plainQuestion(argv);
      if (question === null) continue;
      plain++;
      expect({ argv, question }).toEqual({ argv, question: await understood(argv) });
    }
    expect(plain).toBeGreaterThan(100);
  });
});

test('the defaults are those of commander', () => {
  const defaults = mapProgram(silentIo()).opts();
  expect({ ...PLAIN_DEFAULTS }).toEqual(defaults);
});

test.each([
  [['a.img']],
  [['a.img', '/b', '/c']],
  [['a.img', '/b', '--offset']],
  [['a.img', '/b', '--offset', '-1']],
  [['a.img', '/b', '--json', '--json']],
  [['a.img', '/b', '--batch', 'x']],
  [['a.img', '--batch', '-']],
  [['-', '/b']],
  [['a.img', '/b', '--cpu', 'other']],
  [['a.img', '/b', '--toString']],
])('%j is left to commander', (argv) => {
  expect(plainQuestion(argv)).toBeNull();
});
