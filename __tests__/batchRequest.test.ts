/** Lines of a batch: those of the usual form are read like any other. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CramfsError } from '../lib/base/errors.ts';
import { parseBatchLine } from '../lib/cli/batchRequest.ts';

/** The request of a line, or the words that refuse it. */
function read(line: string): unknown {
  try {
    return parseBatchLine(line);
  } catch (error) {
    if (error instanceof CramfsError) return error.message;
    throw error;
  }
}

const word = fc.oneof(
  fc.constantFrom(
    'r',
    'rx',
    '-',
    'none',
    'xr',
    'rr',
    'q',
    '',
    'private',
    'shared',
    'private,lone',
    ' shared , at=20000',
  ),
  fc.constantFrom('private,shared', 'at=zz', 'notouch,fixed,nbr', 'none,populate,locked', 'rdwr,shared_validate'),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const number = fc.oneof(
  fc.maxSafeNat(),
  fc.double(),
  fc.constantFrom(0, -0, -1, 4096, 2 ** 53, 1e15, 999_999_999_999_999),
);
const line = fc.record(
  { path: word, offset: number, length: number, prot: word, flags: word, mode: word },
  { requiredKeys: ['path'] },
);

test('a line is read the same with and without the spaces that JSON allows', () => {
  let usual = 0;
  fc.assert(
    fc.property(line, (request) => {
      const { mode, ...rest } = request;
      const text = JSON.stringify(mode === 'rr' ? request : rest);
      expect(read(text)).toEqual(read(text.replace('{', '{ ')));
      if (typeof read(text) === 'object') usual++;
    }),
    { numRuns: 500 },
  );
  expect(usual).toBeGreaterThan(50);
});

test.each([
  ['{"path":"/a","offset":007}', /is not JSON/],
  ['{"path":"/a","offset":1,}', /is not JSON/],
  ['{"path":"/a"} x', /is not JSON/],
  ['{"path":"/a\tb"}', /is not JSON/],
  ['{"path":"/a","prot":"rq"}', /"prot" must be letters of "rwx"/],
  ['{"path":"/a","flags":"shared,private"}', /both "shared" and "private"/],
])('%s is refused', (text, words) => {
  expect(read(text)).toMatch(words);
});

test('a line in another order, with escapes or with more keys means what it says', () => {
  const plain = read('{"path":"/a","offset":4096,"length":8192,"prot":"rx","flags":"shared"}');
  expect(plain).toMatchObject({ request: { path: '/a', offset: 4096, length: 8192, prot: 'rx', shared: true } });
  for (const text of [
    '{"offset":4096,"path":"/a","length":8192,"prot":"rx","flags":"shared"}',
    '{"path":"/\\u0061","offset":4.096e3,"length":8192,"prot":"rx","flags":["shared"]}',
    '{"path":"/b","path":"/a","offset":"0x1000","length":8192,"prot":"rx","flags":"shared","more":1}',
    ' {"path":"/a","offset":4096,"length":8192,"prot":"rx","flags":"shared"}\r',
  ]) {
    expect(read(text)).toEqual(plain);
  }
});
