/** Many names looked up in one directory give what each gives by itself, whatever the directory is like. */
import { describe, expect, test } from '@jest/globals';
import { CRAMFS_FLAG_EXT_BLOCK_POINTERS, CRAMFS_FLAG_FSID_VERSION_2 } from '../lib/format/constants.ts';
import { CramfsError } from '../lib/base/errors.ts';
import { decodeName } from '../lib/format/names.ts';
import type { PathWalker } from '../lib/driver/lookup.ts';
import { walkerIn } from './support/mounted.ts';
import { buildRawImage, type RawEntry, type RawImageSpec } from './support/rawImage.ts';

/** Enough for a directory that is worth an index. */
const NAMES = Array.from({ length: 160 }, (_, index) => `n${String(index).padStart(3, '0')}`);

const file = (name: string | Uint8Array, inode = {}): RawEntry => ({ type: 'file', name, blocks: [], inode });
const plain = NAMES.map((name) => file(name));

function outcome(walker: PathWalker, path: string): unknown {
  try {
    const { inode, ...rest } = walker.resolve(path);
    return { ...rest, position: inode.position };
  } catch (error) {
    if (!(error instanceof CramfsError)) throw error;
    return { code: error.code, message: error.message };
  }
}

describe.each<[string, readonly RawEntry[], Partial<RawImageSpec>]>([
  ['sorted', plain, {}],
  ['not sorted although the image says so', [...plain].reverse(), { unsorted: true }],
  [
    'not sorted',
    [...plain].reverse(),
    { unsorted: true, flags: CRAMFS_FLAG_FSID_VERSION_2 | CRAMFS_FLAG_EXT_BLOCK_POINTERS },
  ],
  ['with a name twice', [...plain, file('n050'), file('n159')], {}],
  ['with a name of four more bytes than it needs', [...plain, file('n0505', { namelen: 12 })], {}],
  ['with a name of NULs', [...plain, file(new Uint8Array(4))], {}],
  [
    'with names that are not ASCII',
    [...plain, file('é'), file(Uint8Array.of(0x7f)), file(Uint8Array.of(0xff, 0x80))],
    {},
  ],
  ['cut short by the end of the image', plain, { superblock: { size: 76 + 160 * 20 } }],
])('in a directory %s', (_, entries, spec) => {
  const bytes = buildRawImage({ ...spec, entries: [{ type: 'directory', name: 'd', entries }, file('z')] });

  test('all are found as if they were the first', () => {
    const walker = walkerIn(bytes);
    const wanted = [...NAMES, 'n', 'n05', 'n0500', 'n0505', 'zz', 'é', '\u007f', decodeName(Uint8Array.of(0xff, 0x80))];
    for (const name of [...wanted, ...wanted]) {
      const path = `/d/${name}`;
      expect([path, outcome(walker, path)]).toEqual([path, outcome(walkerIn(bytes), path)]);
    }
  });
});
