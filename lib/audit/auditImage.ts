/**
 * The audit of an image: what its machine makes of it. An image on a board in, findings and numbers out; nothing is printed,
 * and no image can make it run long or take much memory.
 */
import { checkImage, type CheckResult } from '../check/checkImage.ts';
import { RULES } from '../check/rules/index.ts';
import type { Board } from '../verdict/board.ts';
import { AuditContext } from './context.ts';
import { byPath } from './findingOrder.ts';
import { AUDIT_FINDINGS } from './findings.ts';
import type { DeflateBlock } from './flashCost.ts';
import type { AuditResult } from './result.ts';
import { AuditSurvey } from './survey.ts';
import { TreePass } from './treePass.ts';

/** How to audit. */
export interface AuditOptions {
  /** The image as the user named it. */
  readonly name: string;
  /** Byte offset of the image in its file, for the report. Default 0. */
  readonly imageOffset?: number | undefined;
  /** Its number among the images that a scan of the file finds, from 1, where it was chosen so. */
  readonly imageNumber?: number | undefined;
  /** Whether compressed blocks are inflated, where no check is given. Default true; false is much faster. */
  readonly inflate?: boolean | undefined;
  /** The outcome of a check of the same image, made elsewhere. Default: one is made here. */
  readonly check?: CheckResult | undefined;
  /** The survey that was among the rules of that check. Default: the image is surveyed once more. */
  readonly survey?: AuditSurvey | undefined;
  /**
   * Files to be listed in the result beside programs and those with direct blocks, such as those that a policy asks for.
   * Default: none.
   */
  readonly alsoList?: ((path: string) => boolean) | undefined;
  /**
   * Compresses a block as the image's builder would, to estimate what direct blocks cost in flash. Default: none, and no
   * estimate.
   */
  readonly deflate?: DeflateBlock | undefined;
  /** Told now and then how many of the files that are looked at closely are done. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Audits the image of a board, for the board.
 *
 * @throws CramfsError IO when the image's source fails; whatever is wrong with the image is a finding
 */
export function auditImage(board: Board, options: AuditOptions): AuditResult {
  const { name, imageOffset = 0, imageNumber, alsoList, deflate, progress } = options;
  const { memory, cpu, kernel } = board;
  const { check, survey } = checked(board, options);
  const context = new AuditContext(board, survey);
  const { findings } = context;
  findings.addAll(check.findings, check.counts, check.omitted);
  const { files, numbers } = new TreePass(context, { alsoList, deflate, progress }).run();
  return {
    image: name,
    imageOffset,
    ...(imageNumber === undefined ? {} : { imageNumber }),
    board: {
      kernel: kernel.name,
      cpu: cpu.name,
      littleEndian: cpu.littleEndian,
      pageSize: cpu.pageSize,
      physBase: memory.base,
      regionSize: memory.size,
      programsFor: board.machine.programsFor,
      programsNeedNommu: board.machine.programsNeedNommu,
    },
    findings: findings.sorted(byPath(AUDIT_FINDINGS)),
    counts: findings.counts,
    omitted: findings.omitted(AUDIT_FINDINGS),
    suppressed: [],
    numbers,
    files,
  };
}

/** The check and the survey, as far as they are not given. */
function checked(
  { image }: Board,
  { inflate, check, survey }: AuditOptions,
): { readonly check: CheckResult; readonly survey: AuditSurvey } {
  if (check !== undefined && survey?.isOf(image) === true) return { check, survey };
  const own = new AuditSurvey();
  if (check === undefined) return { check: checkImage(image, { inflate, rules: [...RULES, own] }), survey: own };
  checkImage(image, { inflate: false, rules: [own] });
  return { check, survey: own };
}
