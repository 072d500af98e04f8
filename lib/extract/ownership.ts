/**
 * Modes and owners that a file gets when it is written, and what is left out of them.
 */
const SET_ID_BITS = 0o6000;

/** What of an inode's owner and mode is to be kept. */
export interface OwnerPolicy {
  /** Whether to give files to the owners that the image names. Only root can. */
  readonly owners: boolean;
  /** Whether to keep the setuid and setgid bits. */
  readonly setuid: boolean;
  /** Permission bits that files do not get: root's files get all of their own, an ordinary user's follow the umask. */
  readonly umask?: number | undefined;
  /** Who writes, where that is known: files of other owners are counted. */
  readonly self?: { readonly uid: number; readonly gid: number } | undefined;
}

/** What was left out, in entries. */
export interface LeftOut {
  /** Setuid or setgid bits, because they were not asked for, or because the owner could not be set. */
  setuid: number;
  /** Device nodes that were not asked for. */
  devices: number;
  /** Device nodes that could not be made. */
  devicesImpossible: number;
  /** Fifos that could not be made. */
  fifos: number;
  /** Sockets, which only the program that listens on one can make. */
  sockets: number;
  /** Owners: the file belongs to whoever extracts. */
  owners: number;
}

/** Nothing left out yet. */
export function nothingLeftOut(): LeftOut {
  return { setuid: 0, devices: 0, devicesImpossible: 0, fifos: 0, sockets: 0, owners: 0 };
}

/** Adds what another worker left out. */
export function addLeftOut(sum: LeftOut, more: LeftOut): void {
  for (const key of Object.keys(sum) as (keyof LeftOut)[]) sum[key] += more[key];
}

/** The permission bits for an inode of that mode; set-id bits left out are counted. */
export function permissions(
  mode: number,
  { umask = 0 }: Pick<OwnerPolicy, 'umask'>,
  keepSetuid: boolean,
  leftOut: LeftOut,
): number {
  const bits = mode & 0o7777 & ~umask;
  if ((bits & SET_ID_BITS) === 0 || keepSetuid) return bits;
  leftOut.setuid += 1;
  return bits & ~SET_ID_BITS;
}
