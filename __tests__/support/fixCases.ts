/** Every fix that findings print, with an image that gets it and what following it means. */
import { AUDIT_FIXES } from './auditFixes.ts';
import { CHECK_FIXES } from './checkFixes.ts';
import type { FixCase } from './fixCase.ts';
import { POLICY_FIXES } from './policyFixes.ts';

export type { FixCase, Follow } from './fixCase.ts';

/** All of them. */
export const FIX_CASES: readonly FixCase[] = [...AUDIT_FIXES, ...POLICY_FIXES, ...CHECK_FIXES];
