/**
 * The superblock's flags by name, and the Linux version that understands each.
 *
 * Linux mounts an image with any of the low eight flags, whether it knows them or not; it refuses unknown flags above.
 */
import {
  CRAMFS_FLAG_EXT_BLOCK_POINTERS,
  CRAMFS_FLAG_FSID_VERSION_2,
  CRAMFS_FLAG_HOLES,
  CRAMFS_FLAG_SHIFTED_ROOT_OFFSET,
  CRAMFS_FLAG_SORTED_DIRS,
  CRAMFS_FLAG_WRONG_SIGNATURE,
  CRAMFS_SUPPORTED_FLAGS,
} from './constants.ts';

/** A flag that is set in a superblock. */
export interface SuperblockFlag {
  /** One bit. */
  readonly bit: number;
  /** The kernel's name without its prefix; null for a bit without a name. */
  readonly name: string | null;
  /** The first Linux version that understands it; null if none does. */
  readonly since: string | null;
  /** Whether today's Linux mounts an image that has it. */
  readonly mounts: boolean;
  /** What it means, in a few words. */
  readonly meaning: string;
}

type Known = Omit<SuperblockFlag, 'mounts'>;

const KNOWN: readonly Known[] = [
  {
    bit: CRAMFS_FLAG_FSID_VERSION_2,
    name: 'FSID_VERSION_2',
    since: '2.4.7',
    meaning: 'size, CRC and counts are set',
  },
  {
    bit: CRAMFS_FLAG_SORTED_DIRS,
    name: 'SORTED_DIRS',
    since: '2.4.7',
    meaning: 'names are sorted',
  },
  { bit: CRAMFS_FLAG_HOLES, name: 'HOLES', since: '2.3.39', meaning: 'blocks of zeros are left out' },
  { bit: CRAMFS_FLAG_WRONG_SIGNATURE, name: 'WRONG_SIGNATURE', since: '2.4.0', meaning: 'reserved' },
  {
    bit: CRAMFS_FLAG_SHIFTED_ROOT_OFFSET,
    name: 'SHIFTED_ROOT_OFFSET',
    since: '2.4.0',
    meaning: 'the tree may start anywhere',
  },
  {
    bit: CRAMFS_FLAG_EXT_BLOCK_POINTERS,
    name: 'EXT_BLOCK_POINTERS',
    since: '4.15',
    meaning: 'blocks stored verbatim, anywhere',
  },
];

/** The flags that are set, from the lowest bit up. */
export function namedFlags(flags: number): SuperblockFlag[] {
  const named: SuperblockFlag[] = [];
  for (let shift = 0; shift < 32; shift++) {
    const bit = (1 << shift) >>> 0;
    if ((flags & bit) === 0) continue;
    const mounts = (bit & CRAMFS_SUPPORTED_FLAGS) !== 0;
    const known = KNOWN.find((flag) => flag.bit === bit) ?? {
      bit,
      name: null,
      since: null,
      meaning: mounts ? 'unknown; Linux ignores it' : 'unknown; Linux refuses to mount',
    };
    named.push({ ...known, mounts });
  }
  return named;
}

/** The first Linux version that reads an image with these flags right; null if none mounts it. */
export function neededKernel(flags: number): string | null {
  const named = namedFlags(flags);
  if (named.some(({ mounts }) => !mounts)) return null;
  return named.reduce((needed, { since }) => (since !== null && isNewer(since, needed) ? since : needed), '2.3.39');
}

function isNewer(version: string, other: string): boolean {
  const [a, b] = [version, other].map((text) => text.split('.').map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (a?.[i] ?? 0) - (b?.[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}
