/** An audit and a policy together. */
import { auditImage, type AuditOptions } from '../audit/auditImage.ts';
import type { AuditResult } from '../audit/result.ts';
import type { Board } from '../verdict/board.ts';
import { applyPolicy } from './applyPolicy.ts';
import type { Policy } from './policy.ts';
import { isRequired } from './requirements.ts';

/** How to audit with a policy. */
export interface PolicyAuditOptions extends Omit<AuditOptions, 'alsoList'> {
  /** The day that exceptions expire by, YYYY-MM-DD. */
  readonly today: string;
}

/**
 * Audits the image of a board and judges the result by a policy: its requirements and budgets become findings, its
 * settings and exceptions change or suppress findings. The policy's `machine` is for whoever makes the board.
 *
 * @throws CramfsError IO when the image's source fails
 */
export function auditWithPolicy(board: Board, policy: Policy, options: PolicyAuditOptions): AuditResult {
  const result = auditImage(board, { ...options, alsoList: (path) => isRequired(path, policy) });
  return applyPolicy(result, policy, options.today);
}
