/**
 * The audit of an image: what its machine makes of it. An image on a board in, findings and numbers out; nothing is printed,
 * and no image can make it run long or take much memory.
 */
import { checkImage, type CheckResult } from '../check/checkImage.ts';
import type { Board } from '../verdict/board.ts';
import { AuditContext } from './context.ts';
import type { AuditResult } from './result.ts';
import { TreePass } from './treePass.ts';

/** How to audit. */
export interface AuditOptions {
  /** The image as the user named it. */
  readonly name: string;
  /** Byte offset of the image in its file, for the report. Default 0. */
  readonly imageOffset?: number | undefined;
  /** Whether compressed blocks are inflated, where no check is given. Default true; false is much faster. */
  readonly inflate?: boolean | undefined;
  /** The outcome of a check of the same image, made elsewhere; default: one is made here. */
  readonly check?: CheckResult | undefined;
  /**
   * Files to be listed in the result beside programs and those with direct blocks, such as those that a policy asks for.
   * Default: none.
   */
  readonly alsoList?: ((path: string) => boolean) | undefined;
  /** Told now and then how many of the image's files have been looked at, as far as the superblock tells. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Audits the image of a board, for the board.
 *
 * @throws CramfsError IO when the image's source fails; whatever is wrong with the image is a finding
 */
export function auditImage(board: Board, options: AuditOptions): AuditResult {
  const { name, imageOffset = 0, inflate, alsoList, progress } = options;
  const { image, memory, cpu, kernel } = board;
  const context = new AuditContext(board, options.check ?? checkImage(image, { inflate }));
  const { findings } = context;
  findings.addCheck(context.check);
  const { files, numbers } = new TreePass(context, { alsoList, progress }).run();
  return {
    image: name,
    imageOffset,
    board: {
      kernel: kernel.name,
      cpu: cpu.name,
      littleEndian: cpu.littleEndian,
      pageSize: cpu.pageSize,
      physBase: memory.base,
      regionSize: memory.size,
    },
    findings: findings.sorted(),
    counts: findings.counts,
    omitted: findings.omitted,
    suppressed: [],
    numbers,
    files,
  };
}
