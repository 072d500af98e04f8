/** Where a fix is to be applied, as commands need it: the image, the path and the machine, in the user's own values. */
import { hex } from '../base/hex.ts';
import { roundDown } from '../base/pages.ts';
import type { AuditedBoard, AuditedFile } from '../audit/result.ts';
import type { FixPlace } from '../findings/definition.ts';
import { shellWord } from './shellWord.ts';

/** The image that a fix is about, and the machine that it was looked at for. */
export interface FixedImage {
  /** As the user named it. */
  readonly image: string;
  /** Byte offset of the image in its file. */
  readonly imageOffset: number;
  /** Its number among the images that a scan of the file finds, where the user chose it so. */
  readonly imageNumber?: number | undefined;
  readonly board: Pick<AuditedBoard, 'kernel' | 'cpu' | 'physBase' | 'pageSize'>;
  /** Files that may be in flash. */
  readonly files: readonly Pick<AuditedFile, 'format' | 'directBlocks'>[];
}

/** Where in its file an image is, as the user may have said it with the name: by offset or by number. */
const PLACE = /@(?:[0-9][0-9a-fx]*[kmg]?|#[0-9]+)$/i;

/** The name of the image that a command writes. */
const NEW_IMAGE = 'NEW-IMAGE';

/** What fixes of findings at a path may name. */
export function fixPlace(fixed: FixedImage, path: string | null): FixPlace {
  const { image: name, board, files } = fixed;
  const image = imageWords(fixed);
  const rebuildCompressed = (...options: readonly string[]): string =>
    ['cramfs', 'mkfs', image, NEW_IMAGE, ...options].join(' ');
  const rebuildDirect = (...options: readonly string[]): string =>
    rebuildCompressed('--xip', targetOf(board), '--phys', addressOf(board), ...icacheOptions(board), ...options);
  const runsFromFlash = files.some(({ format, directBlocks }) => format !== 'data' && directBlocks > 0);
  return {
    image,
    file: shellWord(name.replace(PLACE, ''), 'FILE'),
    path: path === null ? null : shellWord(path.replace(/[*?[\\]/g, '\\$&'), 'FILE'),
    rebuild: runsFromFlash ? rebuildDirect : rebuildCompressed,
    rebuildDirect,
    rebuildCompressed,
    audit: (...options) => ['cramfs', 'audit', image, '--phys', hex(board.physBase), ...options].join(' '),
  };
}

/** The image in a command: its file, and where in it the image is. */
function imageWords({ image: name, imageOffset, imageNumber }: FixedImage): string {
  if (PLACE.test(name)) return shellWord(name, 'IMAGE');
  if (imageNumber !== undefined) return `${shellWord(name, 'IMAGE')} --image ${String(imageNumber)}`;
  return shellWord(imageOffset === 0 ? name : `${name}@${hex(imageOffset)}`, 'IMAGE');
}

/** Models without an MMU are named so. */
export const hasMmuByName = ({ kernel }: Pick<AuditedBoard, 'kernel'>): boolean => !kernel.startsWith('nommu');
const targetOf = (board: Pick<AuditedBoard, 'kernel'>): string => (hasMmuByName(board) ? 'mmu' : 'nommu');

/** The address that the image was audited at, at a page boundary; to be filled in where it has none. */
function addressOf({ physBase, pageSize }: Pick<AuditedBoard, 'physBase' | 'pageSize'>): string {
  const address = roundDown(physBase, pageSize);
  return address === 0 ? 'ADDRESS' : hex(address);
}

/** On RISC-V nothing runs from flash before flush_icache_pte() is fixed. */
function icacheOptions(board: Pick<AuditedBoard, 'cpu' | 'kernel'>): readonly string[] {
  return board.cpu.startsWith('riscv') && targetOf(board) === 'mmu' ? ['--riscv-icache', 'fixed'] : [];
}
