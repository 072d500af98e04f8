/** Why a mapping by a kernel without an MMU is a copy or fails; or what to know of one in flash. */
import { filePages } from '../driver/inode.ts';
import type { MapAdvice, MapCause } from './advice.ts';
import type { FailedVerdict, MapVerdict, NommuVerdict } from './mapVerdict.ts';
import type { MountedBoard } from './mountedBoard.ts';

/** The reason; null where there is nothing to say. There is nothing to try: a copy is a copy whatever its length. */
export function adviseWithoutMmu(verdict: MapVerdict, board: MountedBoard): MapAdvice | null {
  if (verdict.bug !== null) return null;
  const cause =
    verdict.kind === 'failed' ? failure(verdict, board) : verdict.kind === 'nommu' ? mapping(verdict, board) : null;
  return cause === null ? null : { cause, remedies: [] };
}

function mapping(verdict: NommuVerdict, board: MountedBoard): MapCause | null {
  if (verdict.nommu.inFlash) return reachesIntoTail(verdict) ? { kind: 'tail-shows-image' } : null;
  if (verdict.prot.includes('w')) return { kind: 'writable' };
  if (verdict.flags.includes('traced')) return { kind: 'traced' };
  if (!board.mounted().canMapDirectly) return { kind: board.memory.base === 0 ? 'no-address' : 'extensions-missing' };
  return firstBreak(verdict);
}

/** Which block is not where it should be, as the kernel's "range:" line has it. */
function firstBreak({ log }: NommuVerdict): MapCause {
  for (const line of log) {
    const block = /^cramfs: range: block ([0-9]+)\//.exec(line)?.[1];
    if (block !== undefined) return { kind: 'not-contiguous', block: Number(block) };
  }
  return { kind: 'not-contiguous', block: null };
}

function reachesIntoTail({ file, pageSize, vmPgoff, vmaPages }: NommuVerdict): boolean {
  const size = file?.size ?? 0;
  return vmPgoff + vmaPages === Math.ceil(size / pageSize) && size % pageSize !== 0;
}

function failure({ errno, flags, offset, length, path, pageSize }: FailedVerdict, board: MountedBoard): MapCause {
  switch (errno) {
    case 'EROFS':
      return { kind: 'read-only-file-system' };
    case 'EISDIR':
      return { kind: 'directory-for-writing' };
    case 'EACCES':
      return { kind: 'shared-writable' };
    case 'EPERM':
      return { kind: 'noexec' };
    case 'EIO':
      return { kind: 'unreadable' };
    case 'ENOMEM':
      return { kind: length < 2 ** 53 ? 'no-ram' : 'address-space' };
    case 'ENODEV':
      return { kind: board.open(path).inode.type === 'directory' ? 'directory' : 'shared-not-in-flash' };
    case 'EINVAL':
      if (offset % pageSize !== 0) return { kind: 'unaligned-offset', offset, pageSize };
      if (length === 0) return { kind: 'zero-length' };
      if (flags.includes('fixed')) return { kind: 'fixed' };
      if (flags[0] === 'none' || flags[0] === 'shared_validate') return { kind: 'map-type' };
      return { kind: 'past-last-page', pages: filePages(board.mounted(), board.open(path).inode) };
    default:
      return { kind: 'refused' };
  }
}
