/**
 * A file of a board as a kernel without an MMU has it open.
 */
import { readFolio } from '../driver/readFolio.ts';
import type { Kernel } from '../mm/kernel.ts';
import type { MmapHooks } from '../mm/fileOperations.ts';
import type { NommuFile } from '../mm/nommu/validate.ts';
import type { BoardFile, MountedBoard } from './mountedBoard.ts';

/** How the file system is mounted. */
export interface NommuMount {
  /** Where: the front part of the paths in /proc/PID/maps. "" for a root file system. */
  readonly mountPoint?: string | undefined;
  /** Mounted noexec. */
  readonly noexec?: boolean | undefined;
}

/** generic_file_readonly_mmap() without an MMU: there is nothing to map. */
const READONLY_MMAP: MmapHooks = { prepare: () => 'ENOSYS', complete: () => null };

/** Opens a file of the board read-only. */
export function openNommuFile(board: MountedBoard, { inode, resolved }: BoardFile, mount: NommuMount = {}): NommuFile {
  const fs = board.mounted();
  const { name } = resolved;
  const cramfsFile = { fs, inode, name, stackInit: board.stackInit };
  const { kernel } = board;
  return {
    name,
    path: `${mount.mountPoint ?? ''}${resolved.path}`,
    ino: inode.ino,
    size: inode.size,
    noexec: mount.noexec === true,
    operations: {
      mmap: inode.type === 'directory' ? null : fs.canMapDirectly ? kernel.hooks(cramfsFile) : READONLY_MMAP,
      readFolio: (index) => readFolio(fs, inode, index, board.image.inflate),
      nommu: fs.canMapDirectly ? kernel.nommu?.(cramfsFile) : undefined,
    },
  };
}

/** The kernel of a board, with an empty log. */
export function nommuKernel(board: MountedBoard): Kernel {
  const { cpu, memory, kernel } = board;
  const { mayOverlay } = kernel;
  return { cpu, memory, reservesMemoryType: false, icache: null, mayOverlay, log: [], trace: null };
}
