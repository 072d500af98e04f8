/** What there is to extract is added up in numbers where names come in order, and is the same as a careful walk meets. */
import { describe, expect, test } from '@jest/globals';
import { NameOrder } from '../lib/extract/nameOrder.ts';
import { safeWalk, survey, type Survey } from '../lib/extract/safeWalk.ts';
import { encodeName } from '../lib/format/names.ts';
import { CramfsImage } from '../lib/image/image.ts';
import { visitInodes } from '../lib/inspect/visitInodes.ts';
import { fixture, fixtureNames } from './support/fixtures.ts';
import { buildRawImage, type RawEntry } from './support/rawImage.ts';

const file = (name: string | Uint8Array, bytes = 5): RawEntry => ({
  type: 'file',
  name,
  blocks: [{ kind: 'zlib', data: new Uint8Array(bytes).fill(0x61) }],
});
const directory = (name: string, ...entries: RawEntry[]): RawEntry => ({ type: 'directory', name, entries });

/** What the walk meets, added up. */
function walked(image: CramfsImage): Survey {
  let [entries, bytes] = [0, 0];
  for (const { inode } of safeWalk(image, { onProblem: () => undefined })) {
    entries += 1;
    if (inode.type === 'file' || inode.type === 'symlink') bytes += inode.size;
  }
  return { entries, bytes };
}

/** Entries of the root, and what a survey must find: entries with the root, and bytes. */
const CASES: Record<string, { readonly entries: RawEntry[]; readonly found: Survey }> = {
  'names in order': { entries: [file('a', 1), file('ab', 2), file('b', 4)], found: { entries: 4, bytes: 7 } },
  'no names at all': { entries: [], found: { entries: 1, bytes: 0 } },
  'a link': {
    entries: [{ type: 'symlink', name: 'l', blocks: [{ kind: 'zlib', data: Buffer.from('target') }] }],
    found: { entries: 2, bytes: 6 },
  },
  'names out of order': { entries: [file('b', 1), file('a', 2)], found: { entries: 3, bytes: 3 } },
  'a longer name first': { entries: [file('ab', 1), file('a', 2)], found: { entries: 3, bytes: 3 } },
  'a name twice': { entries: [file('a', 1), file('a', 2)], found: { entries: 2, bytes: 1 } },
  'a name twice, with another between': {
    entries: [file('a', 1), file('b', 2), file('a', 4)],
    found: { entries: 3, bytes: 3 },
  },
  'a name twice, with a directory between': {
    entries: [file('a', 1), directory('b', file('a', 2), file('z', 4)), file('a', 8)],
    found: { entries: 5, bytes: 7 },
  },
  'the same names in two directories': {
    entries: [directory('a', file('x', 1), file('y', 2)), directory('b', file('x', 4), directory('y'))],
    found: { entries: 7, bytes: 7 },
  },
  'a directory twice': {
    entries: [directory('a', file('x', 1)), directory('a', file('y', 2))],
    found: { entries: 3, bytes: 1 },
  },
  'the directory above': { entries: [directory('..', file('x', 1)), file('a', 2)], found: { entries: 2, bytes: 2 } },
  'the directory itself': { entries: [file('.', 1), file('a', 2)], found: { entries: 2, bytes: 2 } },
  'names that begin with dots': { entries: [file('...', 1), file('.a', 2)], found: { entries: 3, bytes: 3 } },
  'a slash': { entries: [file('a/b', 1), file('b', 2)], found: { entries: 2, bytes: 2 } },
  'a NUL': { entries: [file(Uint8Array.of(0x61, 0, 0x62), 1), file('b', 2)], found: { entries: 2, bytes: 2 } },
  'no name': { entries: [file('', 1), file('b', 2)], found: { entries: 2, bytes: 2 } },
  'bytes above 127': {
    entries: [file('z', 1), file(Uint8Array.of(0x80), 2), file('ä', 4)],
    found: { entries: 4, bytes: 7 },
  },
};

describe('a survey', () => {
  test.each(Object.entries(CASES))('of %s finds what the walk meets', (_, { entries, found }) => {
    const image = CramfsImage.open(buildRawImage({ entries, unsorted: true }));
    expect(survey(image, {})).toEqual(found);
    expect(walked(image)).toEqual(found);
  });

  test.each(fixtureNames('malformed').filter((name) => name.endsWith('.img')))(
    'of %s finds what the walk meets',
    (name) => {
      const open = (): CramfsImage => CramfsImage.open(fixture(`malformed/${name}`));
      /** What an action gives, or the message of what it throws. */
      const outcome = (action: () => Survey): Survey | string => {
        try {
          return action();
        } catch (error) {
          return (error as Error).message;
        }
      };
      expect(outcome(() => survey(open(), {}))).toEqual(outcome(() => walked(open())));
    },
  );

  test('ends at the limits, with the path', () => {
    const image = CramfsImage.open(buildRawImage({ entries: [directory('a', file('x', 3)), file('b', 3)] }));
    const all = { maxEntries: 4, maxBytes: 6, maxDepth: 2 };
    expect(survey(image, { limits: all })).toEqual({ entries: 4, bytes: 6 });
    expect(() => survey(image, { limits: { ...all, maxEntries: 3 } })).toThrow('/b');
    expect(() => survey(image, { limits: { ...all, maxBytes: 5 } })).toThrow('/b');
    expect(() => survey(image, { limits: { ...all, maxDepth: 1 } })).toThrow('/a/x');
  });
});

describe('a visit', () => {
  const visit = (entries: RawEntry[], most = 100): boolean =>
    visitInodes(CramfsImage.open(buildRawImage({ entries, unsorted: true })), most, () => true);

  test('returns whether everything was visited', () => {
    expect(visit([file('a'), directory('b', file('c'))])).toBe(true);
    expect(visit([file('a'), directory('b', file('c'))], 4)).toBe(true);
    expect(visit([file('a'), directory('b', file('c'))], 3)).toBe(false);
    expect(visit([file(''), file('b')])).toBe(false);
  });

  test('reports a directory that is cut short', () => {
    const bytes = buildRawImage({ entries: [file('a'), file('b')] });
    const image = CramfsImage.open(bytes);
    expect(visitInodes(image, 100, () => true)).toBe(true);
    const cut = CramfsImage.open(bytes.subarray(0, image.root.offset + 20));
    expect(visitInodes(cut, 100, () => true)).toBe(false);
  });
});

describe('the order of names', () => {
  const isNext = (order: NameOrder, name: string, depth = 1): boolean => {
    const bytes = encodeName(`--${name}`);
    const seen = { bytes, nameStart: 2, nameLength: bytes.length - 2 } as Parameters<NameOrder['isNext']>[0];
    return order.isNext(seen, depth);
  };

  test('is that of the bytes, in each directory', () => {
    const order = new NameOrder();
    order.begin(1);
    expect(['B', 'a', 'aa', 'ab', 'b', 'ä'].map((name) => isNext(order, name))).toEqual(Array(6).fill(true));
    order.begin(2);
    expect(isNext(order, 'a', 2)).toBe(true);
    expect(isNext(order, 'ö')).toBe(true);
    expect(isNext(order, 'ö')).toBe(false);
  });

  test('takes names of 252 bytes', () => {
    const order = new NameOrder();
    order.begin(1);
    expect(isNext(order, 'x'.repeat(251))).toBe(true);
    expect(isNext(order, 'x'.repeat(252))).toBe(true);
    expect(isNext(order, 'x'.repeat(252))).toBe(false);
  });
});
