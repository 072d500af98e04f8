/** Images of the project's own writer, of at most 4 KiB, some fields of which are wrong. */
import { buildRawImage, type RawBlock, type RawEntry } from '../../../__tests__/support/rawImage.ts';
import { deflateSync } from 'node:zlib';
import { CramfsError } from '../../../lib/base/errors.ts';
import type { Chance } from './chance.ts';
import { programBytes } from './program.ts';

export const MAX_IMAGE = 4096;
/** Images that are written until one is small enough. */
const MAX_TRIES = 20;
const NAMES = ['a', 'b', 'link', 'x.so', 'sh', 'long-name', 'lib', 'etc', '\u001b[1m', '::error::x', '"q" \n'];
/** Flags of the superblock: FSID_VERSION_2, SORTED_DIRS, HOLES, WRONG_SIGNATURE, SHIFTED_ROOT, EXT_BLOCK_POINTERS. */
const FLAGS = [0x1, 0x2, 0x100, 0x200, 0x400, 0x800];

/** Contents and their zlib streams: compressing takes longer than a command does, so that they are used several times. */
const contents: { readonly data: Uint8Array; readonly stored: Uint8Array }[] = [];
const MAX_CONTENTS = 64;

function content(chance: Chance): { readonly data: Uint8Array; readonly stored: Uint8Array } {
  const { random, bytes } = chance;
  const known = contents[random(MAX_CONTENTS)];
  if (known !== undefined && random(16) !== 0) return known;
  const data = random(3) === 0 ? programBytes(chance) : bytes(random(64) + 1);
  const made = { data, stored: deflateSync(data) };
  contents[random(MAX_CONTENTS)] = made;
  return made;
}

function block(chance: Chance): RawBlock {
  const { random, pick, isFault, bytes } = chance;
  const kind = pick(['zlib', 'zlib', 'stored', 'direct', 'direct-zlib', 'hole'] as const);
  const { data, stored } = content(chance);
  const isZlib = kind === 'zlib' || kind === 'direct-zlib';
  return {
    kind,
    data,
    reserve: data.length,
    at: kind === 'direct' ? { alignTo: 4 } : undefined,
    stored: isZlib ? (isFault() ? bytes(random(20) + 2) : stored) : undefined,
    pointer: isFault() ? pick([0, 0xffff_ffff, 0xc000_0000, random(8192), 0x8000_0000 + random(1024)]) : undefined,
  };
}

function entry(chance: Chance, depth: number): RawEntry {
  const { random, pick, isFault, field, bytes } = chance;
  const name = isFault() ? bytes(random(12)) : pick(NAMES);
  const inode = isFault()
    ? pick([
        { offset: random(2048) * 4 },
        { size: pick([0, 1, 9000, 0xff_ffff]) },
        { namelen: random(64) * 4 },
        { uid: 0xffff, gid: 255 },
      ])
    : {};
  const kind = random(depth > 2 ? 5 : 7);
  if (kind > 4) return { type: 'directory', name, inode, entries: entries(chance, depth + 1) };
  if (kind === 4) {
    return {
      type: 'node',
      name,
      inode,
      mode: field(pick([0o010644, 0o020666, 0o060600, 0o140777]), 0, 0xffff),
      size: random(99),
    };
  }
  if (kind === 3) {
    const data = random(8) === 0 ? bytes(9) : Buffer.from(pick(['a', '../b', '/sh', 'link']));
    return { type: 'symlink', name, inode, blocks: [{ kind: 'zlib', data, stored: stored(data) }] };
  }
  const mode = pick([0o644, 0o755, 0o755, 0o4755, 0o000]);
  return {
    type: 'file',
    name,
    inode,
    mode,
    blocks: random(9) === 0 ? [] : [block(chance)],
    tableOf: field(undefined, 'a'),
  };
}

const targets = new Map<string, Uint8Array>();

function stored(data: Uint8Array): Uint8Array {
  const key = Buffer.from(data).toString('latin1');
  const known = targets.get(key) ?? deflateSync(data);
  if (targets.size < 1000) targets.set(key, known);
  return known;
}

function entries(chance: Chance, depth: number): RawEntry[] {
  const least = depth === 0 ? 1 : 0;
  return chance.many(least, least + 3, () => entry(chance, depth));
}

export function imageBytes(chance: Chance): Uint8Array {
  const { random, pick, field, bytes, isFault } = chance;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    try {
      const image = buildRawImage({
        entries: entries(chance, 0),
        littleEndian: random(4) !== 0,
        bootPad: field(false, true),
        unsorted: field(false, true),
        pageSize: field(undefined, 8192, 16384),
        flags: isFault() ? FLAGS.reduce((sum, flag) => sum + random(2) * flag, 0) : undefined,
        superblock: isFault()
          ? pick([
              { size: random(8192) },
              { files: random(9) },
              { name: bytes(16) },
              { flags: random(0x10000) },
              { edition: 9 },
            ])
          : {},
        sizeAfterTree: field(undefined, 0, random(4096)),
      });
      if (image.length <= MAX_IMAGE) return image;
    } catch (error) {
      // A description that contradicts itself.
      if (!(error instanceof CramfsError)) throw error;
    }
  }
  return buildRawImage({ entries: [{ type: 'file', name: 'a', blocks: [] }] });
}
